from organizations.founding import carries

carries(
    "2.5.3",
    screen="finding_list",
    rule="问题逐项登记责任部门、责任领导、责任人，整改由登记单位以外的责任部门办理，复核销号",
    test="tests/supervision/test_findings.py::test_a_problem_is_put_right_returned_once_and_closed",
)
carries(
    "3.4.1",
    screen="finding_three_lists",
    rule="清单式管理：问题、责任、整改三清单编号一致，逾期升级，追责和移送留存终身",
    test="tests/supervision/test_findings.py::test_nothing_of_it_ever_goes_away",
)
