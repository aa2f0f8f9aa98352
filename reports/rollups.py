"""汇总 at a prefecture and the region: the sum of the returns that were received, and of nothing
else. Who reports to whom is data; a unit that has not reported is named as such."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from organizations.models import Division, Role, User
from organizations.models.divisions import Level
from organizations.policies import Refusal, Refused, WrongRole, role_names

from .figures import canonical, digest_of
from .fund_figures import ADDED, rates
from .models import ReceivedReturn, ReturnDispatch, ReturnVersion, RollUp
from .periods import due_on
from .project_figures import COUNTED, PEOPLE, SUMMED, summary_rates

FORMAT = "YICHI-ROLLUP-1"
COMPILERS = (Role.PREFECTURE_CLERK, Role.REGION_CLERK)
LEVELS = (Level.PREFECTURE, Level.REGION)
COUNTS = (*COUNTED, *PEOPLE)
AMOUNTS = tuple(dict.fromkeys((*ADDED, *SUMMED, "project_surplus")))


def units_below(unit: Division) -> list[Division]:
    """Who reports to this unit: counties, and 塔城 and 阿勒泰 to 伊犁."""
    rows = Division.objects.filter(reports_to=unit, level__in=(Level.COUNTY, Level.PREFECTURE))
    return list(rows.filter(is_current=True).order_by("code"))


@dataclass(frozen=True)
class Received:
    """A sealed version that a unit has received, made in this deployment or in another."""

    number: int
    is_late: bool
    sha256: str
    is_roll_up: bool
    figures: dict[str, Any]


def received_versions(unit: Division, first_day: dt.date) -> dict[int, Received]:
    """By the reporting division: the latest version that the unit has received."""
    from_here = ReturnVersion.objects.filter(
        Q(monthly__first_day=first_day) | Q(rollup__first_day=first_day),
        dispatch__to=unit,
        dispatch__receipt__is_received=True,
    )
    from_here = from_here.select_related("monthly", "rollup", "dispatch").defer("content")
    from_afar = ReceivedReturn.objects.filter(
        to=unit, first_day=first_day, status__in=ReceivedReturn.ACCEPTED
    )
    late = first_late(unit, first_day)
    found = {
        row.division_id: Received(
            row.number, row.division_id in late, row.sha256, row.is_roll_up, row.summary
        )
        for row in from_afar.defer("content").order_by("number")
    }
    for version in from_here.order_by("number"):
        of = version.subject.division_id
        if of not in found or found[of].number <= version.number:
            found[of] = Received(
                version.number, of in late, version.sha256, bool(version.rollup_id), version.summary
            )
    return found


def first_late(unit: Division, first_day: dt.date) -> set[int]:
    """The divisions whose first report came late; a correction makes nobody late."""
    here = ReturnDispatch.objects.filter(
        Q(version__monthly__first_day=first_day) | Q(version__rollup__first_day=first_day),
        to=unit,
        version__number=0,
        is_late=True,
    ).values_list("version__monthly__division", "version__rollup__division")
    afar = ReceivedReturn.objects.filter(to=unit, first_day=first_day, number=0, came_late=True)
    return {one or other for one, other in here} | set(afar.values_list("division", flat=True))


def roll_up_figures(unit: Division, first_day: dt.date) -> dict[str, Any]:
    received = received_versions(unit, first_day)
    rows: list[dict[str, Any]] = []
    for below in units_below(unit):
        version = received.get(below.pk)
        if version is None:
            rows += missing_rows(below)
        elif version.is_roll_up:
            rows += version.figures["units"]
        else:
            rows.append(county_row(below, version))
    there = [row for row in rows if row["reported"]]
    return {
        "format": FORMAT,
        "unit": {"code": unit.code, "name": unit.name, "level": unit.level},
        "period": f"{first_day:%Y-%m}",
        "units": rows,
        "missing": [row["name"] for row in rows if not row["reported"]],
        "total": summed(row["total"] for row in there),
        "fund_groups": by_group(row["fund_groups"] for row in there),
        "types": by_type(row["types"] for row in there),
    }


def missing_rows(unit: Division) -> list[dict[str, Any]]:
    """A prefecture that has not reported leaves all of its counties out."""
    units = units_below(unit) if unit.level == Level.PREFECTURE else [unit]
    return [{"code": u.code, "name": u.name, "reported": False} for u in units]


def county_row(county: Division, version: Received) -> dict[str, Any]:
    figures = version.figures
    return {
        "code": county.code,
        "name": county.name,
        "reported": True,
        "number": version.number,
        "late": version.is_late,
        "sha256": version.sha256,
        "ledger": figures["ledger"],
        "total": figures["total"],
        "fund_groups": figures["fund_groups"],
        "types": figures["types"],
    }


def summed(totals: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Of rows of 表四 whose amounts are text; the rates are made anew."""
    there = list(totals)
    counts = {name: sum(int(row.get(name, 0)) for row in there) for name in COUNTS}
    amounts = {
        name: sum((Decimal(row.get(name, 0)) for row in there), Decimal("0.00")) for name in AMOUNTS
    }
    own = summary_rates(counts, amounts)
    projects = {f"project_{name}": own[name] for name in ("released_rate", "paid_rate")}
    return {**counts, **amounts, **own, **projects, **rates(amounts)}


