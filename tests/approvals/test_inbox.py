"""待办、已办、我发起的、抄送: exactly what the tables say, in a constant number of queries."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import queries
from approvals.models import CarbonCopy, Duty
from approvals.separation import incompatible_pairs
from approvals.workflow import WORKFLOWS
from organizations.models import Parameter, Post, Role, User
from projects.models import Project
from projects.workflow import PROJECT
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.clocks import pin
from tests.test_workflows import OUTSIDE, ROLE_OF, arrive, may

WEDNESDAY = "2026-11-18T10:00"
BACKEND = "django.contrib.auth.backends.ModelBackend"
PAGES = ("/inbox/", "/inbox/done/", "/inbox/mine/", "/inbox/copied/")


def page(client: Client, user: User, path: str) -> str:
    client.force_login(user, backend=BACKEND)
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def ago(days: int) -> dt.datetime:
    return timezone.now() - dt.timedelta(days=days, hours=1)


@pytest.mark.parametrize("life", sorted(WORKFLOWS))
def test_everyone_sees_what_waits_for_their_post(cast: Cast, life: str) -> None:
    workflow = WORKFLOWS[life]
    subject = lives.SUBJECTS[life](cast)
    everyone = {name: cast[name] for name in cast.users}
    for status in lives.statuses(workflow):
        arrive(subject, status, cast, workflow)
        waits_for = {
            name
            for name in everyone
            for step in workflow.transitions
            if status in step.sources and not step.is_return and may(step, name, workflow)
        }
        if status in workflow.waits_for:
            roles = workflow.waits_for[status]
            waits_for = {n for n in everyone if n not in OUTSIDE and ROLE_OF[n] in roles}
        if status in workflow.role_by:
            waits_for = {n for n in waits_for if ROLE_OF[n] in workflow.roles_holding(subject)}
        seen = {
            name
            for name, user in everyone.items()
            if queries.waiting(workflow, user).filter(pk=subject.pk).exists()
        }
        assert seen == waits_for, status
        for name in sorted(seen)[:1]:
            assert subject in [item.subject for item in queries.pending(everyone[name])]
            assert queries.pending_count(everyone[name]) >= 1


def test_overdue_comes_first_then_the_oldest(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(monkeypatch, WEDNESDAY)
    limit = Parameter.objects.number("limit.projects.project.township_review")
    assert limit == 5
    names = {"刚到": 1, "到期": 7, "超期": 8, "久拖": 90}
    for name, days in names.items():
        lives.place(make.draft_project(cast, name), "township_review", cast, ago(days))
    lives.place(make.draft_project(cast, "二报"), "revision_notice", cast, ago(10))
    found = queries.pending(cast["township_reviewer"])
    assert [item.title for item in found] == ["久拖", "超期", "二报", "到期", "刚到"]
    assert [item.overdue for item in found] == [True, True, False, False, False]
    assert [item.days for item in found] == [90, 8, 10, 7, 1]
    assert [item.limit_days for item in found] == [5, 5, 15, 5, 5]
    words = [item.clock.in_words for item in found]
    assert words == [
        "超期 55 个工作日",
        "超期 1 个工作日",
        "剩 7 个工作日",
        "今日到期",
        "剩 4 个工作日",
    ]
    assert [str(item.due_on) for item in found][1:4] == ["2026-11-17", "2026-11-27", "2026-11-18"]
    assert found[0].place == "永宁镇下岔河村"
    assert found[0].amount == make.yuan(500_000)
    assert found[0].holder == "永宁镇人民政府 冯冬"


def test_paging_neither_repeats_nor_loses(cast: Cast) -> None:
    for number in range(7):
        project = make.draft_project(cast, f"项目{number}")
        lives.place(project, "township_review", cast, ago(number))
    user = cast["township_reviewer"]
    whole = [item.title for item in queries.pending(user)]
    pieces = [i.title for n in range(0, 7, 3) for i in queries.pending(user, limit=3, offset=n)]
    assert pieces == whole
    assert queries.pending_count(user) == 7


def test_steps_with_count_amount_and_oldest(cast: Cast) -> None:
    for number in range(3):
        project = make.draft_project(cast, f"项目{number}")
        lives.place(project, "township_review", cast, ago(number))
    lives.place(make.draft_project(cast, "二报"), "revision_notice", cast, ago(9))
    first, second = queries.pending_steps(cast["township_reviewer"])
    assert (first.label, first.count, first.amount, first.days) == (
        "乡镇审核",
        3,
        make.yuan(1_500_000),
        2,
    )
    assert (first.overdue, first.at_limit, second.overdue) == (0, 0, 0)
    only = queries.pending(cast["township_reviewer"], wanted=queries.Wanted(step=second.key))
    assert [item.title for item in only] == ["二报"]


def test_a_step_for_another_person_is_shown_with_the_reason(cast: Cast) -> None:
    project = make.submitted_project(cast)
    Post.objects.create(
        user=cast.users["village_cadre"],
        role=Role.TOWNSHIP_REVIEWER,
        organization=cast.post("township_reviewer").organization,
        title="镇长（兼）",
        valid_from=timezone.localdate(),
        accepted_at=timezone.now(),
    )
    (item,) = queries.pending(cast["village_cadre"])
    assert item.subject == project
    assert item.note == "您已办理过“提出”，须由他人办理"
    (other,) = queries.pending(cast["township_reviewer"])
    assert other.note == ""


def test_holders_of_mixed_lives_in_four_queries(cast: Cast) -> None:
    request = make.payment_at(cast, "compliance")
    project = make.draft_project(cast, "另一个项目")
    month = lives.SUBJECTS["funds.month"](cast)
    subjects = [request, project, month]
    assert [s.division.path for s in subjects]
    with CaptureQueriesContext(connection) as captured:
        found = queries.holders(subjects)
    assert len(captured) == 4  # seats, hand-overs, posts, their deputies
    assert [str(h) for h in found["projects.paymentrequest", request.pk]] == ["焉耆县财政局 秦朗"]
    village = found["projects.project", project.pk]
    assert [h.names for h in village] == [("吴春",), ("郑夏",), ("王秋",)]
    assert village[0].role == "村“两委”经办"


def test_a_thing_that_nobody_holds_says_so(cast: Cast) -> None:
    project = make.submitted_project(cast)
    Post.objects.filter(user=cast.users["township_reviewer"]).update(
        valid_until=timezone.localdate() - dt.timedelta(days=1), end_reason="调离"
    )
    (item,) = queries.items([project])
    assert item.holder == "无人在岗（乡镇审核）"


def many_projects(cast: Cast, count: int) -> None:
    for number in range(count):
        project = make.draft_project(cast, f"项目{Project.objects.count()}")
        lives.place(project, ("township_review", "revision_notice")[number % 2], cast)
        lives.decide(project, cast["township_reviewer"], Duty.TOWNSHIP_REVIEW)
        decision = lives.decide(project, cast["village_cadre"], Duty.PROPOSE)
        CarbonCopy.objects.create(decision=decision, user=cast.users["township_reviewer"])


@pytest.mark.parametrize("path", PAGES)
def test_pages_ask_the_same_number_of_queries_for_5_and_50(
    cast: Cast, client: Client, path: str
) -> None:
    counts = []
    incompatible_pairs()  # read once in a process
    name = "village_cadre" if path == "/inbox/mine/" else "township_reviewer"
    page(client, cast[name], path)
    for more in (5, 45):
        many_projects(cast, more)
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        counts.append(len(captured))
    assert counts[0] == counts[1], counts
    assert counts[0] <= 16 + 4 * len(WORKFLOWS)


def test_pending_page_names_holder_days_and_overdue(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, WEDNESDAY)
    lives.place(make.draft_project(cast, "久拖项目"), "township_review", cast, ago(9))
    text = page(client, cast["township_reviewer"], "/inbox/")
    for words in (
        "久拖项目",
        "永宁镇下岔河村",
        "冯冬",
        "已 9 天，限 5 个工作日<",
        "2026-11-16 到期",
        "超期 2 个工作日",
        "badge-bad",
    ):
        assert words in text
    order = [text.index(f">{tab}<") if tab != "待办" else 0 for tab in ("待办", "已办", "我发起的")]
    assert order == sorted(order)
    assert '<span class="count">1<' in text
    assert "久拖项目" not in page(client, cast["other_village_cadre"], "/inbox/")


def test_done_and_mine(cast: Cast, client: Client) -> None:
    project = make.submitted_project(cast)
    assert [d.action for d in queries.done(cast["village_cadre"])] == ["submit", "record_meeting"]
    assert [i.subject for i in queries.mine(cast["village_cadre"])] == [project]
    assert queries.mine(cast["township_clerk"]) == []
    text = page(client, cast["village_cadre"], "/inbox/done/")
    assert "上报乡镇" in text and "永宁镇人民政府 冯冬" in text
    assert project.name in page(client, cast["village_cadre"], "/inbox/mine/")


def test_a_month_belongs_to_who_first_closed_it(cast: Cast) -> None:
    month = lives.SUBJECTS["funds.month"](cast)
    assert queries.mine(cast["finance_reviewer"]) == []
    lives.decide(month, cast["finance_reviewer"], Duty.CLOSE, to="closed")
    assert [i.subject for i in queries.mine(cast["finance_reviewer"])] == [month]


def test_copies_unread_first_and_read_by_opening(cast: Cast, client: Client) -> None:
    project = make.submitted_project(cast)
    PROJECT.perform(project, "return", by=cast["township_reviewer"], comment="请补充预算")
    clerk = cast["township_clerk"]
    copy = queries.copied(clerk).get()
    assert queries.unread_count(clerk) == 1
    text = page(client, clerk, "/inbox/copied/")
    assert "请补充预算" in text and "未读" in text
    assert client.get(f"/inbox/copied/{copy.pk}/")["Location"] == project.get_absolute_url()
    copy.refresh_from_db()
    assert copy.read_at
    assert queries.unread_count(clerk) == 0
    client.force_login(cast["work_team"], backend=BACKEND)
    assert client.get(f"/inbox/copied/{copy.pk}/").status_code == 404
