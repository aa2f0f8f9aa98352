"""Projects behind their plan, without a person who answers, or with what nobody reported."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from approvals.watching import RED, YELLOW, Fired, Look, watches
from projects.models import Commencement, Filing, Project, QualityCheck, Responsibility
from projects.responsible import INDISPENSABLE
from supervision.models import Finding
from supervision.subjects import PROJECT

S = Project.Status
FINDING = "supervision.finding"


def of_project(
    project: Project, fact: str, level: str, words: str, *figures: tuple[str, str]
) -> Fired:
    return Fired(
        fact=fact,
        subject_type=PROJECT,
        subject_id=project.pk,
        title=f"{project.code} {project}",
        division_id=project.division_id,
        level=level,
        explanation=words,
        figures=figures,
    )


@watches("A20")
def behind_plan(look: Look) -> Iterator[Fired]:
    warn, alarm = look.day_before("alert.late_days.warn"), look.day_before("alert.late_days.alarm")
    rows = Project.objects.filter(county=look.county, status=S.IMPLEMENTATION)
    begun = Exists(Commencement.objects.filter(project=OuterRef("pk")))
    for row in rows.filter(planned_start__lt=warn).exclude(begun).order_by("pk"):
        yield late(look, row, "start", row.planned_start, "开工", alarm)
    for row in rows.filter(planned_end__lt=warn).order_by("pk"):
        yield late(look, row, "end", row.planned_end, "完工", alarm)


def late(look: Look, row: Project, what: str, day: dt.date, words: str, alarm: dt.date) -> Fired:
    days = (look.today - day).days
    return of_project(
        row, f"{what}:{row.pk}:{day}", RED if day < alarm else YELLOW,
        f"计划 {day} {words}，已逾期 {days} 天", ("计划日期", str(day)), ("逾期天数", str(days)),
    )  # fmt: skip


@watches("A24")
def assets_not_registered(look: Look) -> Iterator[Fired]:
    """By how long the project has stood at 资产登记."""
    warn, alarm = (
        look.day_before("alert.asset_days.warn"),
        look.day_before("alert.asset_days.alarm"),
    )
    rows = Project.objects.filter(
        county=look.county, status=S.ASSET_REGISTRATION, status_since__date__lt=warn
    )
    for row in rows.order_by("pk"):
        since = timezone.localdate(row.status_since)
        days = (look.today - since).days
        yield of_project(
            row, f"{row.pk}:{since}", RED if since < alarm else YELLOW,
            f"{since} 起待登记资产，已 {days} 天", ("天数", str(days)),
        )  # fmt: skip


@watches("A26")
def filing_late(look: Look) -> Iterator[Fired]:
    rows = Filing.objects.filter(division=look.county, status=Filing.Status.DUE)
    for row in rows.filter(due_on__lt=look.today).order_by("pk"):
        days = (look.today - row.due_on).days
        yield Fired(
            fact=str(row.pk),
            subject_type=Filing.life(),
            subject_id=row.pk,
            title=str(row),
            division_id=row.division_id,
            level=YELLOW,
            explanation=f"应于 {row.due_on} 前报备，已逾期 {days} 天",
            figures=(("应报日期", str(row.due_on)), ("逾期天数", str(days))),
        )


@watches("A30")
def nobody_answers(look: Look) -> Iterator[Fired]:
    """Of a project under way; the fact is the duty since its last holder left."""
    rows: Any = Project.objects.filter(county=look.county, meeting__isnull=False)
    rows = rows.exclude(status__in=(S.CLOSED, S.LEFT, S.REJECTED))
    for duty in INDISPENSABLE:
        held = Responsibility.objects.filter(project=OuterRef("pk"), duty=duty)
        now = Exists(held.in_force(look.today))
        label = Responsibility.Duty(duty).label
        last = Subquery(held.order_by("-pk").values("pk")[:1])
        for row in rows.exclude(now).annotate(last=last).order_by("pk"):
            fact = f"{row.pk}:{duty}:{row.last or 0}"
            yield of_project(row, fact, YELLOW, f"没有在任的{label}", ("缺失责任", str(label)))


@watches("S01")
def known_and_not_reported(look: Look) -> Iterator[Fired]:
    """发现不报告: a problem seen on the site, past its day, and no finding about the project."""
    latest = look.day_before("finding.report_days")
    told = Finding.objects.filter(
        subject_type=PROJECT, subject_id=OuterRef("project_id"),
        found_on__gte=OuterRef("checked_on"),
    ).exclude(status=Finding.Status.CANCELLED)  # fmt: skip
    rows = QualityCheck.objects.filter(
        project__county=look.county, rectified_on__isnull=True, rectify_by__lt=latest
    )
    rows = rows.exclude(Exists(told)).select_related("project")
    for row in rows.order_by("pk"):
        days = (look.today - row.rectify_by).days if row.rectify_by else 0
        yield of_project(
            row.project, str(row.pk), RED,
            f"{row.checked_on} 检查发现的问题逾期 {days} 天未整改，也没有登记问题",
            ("整改期限", str(row.rectify_by)), ("逾期天数", str(days)),
        )  # fmt: skip


@watches("S02")
def known_and_not_rectified(look: Look) -> Iterator[Fired]:
    """发现不整改: past the day of its rectification."""
    rows = Finding.objects.filter(county=look.county).overdue(look.today)
    for row in rows.order_by("pk"):
        days = (look.today - row.due_on).days if row.due_on else 0
        yield Fired(
            fact=f"{row.pk}:{row.due_on}",
            subject_type=FINDING,
            subject_id=row.pk,
            title=str(row),
            division_id=row.division_id,
            level=RED,
            explanation=f"整改时限 {row.due_on}，已逾期 {days} 天",
            figures=(("涉及金额（元）", f"{row.amount:,.2f}"), ("逾期天数", str(days))),
        )
