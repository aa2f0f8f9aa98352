"""The one box: what the person may see, by name, number, amount or pinyin initials."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse

from funds.models import Allotment, Voucher
from funds.money import AmountError, format_yuan, parse_amount
from funds.policies import FUND_READERS
from funds.queries import search_allotments
from organizations.models import Division, User
from projects.models import Project
from projects.policies import PROJECT_READERS

MOST = 10
_NUMBER = re.compile(
    r"(?:(?P<year>20\d\d)[-年])?(?:记字第?)?0*(?P<number>[1-9]\d{0,6})号?", re.ASCII
)


@dataclass(frozen=True)
class Hit:
    title: str
    note: str
    url: str


@dataclass(frozen=True)
class Group:
    label: str
    hits: list[Hit]
    has_more: bool


def search(user: User, words: str) -> list[Group]:
    """At most MOST of each kind, one query for each kind that the person's roles may open."""
    words = words.strip()
    if not words:
        return []
    roles = user.roles()
    groups = []
    if roles.intersection(PROJECT_READERS):
        groups.append(group("项目", find_projects(user, words), project_hit))
    if roles.intersection(FUND_READERS):
        groups.append(group("指标", find_allotments(user, words), allotment_hit))
        groups.append(group("凭证", find_vouchers(user, words), voucher_hit))
    groups.append(group("行政区划", find_divisions(user, words), division_hit))
    return [found for found in groups if found.hits]


def group(label: str, found: QuerySet[Any], hit: Any) -> Group:
    rows: Iterable[Any] = list(found[: MOST + 1])
    hits = [hit(row) for row in rows]
    return Group(label, hits[:MOST], len(hits) > MOST)


def find_projects(user: User, words: str) -> QuerySet[Project]:
    found = Project.objects.visible_to(user).search(words)
    return found.select_related("division").order_by("-id")


def find_allotments(user: User, words: str) -> QuerySet[Allotment]:
    found = search_allotments(Allotment.objects.visible_to(user), words)
    return found.select_related("category", "county")


def find_vouchers(user: User, words: str) -> QuerySet[Voucher]:
    """By memo, by number (2024-0012, 记字12号), or by the exact amount.

    `contains`, not `icontains`: only that can use the trigram index over a county's many years.
    """
    wanted = Q(memo__contains=words)
    number = _NUMBER.fullmatch(words)
    if number:
        by_number = Q(number=int(number["number"]))
        wanted |= by_number & Q(year=int(number["year"])) if number["year"] else by_number
    with contextlib.suppress(AmountError):
        wanted |= Q(total=parse_amount(words))
    found = Voucher.objects.visible_to(user).filter(wanted)
    return found.select_related("county").order_by("-occurred_on", "-sequence")


def find_divisions(user: User, words: str) -> QuerySet[Division]:
    return Division.objects.visible_to(user).search(words).select_related("parent")


def project_hit(project: Project) -> Hit:
    note = f"{project.code}　{project.division}　{project.get_status_display()}"
    return Hit(project.name, note, project.get_absolute_url())


def allotment_hit(allotment: Allotment) -> Hit:
    note = f"{allotment.category}　{allotment.county}　{format_yuan(allotment.amount)} 元"
    return Hit(allotment.document_number, note, allotment.get_absolute_url())


def voucher_hit(voucher: Voucher) -> Hit:
    note = f"{voucher.occurred_on}　{voucher.memo}　{format_yuan(voucher.total)} 元"
    title = f"{voucher} {voucher.get_kind_display()}"
    return Hit(title, note, voucher.get_absolute_url())


def division_hit(division: Division) -> Hit:
    above = f"{division.parent}　" if division.parent else ""
    url = f"{reverse('division_list')}?within={division.code}"
    return Hit(division.name, f"{above}{division.code}", url)
