import pytest
from django.core.exceptions import ValidationError

from organizations.personal_data import find_personal_data, refuse_personal_data

# Numbers made up for the test: the division 659901 does not exist, the card is a test number.
IDENTITY = "659901199001010012"
CARD = "6222020000000000000"
MOBILE = "13800138000"


def test_the_made_up_numbers_pass_their_own_checks() -> None:
    assert find_personal_data(IDENTITY) == ["身份证号 659*************12"]
    assert find_personal_data(CARD) == ["银行卡号 622**************00"]
    assert find_personal_data(MOBILE) == ["手机号 138******00"]


@pytest.mark.parametrize(
    "text",
    [
        f"户主身份证{IDENTITY}，已核实",
        "659901 19900101 0012",
        "６５９９０１１９９００１０１００１２",
        "65990119900101001２。",
        f"卡号：{CARD}",
        "6222 0200 0000 0000 000",
        "6222-0200-0000-0000-000",
        f"联系电话{MOBILE}",
        "138-0013-8000",
        "+86 138 0013 8000",
        "tel13800138000",
        "电话.13800138000",
        "共1户,13800138000,已通知",
    ],
)
def test_numbers_of_persons_are_found_however_they_are_written(text: str) -> None:
    assert len(find_personal_data(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "永宁镇下岔河村 652826102200",
        "652826101201 652826102200 652826100000",
        "巴财农〔2025〕11号",
        "新扶领办发【2018】76号",
        "收款 13800138000.00 元",
        "预算13800138000元",
        "¥13800138000",
        "0.13800138000",
        "办公电话 0996-6022222",
        "统一社会信用代码 914403001922038216",
        "91110108551385082Q",
        "659901199001010011",
        "659901199013010016",
        "6222020000000000001",
        "sha256 9f13800138000abcdef13800138000ffab6222020000000000000c",
        "2025-01-01 至 2025-12-31，受益 152 户 620 人",
    ],
)
def test_codes_amounts_and_dates_are_left_alone(text: str) -> None:
    assert find_personal_data(text) == []


def test_each_number_is_told_once() -> None:
    found = find_personal_data(f"{IDENTITY}、{CARD}、{MOBILE}、{MOBILE}")
    assert [kind.split()[0] for kind in found] == ["身份证号", "银行卡号", "手机号", "手机号"]


def test_the_refusal_says_why_and_masks_the_number() -> None:
    with pytest.raises(ValidationError) as refusal:
        refuse_personal_data(f"联系人电话 {MOBILE}")
    message = refusal.value.messages[0]
    assert "138******00" in message
    assert MOBILE not in message
    assert refusal.value.code == "personal_data"
    refuse_personal_data("受益 152 户")
