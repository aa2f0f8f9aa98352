from organizations.founding import carries

carries(
    "2.6.1",
    screen="target_list",
    rule="没有产出、效益、满意度指标，不能提交审定",
    test="tests/performance/test_target_pages.py",
)
