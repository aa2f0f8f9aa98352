"""待办 narrowed: by life, to what is overdue, by words of the title; and what each row shows."""

from __future__ import annotations

import datetime as dt
from functools import reduce

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import queries
from approvals.models import Subject
from approvals.office import ask_to_countersign, hand_over, remind
from approvals.queries import Wanted, pending, pending_steps
from approvals.workflow import WORKFLOWS
from organizations.models import Organization, Post, Role, User
from projects.models import Project
from tests import factories as make
from tests import lives
from tests.api.conftest import caller
from tests.approvals.deputies import colleague, deputy_of, lend
from tests.cast import Cast
from tests.pages import logged_in
from tests.test_workflows import arrive


def titles(user: User, **wanted: object) -> list[str]:
    return [item.title for item in pending(user, wanted=Wanted(**wanted))]  # type: ignore[arg-type]


def two_lives(cast: Cast) -> tuple[Project, Subject]:
    """A project and a payment that wait for the head of the project department."""
    payment = make.payment_at(cast, "department_review")
    project = make.draft_project(cast, "下岔河村蓄水池")
    lives.place(project, "feedback", cast, timezone.now() - dt.timedelta(days=60))
    return project, payment


def test_by_life(cast: Cast) -> None:
    project, payment = two_lives(cast)
    user = cast["project_reviewer"]
    assert titles(user) == [project.name, str(payment)]
    assert titles(user, life="projects.project") == [project.name]
    assert titles(user, life="projects.paymentrequest") == [str(payment)]
    assert titles(user, life="funds.month") == titles(user, life="no.such") == []
    steps = pending_steps(user, wanted=Wanted(life="projects.project"))
    assert [(s.key, s.count, s.overdue) for s in steps] == [("projects.project:feedback", 1, 1)]
    assert titles(user, life="projects.paymentrequest", step="projects.project:feedback") == []


def test_only_what_is_overdue(cast: Cast) -> None:
    project, _ = two_lives(cast)
    assert titles(cast["project_reviewer"], overdue=True) == [project.name]


@pytest.mark.parametrize("words", ["蓄水", "xuishuichi", "蓄水池\0", "100%", "_"])
def test_words_are_looked_for_as_they_are(cast: Cast, words: str) -> None:
    project, _ = two_lives(cast)
    found = logged_in(cast["project_reviewer"]).get("/inbox/", {"q": words})
    assert found.status_code == 200
    assert (project.name in found.content.decode()) is (words in {"蓄水", "蓄水池\0"})


@pytest.mark.parametrize("life", sorted(set(WORKFLOWS) - {"funds.month"}))
def test_every_life_is_found_by_its_title(cast: Cast, life: str) -> None:
    workflow = WORKFLOWS[life]
    subject = lives.SUBJECTS[life](cast)
    arrive(subject, workflow.start, cast, workflow)
    user = next(
        user
        for user in (cast[name] for name in cast.users)
        if queries.waiting(workflow, user).filter(pk=subject.pk).exists()
    )
    words = reduce(getattr, workflow.model.title_fields[0].split("__"), subject)
    assert isinstance(words, str) and words in str(subject)
    assert str(subject) in titles(user, life=life, words=words)
    assert titles(user, words=f"{words}没有这样的") == []


def test_the_page_keeps_what_was_asked(cast: Cast) -> None:
    project, payment = two_lives(cast)
    client = logged_in(cast["project_reviewer"])
    text = client.get("/inbox/", {"life": "projects.project", "q": "下岔河", "overdue": "on"})
    shown = text.content.decode()
    assert project.name in shown and str(payment) not in shown
    assert 'value="下岔河"' in shown and "checked" in shown
    assert '<option value="projects.project" selected>' in shown
    assert '<span class="count">2<' in shown  # all that waits, whatever is shown
    link = "?life=projects.project&amp;q=%E4%B8%8B%E5%B2%94%E6%B2%B3&amp;overdue=on&amp;step="
    assert link in shown
    nonsense = client.get("/inbox/", {"life": "x", "overdue": "x", "step": "a:b:c\0", "page": "x"})
    assert nonsense.status_code == 200


