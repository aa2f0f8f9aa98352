import re
from decimal import Decimal

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from funds.money import (
    AmountError,
    format_wan,
    format_yuan,
    in_words,
    parse_amount,
    percentage,
    to_fen,
)

amounts = st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9999999999999999.99"), places=2)


@pytest.mark.parametrize(
    ("typed", "yuan"),
    [
        ("1234.5", "1234.50"),
        ("1,234.5", "1234.50"),
        ("１，２３４，５６７．８９", "1234567.89"),
        ("¥ 1,864,000.00", "1864000.00"),
        ("￥1864000元", "1864000.00"),
        ("186.4万", "1864000.00"),
        ("186.4万元", "1864000.00"),
        ("1508.001713万元", "15080017.13"),
        ("0.000001 万元", "0.01"),
        ("２５９９　万元", "25990000.00"),
        ("007", "7.00"),
        ("9999999999999999.99", "9999999999999999.99"),
    ],
)
def test_an_amount_is_read_as_typed(typed: str, yuan: str) -> None:
    assert str(parse_amount(typed)) == yuan


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "请填写金额"),
        ("  ", "请填写金额"),
        ("0", "大于零"),
        ("0.00万", "大于零"),
        ("-5", "负数"),
        ("－5", "负数"),
        ("−5.00元", "负数"),
        ("5-", "负数"),
        ("(5)", "负数"),
        ("1.234", "最多两位小数"),
        ("1.500", "最多两位小数"),
        ("1.2345678万", "最多六位小数"),
        ("12,34", "千分位逗号"),
        ("1,2345.00", "千分位逗号"),
        ("10000000000000000", "金额过大"),
        ("１２３４，５６７．８９", "千分位逗号"),
        ("1000000000000万", "金额过大"),
        ("9" * 500, "金额过大"),
        ("1e5", "看不懂"),
        ("10²", "看不懂"),
        ("壹佰元", "看不懂"),
        ("NaN", "看不懂"),
        ("Infinity", "看不懂"),
        ("1 234", "看不懂"),
        ("1.2.3", "看不懂"),
        ("=1+1", "看不懂"),
        ("５。５", "看不懂"),
        ("٣", "看不懂"),
        ("5亿", "看不懂"),
        ("万", "看不懂"),
    ],
)
def test_what_is_no_amount_is_refused_with_its_reason(typed: str, reason: str) -> None:
    with pytest.raises(AmountError, match=reason):
        parse_amount(typed)


def test_a_refusal_names_the_value_but_not_pages_of_it() -> None:
    with pytest.raises(AmountError, match=re.escape("“12.345”")):
        parse_amount("12.345")
    with pytest.raises(AmountError) as refusal:
        parse_amount("9" * 5000)
    assert len(str(refusal.value)) < 120


def test_zero_is_taken_only_where_it_is_allowed() -> None:
    assert parse_amount("0.00", allow_zero=True) == 0


@given(amounts)
def test_what_is_shown_can_be_typed_again(amount: Decimal) -> None:
    assert parse_amount(format_yuan(amount)) == amount
    assert parse_amount(format_wan(amount) + "万元") == amount


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_refused_in_chinese(text: str) -> None:
    try:
        parsed = parse_amount(text)
    except AmountError as refusal:
        assert str(refusal).endswith("。")  # noqa: PT017
    else:
        assert parsed > 0
        assert parsed == to_fen(parsed)


@pytest.mark.parametrize(
    ("amount", "yuan", "wan"),
    [
        ("15080017.13", "15,080,017.13", "1,508.001713"),
        ("1234567.89", "1,234,567.89", "123.456789"),
        ("25990000", "25,990,000.00", "2,599.00"),
        ("0", "0.00", "0.00"),
        ("-0.00", "0.00", "0.00"),
        ("0.05", "0.05", "0.000005"),
        ("-1500", "-1,500.00", "-0.15"),
        ("9999999999999999.99", "9,999,999,999,999,999.99", "999,999,999,999.999999"),
    ],
)
def test_amounts_are_grouped_by_three_in_both_units(amount: str, yuan: str, wan: str) -> None:
    assert format_yuan(Decimal(amount)) == yuan
    assert format_wan(Decimal(amount)) == wan


