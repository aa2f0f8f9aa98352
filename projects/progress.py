"""开工, monthly progress and quality checks of a project that is being carried out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from approvals.evidence import claim_photos
from approvals.models import Evidence
from organizations.models import Parameter, User
from organizations.policies import Refusal, demand, refuse_without
from organizations.signature import sign

from .adjusting import OVER_INVESTMENT
from .contracts import RECORDERS
from .effects import APPROVED
from .models import Commencement, ProgressReport, Project, QualityCheck
from .policies import raise_if
from .records import papers_by_digest
from .shares import over

REPORTING = (Project.Status.IMPLEMENTATION,)


def refuse_reporting(project: Project, user: User) -> Refusal | None:
    return refuse_without(user, RECORDERS, project.division) or not_under_way(project)


def not_under_way(project: Project) -> Refusal | None:
    if project.status in REPORTING:
        return None
    return Refusal(
        f"项目现为“{project.get_status_display()}”，只有组织实施中的项目登记开工和进度",
        who_can_clear="现办理人",
    )


def refuse_checking(project: Project, user: User) -> Refusal | None:
    """Why this person can not record a quality check: also after acceptance, until the end."""
    refused = refuse_without(user, RECORDERS, project.division)
    if refused or project.status in (*APPROVED, Project.Status.CLOSED):
        return refused
    return Refusal(f"项目现为“{project.get_status_display()}”，尚未实施", who_can_clear="现办理人")


def first_of_month(day: dt.date) -> dt.date:
    return day.replace(day=1)


def not_begun(project: Project, month: dt.date) -> Refusal | None:
    commencement = Commencement.objects.filter(project=project).first()
    if commencement is None:
        return Refusal("还没有登记开工日期", who_can_clear="登记人（先填开工日期）")
    if month < first_of_month(commencement.started_on):
        return Refusal(
            f"{month:%Y-%m} 早于开工的 {commencement.started_on:%Y-%m}",
            who_can_clear="登记人（改选月份）",
        )
    return None


def out_of_turn(project: Project, month: dt.date) -> Refusal | None:
    if month > first_of_month(timezone.localdate()):
        return Refusal(f"{month:%Y-%m} 还没有到", who_can_clear="登记人（改选月份）")
    later = project.progress_reports.filter(month__gt=month).order_by("month").first()
    if later is None:
        return None
    return Refusal(
        f"已登记 {later.month:%Y-%m} 的进度，更早的月份不能再登记或更改",
        who_can_clear="登记人（在最近一个月更正并说明）",
    )


def falls_unsaid(report: ProgressReport, before: ProgressReport | None) -> Refusal | None:
    """Cumulative figures fall, or what was reported is changed, only with a word on it."""
    if before is None or report.correction.strip():
        return None
    if report.invested < before.invested or report.percent < before.percent:
        return Refusal(
            f"比 {before.month:%Y-%m} 登记的 {before.percent}%、{before.invested:,.2f} 元减少，"
            "须写更正说明",
            who_can_clear="登记人（填写更正说明）",
        )
    return None


@transaction.atomic
def record_start(*, project: Project, by: User, started_on: dt.date) -> Commencement:
    demand(by, RECORDERS, project.division)
    raise_if(not_under_way(locked(project)) or too_late(started_on))
    begun = Commencement.objects.filter(project=project).first()
    if begun:
        raise_if(
            Refusal(f"开工日期已登记为 {begun.started_on}，没有重复登记", who_can_clear="本人")
        )
    return Commencement.objects.create(project=project, started_on=started_on, recorded_by=by)


def too_late(day: dt.date) -> Refusal | None:
    if day <= timezone.localdate():
        return None
    return Refusal(f"{day} 在今天之后", who_can_clear="登记人（改正日期）")


@transaction.atomic
def report_progress(
    *, project: Project, month: dt.date, by: User, facts: Mapping[str, Any]
) -> ProgressReport:
    """The month's figures: percent, invested (yuan, cumulative), note, correction. The latest
    month may be changed again, which its history keeps. Raises Refused."""
    demand(by, RECORDERS, project.division)
    project = locked(project)
    raise_if(not_under_way(project) or not_begun(project, month) or out_of_turn(project, month))
    report = project.progress_reports.filter(month=month).first()
    before = report or project.progress_reports.order_by("-month").first()
    words = {"note": "", "correction": ""}
    if report is None:
        fresh = ProgressReport(project=project, month=month, recorded_by=by, **words | dict(facts))
    else:
        fresh = ProgressReport.objects.get(pk=report.pk)
        for name, value in facts.items():
            setattr(fresh, name, value)
    raise_if(falls_unsaid(fresh, before))
    fresh.full_clean()
    sign(fresh, by, fresh.correction).save()
    return fresh


@transaction.atomic
def add_photos(*, report: ProgressReport, by: User, photos: Sequence[str]) -> ProgressReport:
    """Photos (SHA-256) of the month, which prove no other month and no other project."""
    demand(by, RECORDERS, report.project.division)
    report = ProgressReport.objects.select_for_update(of=("self",)).get(pk=report.pk)
    claim_photos(photos, subject=report.project, shown_for=f"形象进度 {report}", by=by)
    report.photos = [*report.photos, *photos]
    sign(report, by, "补充照片").save()
    return report


def beyond_plan(report: ProgressReport) -> bool:
    """So much more invested than planned that an adjustment may be due."""
    share = Parameter.objects.fraction(OVER_INVESTMENT)
    return over(report.invested, 1 + share, report.project.total_investment)


@transaction.atomic
def record_quality_check(*, project: Project, by: User, facts: Mapping[str, Any]) -> QualityCheck:
    raise_if(refuse_checking(project, by))
    check = QualityCheck(project=project, recorded_by=by, **facts)
    check.full_clean()
    check.save()
    return check


@transaction.atomic
def record_rectification(
    *, check: QualityCheck, by: User, rectified_on: dt.date, rectification: str
) -> QualityCheck:
    demand(by, RECORDERS, check.project.division)
    check = QualityCheck.objects.select_for_update(of=("self",)).get(pk=check.pk)
    raise_if(nothing_to_rectify(check))
    check.rectified_on, check.rectified_by = rectified_on, by
    check.rectification = rectification
    check.full_clean()
    check.save()
    return check


def nothing_to_rectify(check: QualityCheck) -> Refusal | None:
    if check.problem and check.rectified_on is None:
        return None
    reason = "整改情况已登记，没有重复登记" if check.problem else "这次检查没有发现问题"
    return Refusal(reason, who_can_clear="本人（无须再办）")


def locked(project: Project) -> Project:
    return Project.objects.select_for_update(of=("self",), no_key=True).get(pk=project.pk)


Reported = tuple[ProgressReport, list[Evidence], bool]  # its photos, whether it is beyond the plan


@dataclass(frozen=True)
class Progress:
    """What the page of a project shows. `is_due` where work may be under way."""

    started_on: dt.date | None
    reports: Sequence[Reported]
    checks: Sequence[QualityCheck]
    may_report: bool
    is_due: bool


def progress_of(project: Project, user: User) -> Progress:
    begun = Commencement.objects.filter(project=project).first()
    rows = list(project.progress_reports.select_related("recorded_by"))
    papers = papers_by_digest([p for row in rows for p in row.photos], project.division)
    return Progress(
        started_on=begun.started_on if begun else None,
        reports=[
            (row, [papers[p] for p in row.photos if p in papers], beyond_plan(row)) for row in rows
        ],
        checks=list(project.quality_checks.all()),
        may_report=refuse_without(user, RECORDERS, project.division) is None,
        is_due=project.status in APPROVED,
    )
