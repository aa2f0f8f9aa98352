from .founding import carries

carries(
    "3.1.1",
    screen="people_list",
    rule="岗位有起止日期、只追加，任何一天由谁负责都能查到",
    test="tests/organizations/test_people_pages.py",
)
carries(
    "2.5.3",
    screen="people_list",
    rule="审计和纪检监察岗位可查阅本区划全部记录、下载凭证链自行核验",
    test="tests/funds/test_proofs.py",
)