def test_nothing_smaller_than_a_fen_is_shown_or_dropped() -> None:
    for show in (format_yuan, format_wan, in_words):
        with pytest.raises(ValueError, match="smaller than a fen"):
            show(Decimal("0.001"))


def test_percentages_round_half_up() -> None:
    assert percentage(Decimal(1), Decimal(3)) == Decimal("33.33")
    assert percentage(Decimal("0.00005"), Decimal(1)) == Decimal("0.01")
    assert percentage(Decimal(0), Decimal(0)) == Decimal("0.00")


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("1409.50", "壹仟肆佰零玖元伍角整"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
        ("107000.53", "壹拾万柒仟元伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("100000001.00", "壹亿零壹元整"),
        ("10050000", "壹仟零伍万元整"),
        ("200000300.40", "贰亿零叁佰元肆角整"),
        ("15080017.13", "壹仟伍佰零捌万零壹拾柒元壹角叁分"),
        ("0.05", "伍分"),
        ("0.50", "伍角整"),
        ("0", "零元整"),
        ("10", "壹拾元整"),
        ("100010000", "壹亿零壹万元整"),
        ("100001000", "壹亿零壹仟元整"),
        ("1000000000000", "壹万亿元整"),
        ("1000000000001", "壹万亿零壹元整"),
        ("-5.10", "负伍元壹角整"),
    ],
)
def test_words_follow_the_payment_rules(amount: str, words: str) -> None:
    assert in_words(Decimal(amount)) == "人民币" + words


@given(amounts)
def test_words_are_well_formed(amount: Decimal) -> None:
    words = in_words(amount)
    assert "零零" not in words
    assert not re.search(r"零[万亿元角分整]", words)
    assert re.fullmatch(r"人民币[零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分]+整?", words)
    assert words.endswith("整") == (not words.endswith("分"))


@given(amounts)
def test_words_say_the_same_amount(amount: Decimal) -> None:
    assert _read_words(in_words(amount)) == amount


@given(amounts, amounts)
def test_different_amounts_have_different_words(one: Decimal, other: Decimal) -> None:
    assert (in_words(one) == in_words(other)) == (one == other)


def test_templates_show_the_unit_the_reader_chose() -> None:
    template = Template("{% load money %}{% amount value %}|{{ value|daxie }}|{{ nothing|yuan }}")
    value = {"value": Decimal("-1500"), "nothing": None}
    assert template.render(Context(value)) == (
        '<span class="amount negative">-1,500.00</span>|人民币负壹仟伍佰元整|—'
    )
    assert "-0.15<" in template.render(Context(value | {"unit": "wan"}))


def _read_words(words: str) -> Decimal:
    """An independent reader: sections of 亿 and 万, then 仟佰拾, then 角 and 分."""
    body = words.removeprefix("人民币").removesuffix("整")
    yuan, separator, rest = body.partition("元")
    if not separator:
        yuan, rest = "", body
    total = Decimal(_read_integer(yuan)) if yuan else Decimal(0)
    for unit, size in (("角", Decimal("0.1")), ("分", Decimal("0.01"))):
        found = re.search(f"(.){unit}", rest)
        total += size * "零壹贰叁肆伍陆柒捌玖".index(found[1]) if found else 0
    return total


def _read_integer(words: str) -> int:
    for unit, size in (("亿", 10**8), ("万", 10**4), ("仟", 1000), ("佰", 100), ("拾", 10)):
        head, separator, tail = words.rpartition(unit)
        if separator:
            return _read_integer(head) * size + _read_integer(tail)
    words = words.strip("零")
    return "零壹贰叁肆伍陆柒捌玖".index(words) if words else 0