def by_group(lists: Iterable[list[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for rows in lists:
        for row in rows:
            groups[row["category"], row["level"]].append(row)
    named = ("category", "category_name", "level", "level_name")
    found = []
    for _, group in sorted(groups.items()):
        sums = {n: sum((Decimal(row[n]) for row in group), Decimal("0.00")) for n in ADDED}
        found.append({**{name: group[0][name] for name in named}, **sums, **rates(sums)})
    return found


def by_type(lists: Iterable[list[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for rows in lists:
        for row in rows:
            groups[row["code"]].append(row)
    found = []
    for code, group in sorted(groups.items()):
        counts = {n: sum(int(row[n]) for row in group) for n in COUNTS}
        sums = {n: sum((Decimal(row[n]) for row in group), Decimal("0.00")) for n in SUMMED}
        rates_ = summary_rates(counts, sums)
        found.append({"code": code, "name": group[0]["name"], **counts, **sums, **rates_})
    return found


def unit_of_compiler(by: User) -> Division:
    """The prefecture or region in whose office this person sits. Raises WrongRole."""
    for post in by.posts_today:
        if post.role in COMPILERS and post.division.level in LEVELS:
            return post.division
    raise WrongRole(f"汇总由{role_names(COMPILERS)}办理", who_can_clear=role_names(COMPILERS))


@transaction.atomic
def compile_roll_up(*, unit: Division, first_day: dt.date, by: User) -> RollUp:
    """Opened once for its unit and month, and added up anew while it is a draft."""
    if unit_of_compiler(by) != unit:
        raise WrongRole(f"由{unit}办理", who_can_clear=role_names(COMPILERS))
    if first_day > timezone.localdate():
        raise Refused(f"{first_day:%Y年%m月}还没有开始", who_can_clear="汇总人（另选月份）")
    opened = RollUp.objects.get_or_create(
        division=unit, first_day=first_day, defaults={"due_on": due_on(unit, first_day)}
    )[0]
    rollup: RollUp = (
        RollUp.objects.select_related("division").select_for_update(of=("self",)).get(pk=opened.pk)
    )
    if rollup.status != RollUp.Status.DRAFT:
        raise Refused(
            f"“{rollup}”现为“{rollup.get_status_display()}”，不能重新汇总",
            who_can_clear="现办理人（退回）",
        )
    add_up(rollup, by=by)
    return rollup


def add_up(
    rollup: RollUp, *, by: User, number: int | None = None, reason: str = ""
) -> ReturnVersion:
    draft = rollup.versions.filter(sealed_at=None).first() if number is None else None
    version = draft or ReturnVersion(rollup=rollup, number=number or 0, reason=reason)
    version.content = canonical(roll_up_figures(rollup.division, rollup.first_day))
    version.sha256 = digest_of(version.content)
    version.known_at = version.computed_at = timezone.now()
    version.computed_by = by
    version.save()
    return version


def refuse_without_sums(rollup: RollUp) -> Refusal | None:
    """Sealed is what was added up from the versions that are the received ones now."""
    version = rollup.versions.order_by("number").last()
    if version is None or version.sealed_at:
        return Refusal("还没有汇总", "", "汇总人（汇总）")
    now = canonical(roll_up_figures(rollup.division, rollup.first_day))
    if digest_of(now) != version.sha256:
        return Refusal("汇总以后所收月报有变化，须重新汇总", "", "汇总人（重新汇总）")
    return None


def corrected_since(rollup: RollUp) -> list[str]:
    """The units that the newest version holds otherwise than they stand received now: corrected
    after it was sealed, or reported late. Nothing of a draft, which is added up anew."""
    version = rollup.versions.filter(sealed_at__isnull=False).order_by("number").last()
    if version is None or rollup.versions.filter(sealed_at=None).exists():
        return []
    sealed = {row["code"]: row.get("sha256") for row in version.summary["units"]}
    now = roll_up_figures(rollup.division, rollup.first_day)["units"]
    return [row["name"] for row in now if row.get("sha256") != sealed.get(row["code"])]
