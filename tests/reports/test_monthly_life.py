"""The life of a return: reviewed, sealed, reported, received or sent back, corrected with leave;
what was sealed stands, and who was late stays late."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from approvals.workflow import ConditionUnmet, IncompatibleDuty, WrongState, workflow_of
from organizations.models import Division, Post
from organizations.policies import Refused, WrongRole
from reports.models import MonthlyReturn, ReturnDispatch, ReturnUnlock
from reports.services import made_again, retake_figures, start_return
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.plain_sql import commit_rules
from tests.reports import reporting

S = MonthlyReturn.Status


def test_from_the_draft_to_the_receipt(cast: Cast) -> None:
    make.funded_allotment(cast)
    monthly = reporting.return_at(cast, S.RECEIVED)
    commit_rules()
    version = monthly.versions.get()
    assert version.sealed_at and version.decision and version.decision.by == cast["finance_head"]
    dispatch = version.dispatch
    assert (dispatch.to, dispatch.due_on) == (cast.county.reports_to, monthly.due_on)
    assert dispatch.is_late == (dispatch.sent_on > monthly.due_on)
    assert dispatch.receipt.is_received
    assert made_again(version) == version.content


def test_a_month_that_goes_on_is_not_sent_in_and_none_to_come_is_opened(cast: Cast) -> None:
    monthly = reporting.draft_return(cast, reporting.this_month())
    with pytest.raises(ConditionUnmet, match="尚未结束"):
        make.do(monthly, "submit", cast, "finance_clerk")
    with pytest.raises(Refused, match="还没有开始"):
        start_return(
            county=cast.county, first_day=(make.today() + dt.timedelta(days=40)).replace(day=1)
        )


def test_three_people_and_a_fourth_at_the_prefecture(cast: Cast) -> None:
    """One person with every post may still only fill in; and the mark of the receiver is not the
    sender's, nor that of the region above the receiver."""
    monthly = reporting.return_at(cast, S.REVIEW)
    for name in ("project_reviewer", "finance_head", "prefecture_clerk"):
        post = cast.post(name)
        post.pk, post.user = None, cast["finance_clerk"]
        post.save(force_insert=True)
    with pytest.raises(IncompatibleDuty):
        make.do(monthly, "approve", cast, "finance_clerk")
    make.do(monthly, "approve", cast, "project_reviewer")
    reporting.clear(cast, monthly)
    for action, who in reporting.STEPS[2:4]:
        make.do(monthly, action, cast, who)
    with pytest.raises(IncompatibleDuty):
        make.do(monthly, "receive", cast, "finance_clerk")
    region = Division.objects.get(code="650000000000")
    above = Post.objects.get(user=cast["region_clerk"])
    above.pk, above.role = None, "prefecture_clerk"
    above.save(force_insert=True)
    assert above.division == region
    with pytest.raises(ConditionUnmet, match="收报单位"):
        make.do(monthly, "receive", cast, "region_clerk")
    with pytest.raises(WrongRole):
        make.do(monthly, "receive", cast, "group_secretary")


def test_only_a_draft_is_taken_anew(cast: Cast) -> None:
    make.funded_allotment(cast)
    monthly = reporting.return_at(cast, S.REVIEW)
    month = monthly.first_day
    with pytest.raises(Refused, match="不能重新取数"):
        retake_figures(county=cast.county, first_day=month, by=cast["finance_clerk"])
    with pytest.raises(WrongRole):
        retake_figures(county=cast.county, first_day=month, by=cast["auditor"])
    make.do(monthly, "return", cast, "project_reviewer")
    make.funded_allotment(cast)
    before = monthly.versions.get()
    after = retake_figures(county=cast.county, first_day=month, by=cast["finance_clerk"])
    assert (after.pk, after.number) == (before.pk, 0) and after.sha256 != before.sha256


def test_sent_back_and_corrected_both_versions_stay(cast: Cast) -> None:
    monthly = reporting.return_at(cast, S.SENT)
    make.do(monthly, "send_back", cast, "prefecture_clerk", comment="表一缺一笔到账")
    make.do(monthly, "correct", cast, "finance_clerk", comment="补一笔到账")
    commit_rules()
    first, second = monthly.versions.all()
    assert (second.number, second.title, second.reason) == (1, "更正第1号", "补一笔到账")
    assert first.sealed_at and not second.sealed_at and not first.dispatch.receipt.is_received
    reporting.clear(cast, monthly)
    for action, who in reporting.STEPS:
        make.do(monthly, action, cast, who)
    commit_rules()
    assert ReturnDispatch.objects.count() == 2 and monthly.status == S.RECEIVED


def test_what_was_received_is_corrected_only_with_leave_in_force(cast: Cast) -> None:
    monthly = reporting.return_at(cast, S.RECEIVED)
    with pytest.raises(ConditionUnmet, match="申请解锁"):
        make.do(monthly, "correct_unlocked", cast, "finance_clerk")
    unlock = reporting.asked_unlock(cast, monthly)
    with pytest.raises(ConditionUnmet, match="申请解锁"):
        make.do(monthly, "correct_unlocked", cast, "finance_clerk")
    with pytest.raises(WrongRole):
        make.do(unlock, "approve", cast, "finance_head")
    make.do(unlock, "approve", cast, "prefecture_clerk")
    with lives.unruled():
        ReturnUnlock.objects.update(valid_until=make.today() - dt.timedelta(days=1))
    with pytest.raises(ConditionUnmet, match="申请解锁"):
        make.do(monthly, "correct_unlocked", cast, "finance_clerk")
    with lives.unruled():
        ReturnUnlock.objects.update(valid_until=make.today())
    make.do(monthly, "correct_unlocked", cast, "finance_clerk", comment="级次更正")
    commit_rules()
    assert monthly.status == S.DRAFT and monthly.versions.latest("number").unlock == unlock
    with pytest.raises(Refused, match="接收以后才须解锁"):
        reporting.asked_unlock(cast, monthly)


def test_wrong_state_and_other_territory(cast: Cast, client: Client) -> None:
    monthly = reporting.draft_return(cast)
    with pytest.raises(WrongState):
        make.do(monthly, "seal", cast, "finance_head")
    assert workflow_of(monthly).name == "月报"
    backend = "django.contrib.auth.backends.ModelBackend"
    for who, status in (("other_finance_clerk", 404), ("township_clerk", 403), ("auditor", 200)):
        client.force_login(cast[who], backend=backend)
        assert client.get(f"/monthly/{monthly.pk}/").status_code == status
