"""What a finding or an alert is about: a project, a payment request, a contract, a voucher, an
asset, named by type and number, so that nothing here has to know the app that it belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import QuerySet

from funds.models import Voucher
from organizations.models import Division, User

PROJECT, PAYMENT = "projects.project", "projects.paymentrequest"
CONTRACT, VOUCHER, ASSET = "projects.contract", "funds.voucher", "assets.asset"
VOUCHER_NUMBER = re.compile(r"(20\d\d)-0*(\d{1,7})")


@dataclass(frozen=True)
class SubjectType:
    """`number` is the field by which people name one; `place` leads to its division."""

    label: str
    number: str
    place: str = "division"
    county: str = "county"


TYPES: dict[str, SubjectType] = {
    PROJECT: SubjectType("项目", "code"),
    PAYMENT: SubjectType("拨付申请", "number", county="project__county"),
    CONTRACT: SubjectType("合同", "number", county="project__county"),
    VOUCHER: SubjectType("凭证", "number", place="county"),
    ASSET: SubjectType("资产", "number"),
}


def rows_of(kind: str, user: User) -> QuerySet[Any]:
    """Of this type, what the person may see."""
    rows: QuerySet[Any] = apps.get_model(kind)._default_manager.visible_to(user)
    return rows


def find_by_number(kind: str, number: str, county: Division, user: User) -> Any | None:
    """None where there is no such thing in the county that the person may see."""
    known = TYPES[kind]
    if kind == VOUCHER:
        voucher = voucher_of(county, number)
        return voucher if voucher and rows_of(kind, user).filter(pk=voucher.pk).exists() else None
    rows = rows_of(kind, user).filter(**{known.county: county})
    return rows.filter(**{known.number: number.strip()}).first()


def voucher_of(county: Division, number: str) -> Voucher | None:
    """By the number that stands on it, as in 2026-0012; whoever holds the paper may name it."""
    found = VOUCHER_NUMBER.fullmatch(number.strip())
    if found is None:
        return None
    return Voucher.objects.filter(county=county, year=int(found[1]), number=int(found[2])).first()


def find_visible(kind: str, pk: int | None, user: User) -> Any | None:
    if kind not in TYPES or pk is None:
        return None
    return rows_of(kind, user).filter(pk=pk).first()


def number_of(thing: Any) -> str:
    kind = thing._meta.label_lower
    return str(thing) if kind == VOUCHER else str(getattr(thing, TYPES[kind].number))


def place_of(thing: Any) -> Division:
    division: Division = getattr(thing, TYPES[thing._meta.label_lower].place)
    return division


def project_of(thing: Any) -> Any | None:
    """The project that it belongs to, where that can be told."""
    return thing if thing._meta.label_lower == PROJECT else getattr(thing, "project", None)


def address_of(kind: str, pk: int | None) -> str:
    """Of its page; all of them are `/<things>/<pk>/`."""
    if kind not in TYPES or pk is None:
        return ""
    return str(apps.get_model(kind)(pk=pk).get_absolute_url())


def label_of(kind: str) -> str:
    return TYPES[kind].label if kind in TYPES else ""
