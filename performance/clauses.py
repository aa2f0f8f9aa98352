from organizations.founding import carries

carries(
    "2.6.1",
    screen="target_list",
    rule="绩效目标未经四性审核通过，不能提交审定",
    test="tests/performance/test_declarations.py::"
    "test_without_an_approved_version_nothing_goes_to_the_meeting",
)
carries(
    "2.6.2",
    screen="monitoring_list",
    rule="定期填报指标和资金执行情况，严重偏离的暂缓（停止）拨款",
    test="tests/performance/test_monitorings.py::"
    "test_a_serious_deviation_holds_payment_until_it_is_lifted",
)
carries(
    "2.6.3",
    screen="evaluation_list",
    rule="自评得分由系统计算，县级复评、随机抽查，结果应用逐项落实并影响下年排序和金额",
    test="tests/performance/test_evaluations.py::"
    "test_a_result_is_used_followed_up_and_told_to_who_ranks",
)
