import pytest
from hypothesis import given
from hypothesis import strategies as st

from funds.document_numbers import is_regular, normalize


@pytest.mark.parametrize(
    "typed",
    [
        "新财农〔2018〕48号",
        "新财农[2018]48号",
        "新财农【2018】48号",
        "新财农﹝2018﹞48号",
        "新财农(2018)48号",
        "新财农（2018）48号",
        "新财农［２０１８］４８号",
        " 新财农 〔 2018 〕 48 号 ",
        "新财农〔2018〕　第48号",
        "新财农〔2018〕048号",
        "新财农〔2018年〕48号",
        "新财农<2018>48",
        "新财农〔2018〕48号\u200b",
    ],
)
def test_every_way_of_typing_it_finds_the_same_document(typed: str) -> None:
    assert normalize(typed) == "新财农〔2018〕48号"
    assert is_regular(typed)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("新扶领办发【2018】76号", "新扶领办发〔2018〕76号"),
        ("宁财(农)指标[2022]605号", "宁财（农）指标〔2022〕605号"),
        ("宁财（农）指标〔2022〕605号", "宁财（农）指标〔2022〕605号"),
        ("同财农(农)指标〔2023〕2-1号", "同财农（农）指标〔2023〕2-1号"),
        ("同财农(农)指标〔2023〕2－1号", "同财农（农）指标〔2023〕2-1号"),
    ],
)
def test_brackets_of_the_issuing_code_are_not_those_of_the_year(typed: str, normal: str) -> None:
    assert normalize(typed) == normal
    assert is_regular(typed)


@pytest.mark.parametrize(
    "typed",
    ["", "关于下达资金的通知", "新财农2018-48", "〔2018〕48号", "新财农〔2018〕", "ABC〔2018〕1号"],
)
def test_what_is_irregular_is_kept_and_said(typed: str) -> None:
    assert not is_regular(typed)
    assert normalize(typed) == typed


def test_composed_and_decomposed_text_are_the_same() -> None:
    assert normalize("é〔2018〕1号") == normalize("e\u0301〔2018〕1号")


@given(st.text(alphabet="新财农(（[【〔﹝)）]】〕﹞ 0123456789０１２－-第年号\u3000", max_size=30))
def test_normalizing_twice_changes_nothing(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)
