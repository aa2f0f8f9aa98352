"""Rules for passwords beyond Django's own, and passwords that are used once."""

from __future__ import annotations

import re
import secrets

from django.core.exceptions import ValidationError

from .models import Division, Post, User
from .pinyin import pinyin_of

LONG_ENOUGH_ALONE = 20
# Without the letters and digits that are taken for each other when read out or copied.
ONE_TIME_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
ONE_TIME_GROUPS, ONE_TIME_GROUP_LENGTH = 4, 5

# What people of a county's offices type first.
OFFICE_WORDS = (
    "扶贫", "财政", "一池", "乡村振兴", "新疆", "fupin", "fpb", "caizheng", "czj", "yichi",
    "zhuanzhang", "xiangcun", "zhenxing", "xinjiang", "zhongguo", "gongzuo", "county", "finance",
    "poverty", "admin", "passw", "qwer", "asdf", "1qaz", "abcd", "1234", "4321", "woaini",
    "5201314",
)  # fmt: skip
_YEAR = re.compile(r"(?<!\d)(19[4-9]\d|20[0-4]\d)(?!\d)", re.ASCII)
# 焉耆回族自治县 is 焉耆 in everybody's mouth.
_LEVEL = re.compile(r"(维吾尔|蒙古|哈萨克|柯尔克孜|回族)?(自治)?[区州县市乡镇村]$")


class CharacterClassesValidator:
    """At least three of lower case, upper case, digits and other signs; or length instead."""

    def validate(self, password: str, user: User | None = None) -> None:
        classes = (
            any(c.islower() for c in password),
            any(c.isupper() for c in password),
            any(c.isdigit() for c in password),
            any(not c.isalnum() or not c.isascii() for c in password),
        )
        if sum(classes) < 3 and len(password) < LONG_ENOUGH_ALONE:
            raise ValidationError(f"密码太简单：{self.get_help_text()}", code="password_too_plain")

    def get_help_text(self) -> str:
        return (
            "密码须含大写字母、小写字母、数字、符号中的至少三类；"
            f"达到 {LONG_ENOUGH_ALONE} 个字符的不限。"
        )


class OfficeWordsValidator:
    """Refuses what a colleague would guess: office words, years, one's own names and places."""

    def validate(self, password: str, user: User | None = None) -> None:
        typed = password.lower()
        found = next((word for word in OFFICE_WORDS if word in typed), None)
        if found is None and (year := _YEAR.search(typed)):
            found = year[0]
        if found is not None:
            raise ValidationError(
                f"密码不能含有“{found}”这类容易猜到的字样。", code="password_guessable"
            )
        if user is not None and any(word in typed for word in own_words(user)):
            raise ValidationError(
                "密码不能含有本人姓名、用户名，或所在单位、区划的名称及其拼音。",
                code="password_about_self",
            )

    def get_help_text(self) -> str:
        return (
            "密码不能含有“扶贫、财政”等单位用语及其拼音、年份、连续数字，"
            "也不能含有本人姓名、用户名、所在单位和区划的名称及其拼音。"
        )


def own_words(user: User) -> set[str]:
    """Names of the person, their units and the divisions above, in characters and in pinyin."""
    names = {user.real_name, user.username.lower()}
    codes: set[str] = set()
    if user.pk:
        posts = Post.objects.filter(user=user).select_related("organization__division")
        for post in posts:
            names.add(post.organization.name)
            codes.update(post.division.path.strip("/").split("/"))
    names.update(Division.objects.filter(code__in=codes).values_list("name", flat=True))
    short = {
        re.sub(r"(维吾尔|蒙古|哈萨克|柯尔克孜|回族)?(自治)?[区州县市乡镇村]$", "", n) for n in names
    }
    words = names | short
    spelled = {pinyin_of(name)[0] for name in words}
    # One character, or a syllable or two of pinyin, stands in too many harmless passwords.
    return {w for w in words if len(w) >= 2 and not w.isascii()} | {
        w for w in spelled | {user.username.lower()} if len(w) >= 4
    }


def make_one_time_password() -> str:
    """99 bits in groups that can be read out over the telephone: k7mwp-…"""
    groups = (
        "".join(secrets.choice(ONE_TIME_ALPHABET) for _ in range(ONE_TIME_GROUP_LENGTH))
        for _ in range(ONE_TIME_GROUPS)
    )
    return "-".join(groups)
