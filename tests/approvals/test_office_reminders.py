"""催办: who may, how often, and how it reaches whoever holds the thing."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from approvals.actions import office_actions
from approvals.models import Reminder
from approvals.office import AlreadyDone, remind
from approvals.queries import pending
from approvals.trail import decisions_of, steps
from approvals.workflow import WrongState
from organizations.policies import Refused, WrongRole
from projects.models import Project
from tests import factories as make
from tests import lives
from tests.api.conftest import caller
from tests.cast import Cast
from tests.databases import at_once
from tests.pages import logged_in


def urge(project: Project, cast: Cast, who: str, message: str = "请于本周审结") -> Reminder:
    return remind(subject=project, message=message, by=cast[who])


def test_it_comes_first_in_the_holder_s_inbox(cast: Cast) -> None:
    old = make.submitted_project(cast)
    project = make.submitted_project(cast)
    lives.place(old, "township_review", cast, timezone.now() - dt.timedelta(days=60))
    reviewer = cast["township_reviewer"]
    assert [i.subject for i in pending(reviewer)] == [old, project]
    urge(project, cast, "village_cadre")
    urge(project, cast, "group_secretary")
    first, second = pending(reviewer)
    assert (first.subject, second.subject) == (project, old)
    assert str(first.urged) == f"催办 2 次，最近 {make.today()}"
    assert second.urged is None
    present = next(step for step in steps(project) if step.state == "current")
    assert str(present.urged) == str(first.urged)
    line = decisions_of(project)[-1]
    assert (line.action_label, line.comment, line.by_name) == ("催办", "请于本周审结", "韩川")
    text = logged_in(reviewer).get("/inbox/").content.decode()
    assert "催办 2 次，最近" in text
    assert "催办 2 次" in logged_in(reviewer).get(project.get_absolute_url()).content.decode()


def test_once_a_day_for_each_person_and_thing(cast: Cast) -> None:
    project, other = make.submitted_project(cast), make.submitted_project(cast)
    urged_yesterday(project, cast)
    urge(project, cast, "village_cadre")
    with pytest.raises(AlreadyDone, match="您今天 .* 已催办过，每人每天一次") as caught:
        urge(project, cast, "village_cadre")
    assert caught.value.refusal.who_can_clear
    urge(other, cast, "village_cadre")
    urge(project, cast, "work_team")
    button = next(a for a in office_actions(project, cast["village_cadre"]))
    assert (button.action, button.allowed) == ("remind", False)
    assert "已催办过" in button.reason and button.who_can_clear
    assert Reminder.objects.count() == 4


def urged_yesterday(project: Project, cast: Cast) -> None:
    with lives.unruled():
        Reminder.objects.create(
            subject_type=project.life(), subject_id=project.pk, status=project.status,
            message="昨天的", by=cast["village_cadre"], at=timezone.now() - dt.timedelta(days=1),
            day=make.today() - dt.timedelta(days=1),
        )  # fmt: skip


def test_two_clicks_at_once_are_one_reminder(committed_cast: Cast) -> None:
    project = make.submitted_project(committed_cast)
    done = at_once(3, lambda number: urge(project, committed_cast, "village_cadre"))
    assert sum(isinstance(result, Reminder) for result in done) == 1
    assert all(isinstance(result, Reminder | AlreadyDone) for result in done)


def test_the_next_step_begins_without_it(cast: Cast) -> None:
    project = make.submitted_project(cast)
    urge(project, cast, "village_cadre")
    make.do(project, "endorse", cast, "township_reviewer")
    (item,) = pending(cast["project_clerk"])
    assert item.urged is None


def test_who_may_not(cast: Cast) -> None:
    project = make.submitted_project(cast)
    with pytest.raises(Refused, match="本步在您手中，不必催办") as caught:
        urge(project, cast, "township_reviewer")
    assert caught.value.refusal.who_can_clear
    for name in ("system_admin", "other_township_clerk", "other_finance_head", "nobody"):
        with pytest.raises(WrongRole, match="没有这样的岗位") as wrong:
            urge(project, cast, name)
        assert wrong.value.refusal.who_can_clear
    with pytest.raises(WrongState, match="没有待办的步骤"):
        remind(subject=make.payment_at(cast, "paid"), message="x", by=cast["village_cadre"])
    with pytest.raises(Refused, match="请写明事由"):
        urge(project, cast, "village_cadre", "  ")
    assert not Reminder.objects.exists()


def test_auditors_and_superiors_may(cast: Cast) -> None:
    project = make.submitted_project(cast)
    for name in ("auditor", "prefecture_clerk", "region_clerk", "group_member"):
        urge(project, cast, name)
    assert Reminder.objects.count() == 4


def test_in_plain_sql(cast: Cast) -> None:
    project = make.submitted_project(cast)
    post = cast.post("village_cadre")
    stay = urge(project, cast, "work_team").stay
    base = {
        "subject_type": project.life(), "subject_id": project.pk, "status": project.status,
        "stay": stay, "message": "x", "by": post.user, "by_post": post,
        "day": dt.date(2001, 1, 1), "at": dt.datetime(2001, 1, 1, tzinfo=dt.UTC),
    }  # fmt: skip
    admin, stranger = cast.post("system_admin"), cast.post("other_township_clerk")
    for changes, state in (
        ({"status": "draft", "stay": None}, "YC004"),
        ({"by": admin.user, "by_post": admin}, "YC002"),
        ({"by": stranger.user, "by_post": stranger}, "YC002"),
        ({"by": stranger.user}, "YC002"),
    ):
        with pytest.raises(DatabaseError) as caught, transaction.atomic():
            Reminder.objects.create(**{**base, **changes})
        assert getattr(caught.value.__cause__, "sqlstate", "") == state, changes
    made = Reminder.objects.create(**base)
    made.refresh_from_db()
    assert (made.day, made.at.year > 2020) == (make.today(), True)
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        Reminder.objects.create(**base)  # whatever day it says
    assert getattr(caught.value.__cause__, "sqlstate", "") == "23505"
    for statement in (
        "DELETE FROM approvals_reminder",
        "UPDATE approvals_reminder SET day = now()",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(statement)


def test_the_page_and_the_api(cast: Cast) -> None:
    project = make.submitted_project(cast)
    address = f"/office/{project.life()}/{project.pk}/remind/"
    client = logged_in(cast["village_cadre"])
    assert address in client.get(project.get_absolute_url()).content.decode()
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "请于本周审结"}).status_code == 302
    assert client.get(address).status_code == 409
    assert "已催办过" in client.get(project.get_absolute_url()).content.decode()
    assert logged_in(cast["other_township_clerk"]).get(address).status_code == 404
    assert logged_in(cast["system_admin"]).get(address).status_code == 403
    path = f"projects/{project.pk}/remind/"
    assert caller(cast["group_member"]).post(path, {}).status_code == 400
    answer = caller(cast["group_member"]).post(path, {"message": "请抓紧"})
    assert answer.status_code == 200 and answer.json()["words"] == "催办：请抓紧"
    assert caller(cast["group_member"]).post(path, {"message": "请抓紧"}).status_code == 409
    assert caller(cast["other_township_clerk"]).post(path, {"message": "x"}).status_code == 404
    (row,) = caller(cast["township_reviewer"]).get("inbox/").json()["results"]
    assert row["reminders"] == 2
