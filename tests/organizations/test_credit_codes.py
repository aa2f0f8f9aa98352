import pytest
from hypothesis import given
from hypothesis import strategies as st

from organizations.credit_codes import check_character, check_credit_code


@pytest.mark.parametrize(
    "code",
    [
        "91110108551385082Q",
        "914403001922038216",
        "91110000802100433B",
        "11659901MB0000001D",
        "93659901MA0000001W",
        "N2659901ME0000001T",
        " n2659901me0000001t ",
    ],
)
def test_a_right_code_draws_no_warning(code: str) -> None:
    assert check_credit_code(code) is None


@pytest.mark.parametrize(
    ("code", "warning"),
    [
        ("91350100M0001TGQXM", "应为 1"),
        ("91110108551385082", "有 17 位"),
        ("", "有 0 位"),
        ("9111010855138508IQ", "“I”"),
        ("９1110108551385082Q", "“９”"),
    ],
)
def test_a_wrong_code_draws_a_warning_that_says_why(code: str, warning: str) -> None:
    found = check_credit_code(code)
    assert found is not None
    assert warning in found


@given(
    st.text(alphabet="0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17),
    st.integers(0, 16),
    st.integers(1, 30),
)
def test_one_wrong_character_is_always_noticed(body: str, place: int, shift: int) -> None:
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    code = body + check_character(body)
    other = alphabet[(alphabet.index(body[place]) + shift) % 31]
    assert check_credit_code(code) is None
    assert check_credit_code(code[:place] + other + code[place + 1 :]) is not None
