"""应公开: until when each thing has to be announced, and what was not."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone

from funds.models import Allotment
from organizations.models import Organization
from projects.models import AnnualPlan
from publicity.composers import compose
from publicity.models import Notice, NoticeType
from publicity.owed import SOURCES, owed_counts
from publicity.services import publish_notice
from tests import adjusting
from tests import factories as make
from tests.cast import Cast
from tests.lives import unruled
from tests.projects.pages import enter, read, send


def approved(cast: Cast, days_ago: int = 0) -> AnnualPlan:
    plan = AnnualPlan.objects.get(items__project=make.approved_project(cast))
    if days_ago:
        with unruled():
            since = timezone.now() - dt.timedelta(days=days_ago)
            AnnualPlan.objects.filter(pk=plan.pk).update(status_since=since)
    return plan


def counts(cast: Cast, who: str, *, own: bool = False) -> dict[str, tuple[int, int]]:
    rows = owed_counts(cast[who], own=own)
    return {row.rule.code: (row.count, row.overdue) for row in rows}


def test_what_is_approved_is_owed_until_it_is_announced(cast: Cast) -> None:
    plan = approved(cast)
    assert counts(cast, "group_secretary")["N05"] == (1, 0)
    publish_notice(subject=plan, code="N05", by=cast["group_secretary"])
    assert counts(cast, "group_secretary")["N05"] == (0, 0)


def test_an_adjustment_is_owed_anew(cast: Cast) -> None:
    plan = approved(cast)
    publish_notice(subject=plan, code="N05", by=cast["group_secretary"])
    project = plan.items.get().project
    adjusting.approve(cast, adjusting.draft(cast, project))
    assert counts(cast, "project_clerk")["N05"] == (1, 0)
    publish_notice(subject=plan, code="N05", by=cast["group_secretary"])
    assert counts(cast, "project_clerk")["N05"] == (0, 0)


@pytest.mark.parametrize(("days_ago", "overdue"), [(20, 0), (60, 1)])
def test_late_by_working_days(cast: Cast, days_ago: int, overdue: int) -> None:
    approved(cast, days_ago)
    assert counts(cast, "auditor")["N05"] == (1, overdue)


def test_the_days_are_dated_data(cast: Cast) -> None:
    approved(cast, 60)
    NoticeType.objects.filter(code="N05").update(publish_within_workdays=90)
    assert counts(cast, "auditor")["N05"] == (1, 0)
    NoticeType.objects.filter(code="N05").update(publish_within_workdays=None)
    assert "N05" not in counts(cast, "auditor")


def test_only_with_integrated_money_the_other_one(cast: Cast) -> None:
    approved(cast)
    assert counts(cast, "auditor")["N06"] == (0, 0)
    bureau = Organization.objects.get(name="焉耆县水利局")
    Allotment.objects.update(is_integrated=True, integrating_department=bureau)
    assert counts(cast, "auditor")["N06"] == (1, 0)


def test_what_became_of_it_once_the_year_is_over(cast: Cast) -> None:
    plan = approved(cast)
    for year, count in ((timezone.localdate().year, 0), (timezone.localdate().year - 1, 1)):
        with unruled():
            AnnualPlan.objects.filter(pk=plan.pk).update(year=year)
        assert counts(cast, "auditor")["N10"] == (count, 0)


def test_of_ones_own_territory_and_posts(cast: Cast) -> None:
    approved(cast)
    assert counts(cast, "other_finance_clerk")["N05"] == (0, 0)
    assert counts(cast, "township_clerk")["N05"] == (0, 0)
    assert set(counts(cast, "township_clerk", own=True)) == {"N07", "N10"}
    assert set(counts(cast, "auditor", own=True)) == set()
    assert counts(cast, "township_clerk", own=True)["N07"] == (1, 0)


def test_every_type_with_days_and_a_composer_has_its_source(cast: Cast) -> None:
    rules = NoticeType.objects.in_force().filter(publish_within_workdays__isnull=False)
    assert {rule.code for rule in rules} == set(SOURCES)


def test_what_a_meeting_gave_is_announced_by_finance(client: Client, cast: Cast) -> None:
    meeting = make.determined_project(cast).meeting
    assert meeting
    lines = {line.label: line.text for line in compose("N04", meeting)}
    assert lines["资金来源"].startswith("巴财农〔2025〕11号")
    assert lines["分配金额"] == "500,000.00 元（人民币伍拾万元整）"
    assert lines[f"1．{meeting.items.get().title}"] == lines["资金来源"]
    assert counts(cast, "finance_clerk", own=True) == {"N04": (1, 0)}
    enter(client, cast, "finance_clerk")
    assert "发布资金分配结果公告" in read(client, f"/meetings/{meeting.pk}/notices/")
    send(client, f"/meetings/{meeting.pk}/notices/publish/N04/", {})
    assert counts(cast, "finance_clerk", own=True) == {"N04": (0, 0)}
    notice = Notice.objects.get(type__code="N04")
    assert notice.number in read(client, meeting.get_absolute_url())


def test_the_page_and_the_home_page(client: Client, cast: Cast) -> None:
    plan = approved(cast, 60)
    enter(client, cast, "group_secretary")
    home = read(client, "/")
    assert "有 1 件年度项目计划公告（含调整）应发布，其中 1 件超期" in home
    page = read(client, "/notices/due/?type=N05")
    assert plan.title in page and "超期" in page
    assert f"/plans/{plan.pk}/notices/publish/N05/" in page
    assert "扶贫领域基层政务公开标准目录" in page
    goals = read(client, "/notices/due/?type=N07")
    assert "时限为外地样例" in goals and "依据" not in goals
    assert "2025年第3次会议" in read(client, "/notices/due/?type=nonsense")
