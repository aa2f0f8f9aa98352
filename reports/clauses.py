from organizations.founding import carries

carries(
    "2.3.17",
    screen="monthly_list",
    rule="每月自动汇总实施进度、验收和资金使用，审核签发后封存，逐级报送，改数另出更正",
    test="tests/reports/test_monthly_life.py::test_from_the_draft_to_the_receipt",
)
