"""Pinyin for search by typing: yanqihuizuzizhixian, and its initials yqhzzzx."""

import re
import unicodedata

from pypinyin import Style, lazy_pinyin, load_phrases_dict

_RUNS = re.compile(r"[㐀-鿿〇]+|[0-9a-z]+")

# Characters with another reading in running text but only this one in the names we hold.
_READINGS_IN_NAMES = {
    "勒": "le",
    "什": "shi",
    "伽": "jia",
    "卡": "ka",
    "巷": "xiang",
    "都": "du",
    "尉": "yu",
    "藏": "zang",
}

# Names whose reading depends on the whole word.
load_phrases_dict(
    {
        name: [[syllable] for syllable in reading.split()]
        for name, reading in {
            "焉耆": "yan qi",
            "若羌": "ruo qiang",
            "且末": "qie mo",
            "于田": "yu tian",
            "莎车": "sha che",
            "民乐": "min le",
            "朝阳": "chao yang",
            "乌拉泊": "wu la bo",
            "罗布泊": "luo bu po",
            "地窝堡": "di wo pu",
            "柴窝堡": "chai wo pu",
            "头堡": "tou pu",
            "二堡": "er pu",
            "三堡": "san pu",
            "五堡": "wu pu",
            "长山": "chang shan",
            "长丰": "chang feng",
            "长水": "chang shui",
            "长胜": "chang sheng",
            "长治": "chang zhi",
            "重庆": "chong qing",
        }.items()
    }
)


def pinyin_of(name: str) -> tuple[str, str]:
    """Full and initials, lower-case ASCII; digits and Latin letters stay, the rest is dropped."""
    full: list[str] = []
    initials: list[str] = []
    for run in _RUNS.findall(unicodedata.normalize("NFKC", name).lower()):
        syllables = [run] if run.isascii() else _syllables(run)
        full += syllables
        initials += syllables if run.isascii() else [syllable[0] for syllable in syllables]
    return "".join(full), "".join(initials)


def _syllables(run: str) -> list[str]:
    read = lazy_pinyin(run, style=Style.NORMAL, errors=_one_by_one)  # type: ignore[arg-type]
    syllables = [
        _READINGS_IN_NAMES.get(character, reading)
        for character, reading in zip(run, read, strict=True)
    ]
    # ê and ü are the only letters outside ASCII; ü is typed v.
    return [s.replace("ê", "e").replace("ü", "v") for s in syllables if s]


def _one_by_one(unknown: str) -> list[str]:
    """Characters without a known reading, so that readings and characters stay in step."""
    return [""] * len(unknown)
