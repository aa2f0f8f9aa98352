from organizations.founding import carries

carries(
    "2.6.1",
    screen="target_list",
    rule="绩效目标未经四性审核通过，不能提交审定",
    test="tests/performance/test_declarations.py::"
    "test_without_an_approved_version_nothing_goes_to_the_meeting",
)
