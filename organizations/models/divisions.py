from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

if TYPE_CHECKING:
    from .people import User


class Level(models.TextChoices):
    REGION = "region", "自治区"
    PREFECTURE = "prefecture", "地（州、市）"
    COUNTY = "county", "县（市、区）"
    TOWNSHIP = "township", "乡镇级"
    VILLAGE = "village", "村级"


# Digits of the 12-digit code that name a division of each level (GB/T 2260, GB/T 10114).
# Never derive this by stripping zeros: 511920… and 511923… would share a prefix.
CODE_DIGITS = {
    Level.REGION: 2,
    Level.PREFECTURE: 4,
    Level.COUNTY: 6,
    Level.TOWNSHIP: 9,
    Level.VILLAGE: 12,
}


class DivisionQuerySet(models.QuerySet["Division"]):
    def within(self, paths: Iterable[str]) -> DivisionQuerySet:
        """Divisions at or below any of these reporting paths."""
        return self.filter(under("path", paths))

    def visible_to(self, user: User) -> DivisionQuerySet:
        return self.within(user.territory())

    def search(self, words: str) -> DivisionQuerySet:
        """By name, code or pinyin initials."""
        words = words.strip()
        return self.filter(
            Q(name__icontains=words)
            | Q(code__startswith=words)
            | Q(pinyin__icontains=words.lower())
        )


def under(field: str, paths: Iterable[str]) -> Q:
    """A filter for rows whose division path (in `field`) is at or below one of `paths`."""
    condition = Q(pk__in=[])
    for path in paths:
        condition |= Q(**{f"{field}__startswith": path})
    return condition


class Division(models.Model):
    """An administrative division, region to village, by its 12-digit statistical code.

    `parent` is geography (the code); `reports_to` is the line of reporting, which differs
    from it where the law says so (塔城 and 阿勒泰 report to 伊犁州). `path` is the line of
    reporting from the region down, each code followed by a slash; territory is a prefix of it.
    """

    code = models.CharField("区划代码", max_length=12, unique=True)
    name = models.CharField("名称", max_length=60)
    level = models.CharField("级别", max_length=10, choices=Level.choices)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="上级区划",
    )
    reports_to = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="上报单位所在区划",
    )
    path = models.CharField("上报路径", max_length=80, unique=True)
    pinyin = models.CharField("拼音与首字母", max_length=200, blank=True)
    version_year = models.PositiveSmallIntegerField("代码版本年", default=2023)
    is_current = models.BooleanField("现行", default=True)

    objects = DivisionQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "行政区划"
        ordering = ("code",)
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^\d{12}$"), name="division_code_12_digits"
            ),
            models.CheckConstraint(
                condition=Q(path__endswith="/"), name="division_path_ends_with_slash"
            ),
        ]
        indexes = [
            models.Index(OpClass("path", name="text_pattern_ops"), name="division_path_prefix"),
            GinIndex(OpClass("pinyin", name="gin_trgm_ops"), name="division_pinyin_trgm"),
        ]

    def __str__(self) -> str:
        return self.name

    def contains(self, other: Division) -> bool:
        """At or below this division in the line of reporting."""
        return other.path.startswith(self.path)

    def paths_above(self) -> list[str]:
        """The paths of this division and of all that it reports to."""
        codes = self.path.rstrip("/").split("/")
        return ["/".join(codes[:depth]) + "/" for depth in range(1, len(codes) + 1)]

    @property
    def county_code(self) -> str:
        """The code of the county that this division lies in; only for county level and below."""
        return self.code[: CODE_DIGITS[Level.COUNTY]].ljust(12, "0")
