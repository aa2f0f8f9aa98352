"""What a decision says, and that neither the application nor the owner can unsay it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import errors

from approvals.models import Decision, Duty, IncompatibleDuties, LawfulStep, Subject
from organizations.models import User
from projects.models import Project
from tests import factories as make
from tests import lives
from tests.cast import PEOPLE, Cast
from tests.databases import app_connection, owner_connection
from tests.test_workflows import OUTSIDE

INSERT = """
    INSERT INTO approvals_decision (subject_type, subject_id, subject_title, division_id, cases,
        action, action_label, duty, from_status, to_status, by_id, post_id, by_name, by_unit,
        by_title, for_name, comment, opinions, evidence, at, transaction_id, body_digest)
    VALUES (%(life)s, %(id)s, 'x', %(division)s, %(cases)s, %(action)s, 'x', %(duty)s,
        %(from)s, %(to)s, %(by)s, %(post)s, '冒名', '冒名单位', '冒名职务', '冒名代', '',
        %(opinions)s, '{}', '2001-01-01', 7, '')
    RETURNING id
"""


def insert(
    user: User,
    subject: Subject,
    step: LawfulStep | None = None,
    post: int | None = None,
    **changes: Any,
) -> int:
    """A decision in plain SQL, as the application's role: a project's first step, or `step`."""
    step = step or LawfulStep.objects.filter(action="record_meeting")[0]
    row = {
        "life": subject.life(),
        "id": subject.pk,
        "division": subject.division.pk,
        "cases": subject.case_keys(),
        "action": step.action,
        "duty": step.duty,
        "from": step.from_status,
        "to": step.to_status,
        "by": user.pk,
        "post": post or user.posts_today[0].pk,
        "opinions": json.dumps([{"code": code} for code in step.criteria]),
        **changes,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, row)
        return int(cursor.fetchone()[0])


def sqlstate(error: DatabaseError) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)


def test_a_step_writes_name_unit_and_title_of_that_day(cast: Cast) -> None:
    project = make.noticed_project(cast)
    decision = Decision.objects.get()
    assert (decision.by_name, decision.by_unit, decision.by_title) == (
        "吴春",
        "下岔河村村民委员会",
        "村委会主任",
    )
    assert (decision.from_status, decision.to_status) == ("draft", "village_notice")
    assert decision.subject_title == project.name
    assert decision.cases == [f"project:{project.earmark_id}"]


def test_the_database_fills_in_who_and_when_even_when_forged(cast: Cast) -> None:
    with lives.undone():
        decision = Decision.objects.get(pk=insert(cast["work_team"], make.draft_project(cast)))
        assert (decision.by_name, decision.by_unit) == ("郑夏", "下岔河村驻村工作队")
        assert (decision.by_title, decision.for_name) == ("队长", "")
        assert decision.at.year > 2020
        assert decision.transaction_id != 7


def test_a_decision_needs_the_actors_own_post_over_the_division(cast: Cast) -> None:
    project = make.draft_project(cast)
    clerk, stranger = cast["township_clerk"], cast["other_township_clerk"]
    for user, post in ((clerk, stranger.posts_today[0].pk), (stranger, None)):
        with pytest.raises(DatabaseError) as caught:
            insert(user, project, post=post or user.posts_today[0].pk)
        assert sqlstate(caught.value) == "YC002"


def test_a_decision_is_a_step_of_the_life_where_the_subject_stands(cast: Cast) -> None:
    project = make.draft_project(cast)
    wrong: tuple[dict[str, Any], ...] = (
        {"action": "x"}, {"to": "closed"}, {"from": "closed"}, {"duty": Duty.FEED_BACK},
        {"life": "projects.paymentrequest"},
    )  # fmt: skip
    for changes in wrong:
        with pytest.raises(DatabaseError) as caught:
            insert(cast["work_team"], project, **changes)
        assert sqlstate(caught.value) == "YC004", changes


def steps_of_duty(duty: str, case_kind: str, subjects: dict[str, Subject]) -> list[LawfulStep]:
    """Where a duty is done in a case of this kind, the life that the case is named for first."""
    kinds = {life: [key.split(":")[0] for key in s.case_keys()] for life, s in subjects.items()}
    found = LawfulStep.objects.filter(
        duty=duty, life__in=[life for life, named in kinds.items() if case_kind in named]
    )
    rest = found.exclude(action__startswith="withdraw").order_by("pk")
    return sorted(rest, key=lambda step: not step.life.endswith(f".{case_kind}"))


@pytest.mark.parametrize("flag", [False, True])
def test_every_incompatible_pair_is_refused_in_plain_sql(cast: Cast, flag: bool) -> None:
    User.objects.update(is_superuser=flag, is_staff=flag)
    subjects = {life: make_one(cast) for life, make_one in lives.SUBJECTS.items()}
    pairs = list(IncompatibleDuties.objects.all())
    assert len(pairs) >= 32
    for pair in pairs:
        for before, after in ((pair.first, pair.second), (pair.second, pair.first)):
            for step in steps_of_duty(after, pair.case_kind, subjects)[:1]:
                subject = subjects[step.life]
                user = User.objects.get(posts__role=step.role, username__in=names_in_charge())
                case = [f"{pair.case_kind}:{pair.pk}{before}"]
                with lives.undone():
                    lives.place(subject, step.from_status, cast)
                    lives.decide(subject, user, before, cases=case)
                    insert(user, subject, step, cases=[f"{pair.case_kind}:{pair.pk}{after}"])
                    with pytest.raises(DatabaseError) as caught:
                        insert(user, subject, step, cases=case)
                    assert sqlstate(caught.value) == "YC003", (pair, step)


def names_in_charge() -> list[str]:
    """One person for each post over the subjects of `lives`."""
    twice = {"farming_reviewer"}
    return [name for name, *_ in PEOPLE if name not in OUTSIDE | twice]


def test_the_application_cannot_write_the_pairs(cast: Cast) -> None:
    for statement in (
        "DELETE FROM approvals_incompatibleduties",
        "UPDATE approvals_incompatibleduties SET case_kind = 'nothing'",
        "INSERT INTO approvals_incompatibleduties (case_kind, first, second) VALUES ('a','b','c')",
        "ALTER TABLE approvals_decision DISABLE TRIGGER decision_stamp",
    ):
        with pytest.raises(DatabaseError) as caught, transaction.atomic():
            connection.cursor().execute(statement)
        assert sqlstate(caught.value) == "42501"


@pytest.mark.parametrize("table", ["projects_project", "projects_paymentrequest", "funds_month"])
def test_no_status_changes_without_its_decision(cast: Cast, table: str) -> None:
    lives.SUBJECTS["projects.paymentrequest"](cast)
    lives.SUBJECTS["funds.month"](cast)
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        connection.cursor().execute(f"UPDATE {table} SET status = 'closed'")
    assert sqlstate(caught.value) == "YC004"


def test_a_decision_about_another_status_or_thing_does_not_serve(cast: Cast) -> None:
    project, other = make.draft_project(cast), make.draft_project(cast, "另一个项目")
    for mine, status in ((project, "closed"), (other, "village_notice")):
        with lives.undone():
            insert(cast["work_team"], mine)
            with pytest.raises(DatabaseError) as caught, transaction.atomic():
                Project.objects.filter(pk=project.pk).update(status=status)
            assert sqlstate(caught.value) == "YC004"


def test_a_new_row_begins_at_the_start(cast: Cast) -> None:
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        connection.cursor().execute(
            "INSERT INTO funds_month (division_id, first_day, status, status_since)"
            " VALUES (%s, '2025-01-01', 'closed', now())",
            [cast.county.pk],
        )
    assert sqlstate(caught.value) == "YC004"


CHANGES = (
    "UPDATE approvals_decision SET comment = '改过'",
    "DELETE FROM approvals_decision",
    "TRUNCATE approvals_decision CASCADE",
)


def test_decisions_are_never_changed_by_role_or_owner(
    committed_cast: Cast,
) -> None:
    """Also not by the owner, and a decision of yesterday's transaction moves nothing today."""
    project = make.noticed_project(committed_cast)
    name = connection.settings_dict["NAME"]
    with app_connection(name) as app, owner_connection(name) as owner:
        for statement in CHANGES:
            with pytest.raises(errors.InsufficientPrivilege):
                app.execute(statement)
            with pytest.raises(errors.DatabaseError) as caught:
                owner.execute(statement)
            assert caught.value.sqlstate == "YC001"
        with pytest.raises(errors.DatabaseError) as caught:
            app.execute("UPDATE projects_project SET status = 'draft' WHERE id = %s", [project.pk])
        assert caught.value.sqlstate == "YC004"
    assert Decision.objects.count() == 1
