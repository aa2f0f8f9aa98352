from organizations.founding import carries

carries(
    "2.3.16",
    screen="asset_list",
    rule="项目形成的资产逐项登记五项内容，原值合计等于项目支付才能办结，不形成资产的说明理由",
    test="tests/assets/test_register.py::test_a_project_closes_with_assets_worth_what_was_paid",
)
carries(
    "2.3.16",
    screen="stocktake_list",
    rule="闲置、低效按天提示并登记去向，每年逐项清查，处置经产权人、乡镇、主管部门和财政同意",
    test="tests/assets/test_stocktakes.py::test_a_sheet_closes_when_everything_is_counted",
)
