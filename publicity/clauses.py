from organizations.founding import carries

carries(
    "2.3.4",
    screen="notice_list",
    rule="公示期满且没有未答复的异议，才能上报；数据库同样把关",
    test="tests/publicity/test_gate.py::test_before_its_days_have_run",
)
carries(
    "2.3.7",
    screen="notice_list",
    rule="修改完善后另行公示，期满且没有未答复的异议，才能二次上报",
    test="tests/publicity/test_gate.py::test_the_second_submission_has_its_own_notice",
)
carries(
    "2.4.2",
    screen="notice_publish",
    rule="九项内容由登记的内容生成，缺一项不能发布",
    test="tests/publicity/test_composing.py::test_each_element_can_be_missing",
)
carries(
    "2.4.3",
    screen="objection_list",
    rule="凭公示网页或二维码即可提出异议，逐件受理、调查、答复，不留反映人的姓名电话",
    test="tests/publicity/test_public_pages.py::test_anybody_objects_and_follows_it_with_the_receipt",
)
