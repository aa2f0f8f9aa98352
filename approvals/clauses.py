from organizations.founding import carries

carries(
    "2.2.2",
    screen="act",
    rule="不相容的职责由数据库把关，同一人不得在一件事上先后办理",
    test="tests/approvals/test_office_separation.py::test_every_pair_counts_for_both",
)
