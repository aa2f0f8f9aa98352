"""Keeps ID, bank card and mobile numbers of private persons out of free text.

The system holds counts of households and persons, so such a number is always a slip of the pen.
"""

import re
from datetime import date

from django.core.exceptions import ValidationError

from organizations.credit_codes import check_credit_code

_PLAIN = str.maketrans("０１２３４５６７８９Ｘｘ－　", "0123456789XX- ")

# Digits or hexadecimal letters on either side mean a longer code; after "1." they are decimals.
_START, _END = r"(?<![0-9A-Fa-f])(?<!\d\.)", r"(?![0-9A-Fa-f])"
_IDENTITY = re.compile(rf"{_START}(\d{{6}})[ -]?(\d{{8}})[ -]?(\d{{3}}[\dXx]){_END}", re.ASCII)
# Card numbers in China start 3, 4, 5, 60, 62 or 9; 65… would hit codes built on Xinjiang.
_CARD = re.compile(
    rf"{_START}(?:(?:[3-59]\d|6[02])\d{{14,17}}"
    rf"|62\d\d(?:[ -]\d{{4}}){{3}}(?:[ -]?\d{{1,3}})?){_END}",
    re.ASCII,
)
# Not an amount: 13800138000.00 and 13800138000元 are money.
_MOBILE = re.compile(
    rf"(?<![¥￥]){_START}(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{{4}}[ -]?\d{{4}}"
    rf"(?!\.\d|\s*[元万亿]){_END}",
    re.ASCII,
)

_IDENTITY_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_IDENTITY_CHECK = "10X98765432"


def find_personal_data(text: str) -> list[str]:
    """What was found, kind and masked number, fit to be shown: 身份证号 652826********1234."""
    plain = text.translate(_PLAIN)
    found: list[str] = []
    for pattern, kind, is_real in (
        (_IDENTITY, "身份证号", _is_identity_number),
        (_CARD, "银行卡号", _is_card_number),
        (_MOBILE, "手机号", _always),
    ):
        numbers = [match for match in pattern.finditer(plain) if is_real(_bare(match[0]))]
        found += [f"{kind} {_mask(_bare(match[0]))}" for match in numbers]
        for match in numbers:
            plain = plain[: match.start()] + "#" * len(match[0]) + plain[match.end() :]
    return found


def refuse_personal_data(value: str) -> None:
    """A validator for free text."""
    found = find_personal_data(value)
    if found:
        raise ValidationError(
            f"内容含有个人信息（{'、'.join(found)}）。本系统只登记户数、人数，"
            "不登记农户的身份证号、银行卡号和手机号，请删去后再保存。",
            code="personal_data",
        )


def _bare(number: str) -> str:
    return number.replace(" ", "").replace("-", "").upper()


def _mask(number: str) -> str:
    return f"{number[:3]}{'*' * (len(number) - 5)}{number[-2:]}"


def _always(_number: str) -> bool:
    return True


def _is_identity_number(number: str) -> bool:
    """GB 11643: a date of birth and a check character."""
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(
        int(digit) * weight for digit, weight in zip(number[:17], _IDENTITY_WEIGHTS, strict=True)
    )
    return 1900 <= born.year <= date.today().year and _IDENTITY_CHECK[total % 11] == number[17]


def _is_card_number(number: str) -> bool:
    """Luhn; an organisation's credit code may be all digits and is public."""
    doubled = [int(digit) * 2 for digit in number[-2::-2]]
    kept = [int(digit) for digit in number[::-2]]
    luhn = sum(kept) + sum(digit - 9 if digit > 9 else digit for digit in doubled)
    return luhn % 10 == 0 and check_credit_code(number) is not None
