from organizations.founding import carries

carries(
    "2.3.17",
    screen="monthly_list",
    rule="每月自动汇总实施进度、验收和资金使用，审核签发后封存，逐级报送，改数另出更正",
    test="tests/reports/test_monthly_life.py::test_from_the_draft_to_the_receipt",
)
carries(
    "2.1.1",
    screen="monthly_list",
    rule="月报各表由凭证和进度、验收记录自动提取，不另填数；任何一月可按当时已知重算，逐字节相同",
    test="tests/reports/test_monthly_figures.py"
    "::test_made_again_byte_for_byte_whatever_was_written_since",
)
carries(
    "2.1.2",
    screen="monthly_detail",
    rule="签发前逐项核对勾稽、凭证链和总台账，不符的不能封存，放行须另一人同意并写在月报上",
    test="tests/reports/test_return_checks.py"
    "::test_red_stops_the_seal_until_a_second_person_lets_it_pass",
)
carries(
    "3.2.1",
    screen="reconciliation",
    rule="资金总台账与项目总台账每日逐项目对账，差异按类别列明责任岗位和已过天数",
    test="tests/reports/test_roll_ups.py::test_the_two_ledgers_side_by_side",
)