def test_the_api_takes_the_same(cast: Cast) -> None:
    project, payment = two_lives(cast)
    ask = caller(cast["project_reviewer"])
    whole = ask.get("inbox/").json()
    assert (whole["count"], [r["id"] for r in whole["results"]]) == (2, [project.pk, payment.pk])
    assert ask.get("inbox/", life="projects.paymentrequest").json()["count"] == 1
    assert ask.get("inbox/", overdue="1").json()["results"][0]["title"] == project.name
    assert ask.get("inbox/", q="没有").json() == {"count": 0, "results": [], "errands": []}
    assert ask.get("inbox/", step="projects.project:feedback").json()["count"] == 1


# --- What a row shows -------------------------------------------------------------------------


def test_for_whom_only_where_it_is_not_his_own(cast: Cast) -> None:
    project = make.submitted_project(cast)
    deputy = deputy_of(cast.post("township_reviewer"))
    (item,) = pending(deputy)
    assert item.acts_for == "冯冬"
    assert "代 冯冬" in logged_in(deputy).get("/inbox/").content.decode()
    assert "代 冯冬" in logged_in(deputy).get("/").content.decode()
    unit = cast.post("township_reviewer").organization
    second = colleague("second", "另一镇长", unit, Role.TOWNSHIP_REVIEWER)
    lend(second.posts.get(), cast["township_reviewer"])
    (item,) = pending(cast["township_reviewer"])
    assert (item.subject, item.acts_for) == (project, "")


def test_what_no_longer_waits_for_a_unit_is_gone_with_its_stay(cast: Cast) -> None:
    """An unsigned seat of a former stay is no seat now."""
    project = make.project_in_joint_review(cast)
    assert [i.subject for i in pending(cast["farming_reviewer"])] == [project]
    make.do(project, "return", cast, "industry_reviewer")
    assert pending(cast["farming_reviewer"]) == []
    with lives.unruled():
        made = lives.decide(project, cast["project_clerk"], "appraise", to="joint_review")
    lives.place(project, "joint_review", cast)
    assert made.to_status == project.status
    assert pending(cast["farming_reviewer"]) == []


# --- Its price --------------------------------------------------------------------------------


def many(cast: Cast, count: int) -> None:
    """Of several lives, each third one handed over, urged or with a seat."""
    payment = make.payment_at(cast, "department_review")
    lives.place(payment, "department_review", cast)
    unit = Organization.objects.get(name="焉耆县农业农村局")
    second = Post.objects.filter(user__username="second").first()
    if second is None:
        home = cast.post("project_reviewer").organization
        second = colleague("second", "另一主任", home, Role.PROJECT_REVIEWER).posts.get()
        lend(second, cast["project_reviewer"])
    for number in range(count):
        project = make.draft_project(cast)
        lives.place(project, "feedback", cast)
        if number % 3 == 0:
            hand_over(subject=project, to=second, reason="分工", by=cast["project_reviewer"])
        elif number % 3 == 1:
            remind(subject=project, message="请抓紧", by=cast["auditor"])
        else:
            ask_to_countersign(
                subject=project, organization=unit, reason="农田", by=cast["project_reviewer"]
            )


def test_the_same_number_of_queries_for_5_and_50_whatever_is_about_them(cast: Cast) -> None:
    client = logged_in(cast["project_reviewer"])
    counts = []
    client.get("/inbox/")
    for more in (5, 45):
        many(cast, more)
        with CaptureQueriesContext(connection) as captured:
            text = client.get("/inbox/").content.decode()
        counts.append(len(captured))
        assert "催办 1 次" in text and "代 另一主任" in text and "待会签：" in text
    assert counts[0] == counts[1], counts
    assert counts[0] <= 32


def test_what_waits_is_counted_in_one_query_however_many_lives(cast: Cast) -> None:
    two_lives(cast)
    user = cast["project_reviewer"]
    assert user.posts_today
    for count in (
        lambda: queries.pending_count(user),
        lambda: pending_steps(user, queries.deadlines()),
    ):
        with CaptureQueriesContext(connection) as captured:
            count()
        assert len([q for q in captured if "GROUP BY" in q["sql"]]) == 1
        assert len(captured) <= 4
