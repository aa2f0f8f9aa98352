import pytest
from hypothesis import given
from hypothesis import strategies as st

from organizations.pinyin import pinyin_of


@pytest.mark.parametrize(
    ("name", "full", "initials"),
    [
        ("焉耆回族自治县", "yanqihuizuzizhixian", "yqhzzzx"),
        ("巴音郭楞蒙古自治州", "bayinguolengmengguzizhizhou", "byglmgzzz"),
        ("尉犁县", "yulixian", "ylx"),
        ("若羌县", "ruoqiangxian", "rqx"),
        ("且末县", "qiemoxian", "qmx"),
        ("于田县", "yutianxian", "ytx"),
        ("伽师县", "jiashixian", "jsx"),
        ("疏勒县", "shulexian", "slx"),
        ("阿图什市", "atushishi", "atss"),
        ("七个星镇", "qigexingzhen", "qgxz"),
        ("查汗采开乡", "chahancaikaixiang", "chckx"),
        ("四十里城子镇", "sishilichengzizhen", "sslczz"),
        ("地窝堡乡", "diwopuxiang", "dwpx"),
        ("一〇四团", "yilingsituan", "ylst"),
        ("绿洲社区", "lvzhoushequ", "lzsq"),
        (
            "永宁镇下岔河村库房建设项目（二期）",
            "yongningzhenxiachahecunkufangjianshexiangmuerqi",
            "ynzxchckfjsxmeq",
        ),
        ("Ｇ315国道", "g315guodao", "g315gd"),
        ("", "", ""),
        ("——", "", ""),
    ],
)
def test_names_are_found_by_their_local_reading(name: str, full: str, initials: str) -> None:
    assert pinyin_of(name) == (full, initials)


@given(st.text(max_size=40))
def test_any_name_gives_plain_letters_and_digits(name: str) -> None:
    for spelled in pinyin_of(name):
        assert spelled == "" or (
            spelled.isascii() and spelled.isalnum() and spelled.islower() or spelled.isdigit()
        )
