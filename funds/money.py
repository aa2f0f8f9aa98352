"""Yuan as cadres type, read and write them. The only module that rounds."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact

WAN = Decimal(10000)
INTEGER_DIGITS_MAX = 16  # Decimal(18, 2), as the tables store it

# Chinese input methods leave these behind. Not NFKC: it would turn 10² into 102.
_TYPED = str.maketrans("０１２３４５６７８９，．￥－−　\xa0", "0123456789,.¥--  ")
_NUMBER = re.compile(r"(?P<integer>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<decimals>\d+))?", re.ASCII)
_LOOSE_NUMBER = re.compile(r"[\d,]+(?:\.\d+)?", re.ASCII)

_FEN = Decimal("0.01")
_EXACT = Context(prec=60, traps=[Inexact])

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")


class AmountError(ValueError):
    """A typed amount that is refused; the message is shown to the person as it stands."""


def parse_amount(text: str, *, allow_zero: bool = False) -> Decimal:
    """Yuan with two decimals, from 元 or 万元 as typed; refuses rather than rounds."""
    typed = text.strip()
    if not typed:
        raise AmountError("请填写金额。")
    shown = typed if len(typed) <= 40 else typed[:40] + "…"
    bare, in_wan = _strip_units(typed.translate(_TYPED))
    if bare.startswith("-") or bare.endswith("-") or re.fullmatch(r"[(（].*[)）]", bare):
        raise AmountError(f"金额不能为负数：“{shown}”。要冲减已入账的金额，请用红字冲销。")
    yuan = _to_yuan(bare, in_wan=in_wan, shown=shown)
    if yuan == 0 and not allow_zero:
        raise AmountError(f"金额必须大于零：“{shown}”。")
    return yuan


def _strip_units(text: str) -> tuple[str, bool]:
    bare = text.strip().removeprefix("人民币").strip().removeprefix("¥").strip()
    bare = bare.removesuffix("元").strip()
    return bare.removesuffix("万").strip(), bare.endswith("万")


def _to_yuan(bare: str, *, in_wan: bool, shown: str) -> Decimal:
    match = _NUMBER.fullmatch(bare)
    if match is None and "," in bare and _LOOSE_NUMBER.fullmatch(bare):
        raise AmountError(f"千分位逗号的位置不对：“{shown}”。请写成 1,234,567.89 或不写逗号。")
    if match is None:
        raise AmountError(f"看不懂这个金额：“{shown}”。请填数字，如 1864000.00 或 186.4万。")
    decimals = match["decimals"] or ""
    if len(decimals) > (6 if in_wan else 2):
        limit = "以万元填写最多六位小数（精确到分）" if in_wan else "金额最多两位小数（精确到分）"
        raise AmountError(f"{limit}，系统不代为四舍五入：“{shown}”。")
    integer = match["integer"].replace(",", "").lstrip("0") or "0"
    if len(integer) + (4 if in_wan and integer != "0" else 0) > INTEGER_DIGITS_MAX:
        raise AmountError(f"金额过大：“{shown}”。整数部分最多 {INTEGER_DIGITS_MAX} 位。")
    number = Decimal(f"{integer}.{decimals or '0'}")
    return to_fen(number * WAN if in_wan else number)


def to_fen(amount: Decimal) -> Decimal:
    """The same amount written with two decimals; ValueError if that would lose anything."""
    try:
        return amount.quantize(_FEN, context=_EXACT)
    except Inexact:
        raise ValueError(f"{amount} has a part smaller than a fen") from None


def percentage(part: Decimal, whole: Decimal) -> Decimal:
    """Per cent with two decimals, half up; nothing out of nothing is 0."""
    if whole == 0:
        return Decimal("0.00")
    return (part * 100 / whole).quantize(_FEN, rounding=ROUND_HALF_UP)


def shares(parts: Sequence[Decimal]) -> list[Decimal]:
    """What per cent each part is of their sum. The tail that rounding leaves goes to the largest
    part, so that the shares add up to 100.00; parts of nothing are 0.00 each."""
    whole = sum(parts, Decimal(0))
    found = [percentage(part, whole) for part in parts]
    if whole:
        found[parts.index(max(parts))] += 100 - sum(found, Decimal(0))
    return found


def line_total(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """合价 to the fen, half up."""
    return (quantity * unit_price).quantize(_FEN, rounding=ROUND_HALF_UP)


def format_yuan(amount: Decimal) -> str:
    return f"{_unsigned_zero(to_fen(amount)):,.2f}"


def format_wan(amount: Decimal) -> str:
    """万元 with two to six decimals: as many as it takes to keep every fen."""
    text = f"{_unsigned_zero(to_fen(amount)).scaleb(-4):,.6f}"
    kept, optional = text[:-4], text[-4:]
    return kept + optional.rstrip("0")


def _unsigned_zero(amount: Decimal) -> Decimal:
    return abs(amount) if amount == 0 else amount


def in_words(amount: Decimal) -> str:
    """大写金额 as the payment rules (支付结算办法) want it, with 整 after 元 and after 角."""
    fen_total = int(abs(to_fen(amount)).scaleb(2))
    yuan, rest = divmod(fen_total, 100)
    jiao, fen = divmod(rest, 10)
    words = "负" if amount < 0 else ""
    if yuan or not rest:
        words += (_integer_in_words(yuan) or "零") + "元"
    if jiao:
        words += _DIGITS[jiao] + "角"
    elif fen and yuan:
        words += "零"
    return f"人民币{words}{_DIGITS[fen] + '分' if fen else '整'}"


def _integer_in_words(number: int) -> str:
    """In sections of four digits; a 零 stands for any gap, except where 万 or 亿 already parts."""
    words, gap = "", False
    digits = str(number)
    for position, digit in zip(range(len(digits) - 1, -1, -1), map(int, digits), strict=True):
        if digit:
            words += ("零" if gap else "") + _DIGITS[digit] + _PLACES[position % 4]
        gap = not digit and bool(words)
        if position % 4 == 0:
            section_is_empty = number // 10**position % WAN == 0
            words += _section_unit(position, is_empty=section_is_empty)
            gap = gap and section_is_empty
    return words


def _section_unit(position: int, *, is_empty: bool) -> str:
    if position == 8:
        return "亿"  # also after 壹万 with nothing between: 壹万亿
    return "万" if position in (4, 12) and not is_empty else ""
