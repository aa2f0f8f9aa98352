from organizations.founding import carries

carries(
    "2.5.3",
    screen="attempt_list",
    rule="被规则拒绝的办理连同原因留存，供审计、纪检查阅",
    test="tests/approvals/test_attempts.py::test_it_is_committed_though_the_step_is_not_and_stays",
)

carries(
    "2.2.2",
    screen="act",
    rule="不相容的职责由数据库把关，同一人不得在一件事上先后办理",
    test="tests/approvals/test_office_separation.py::test_every_pair_counts_for_both",
)
