"""文号 (document numbers) as typed, brought to one form so that the same document is found again.

GB/T 9704-2012: issuing code + 〔year〕 + number without 第 and without leading zeros + 号.
"""

import re
import unicodedata

_PLAIN = str.maketrans("０１２３４５６７８９－—–‐‑−", "0123456789------")
_OPENING, _CLOSING = "〔【[﹝(（［{｛〖「『<＜〈《", "〕】]﹞)）］}｝〗」』>＞〉》"
_CODE_BRACKETS = str.maketrans(_OPENING + _CLOSING, "（" * len(_OPENING) + "）" * len(_CLOSING))
# White space and the invisible characters that copying from WPS or a web page brings along.
_INVISIBLE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
# Only brackets around a year are the year's: those of 宁财（农）指标 belong to the issuing code.
_YEAR_AND_NUMBER = re.compile(
    rf"[{re.escape(_OPENING)}](?P<year>(?:19|20)\d{{2}})年?[{re.escape(_CLOSING)}]"
    r"(?:第?0*(?P<number>[1-9]\d*(?:-\d+)?)号?)?",
    re.ASCII,
)
_REGULAR = re.compile(r"[一-龥（）()]{2,20}〔(19|20)[0-9]{2}〕[1-9][0-9]{0,4}(-[0-9]{1,3})?号")


def normalize(text: str) -> str:
    bare = _INVISIBLE.sub("", unicodedata.normalize("NFC", text)).translate(_PLAIN)
    match = _YEAR_AND_NUMBER.search(bare)
    if match is None:
        return bare.translate(_CODE_BRACKETS)
    number = f"{match['number']}号" if match["number"] else ""
    issuing_code = bare[: match.start()].translate(_CODE_BRACKETS)
    return f"{issuing_code}〔{match['year']}〕{number}{bare[match.end() :]}"


def is_regular(text: str) -> bool:
    """Whether it looks like a 文号; one that does not is worth a warning, never a refusal."""
    return _REGULAR.fullmatch(normalize(text)) is not None
