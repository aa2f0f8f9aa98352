from organizations.founding import carries

carries(
    "2.3.4",
    screen="notice_list",
    rule="公示期满且没有未办结的异议，才能上报",
    test="tests/publicity/test_notice_pages.py",
)
