"""The yearly 清查 waits for the department's clerk from a day of the year until he has begun it."""

from __future__ import annotations

import datetime as dt

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils import timezone

from approvals.errands import Errand, ErrandKind, register_errands
from organizations.models import Division, Parameter, User

from .models import Asset, Stocktake
from .policies import STOCKTAKERS
from .stocktakes import to_be_counted

FROM = "asset.stocktake_from"  # month-day


def counties_to_begin(user: User) -> QuerySet[Division]:
    """Of this person's posts, with assets to count and no sheet of this year."""
    held = [post.division.pk for post in user.posts_today if post.role in STOCKTAKERS]
    today = timezone.localdate()
    if not held or today < begins_on(today.year):
        return Division.objects.none()
    begun = Stocktake.objects.filter(division=OuterRef("pk"), year=today.year)
    assets = to_be_counted(Asset.objects.filter(county=OuterRef("pk")), today)
    return Division.objects.filter(~Exists(begun), Exists(assets), pk__in=held)


def begins_on(year: int) -> dt.date:
    return dt.date.fromisoformat(f"{year}-{Parameter.objects.value(FROM)}")


def count_sheets(user: User) -> int:
    return counties_to_begin(user).count()


def sheets(user: User) -> list[Errand]:
    year = timezone.localdate().year
    return [
        Errand(
            title=f"{county.name}{year}年度资产清查",
            url=reverse("stocktake_list"),
            place=county,
            action="发起清查",
            act_url=reverse("stocktake_new"),
            since=timezone.make_aware(dt.datetime.combine(begins_on(year), dt.time.min)),
            note="每年至少清查一次，本年度尚未发起",
        )
        for county in counties_to_begin(user)
    ]


register_errands(ErrandKind(count_sheets, sheets))
