"""What a decision says, and that neither the application nor the owner can unsay it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import errors

from approvals.models import Decision, Duty
from organizations.models import User
from projects.models import Project
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.databases import app_connection, owner_connection

INSERT = """
    INSERT INTO approvals_decision (subject_type, subject_id, subject_title, division_id, cases,
        action, action_label, duty, from_status, to_status, by_id, post_id, by_name, by_unit,
        by_title, comment, opinions, evidence, at, transaction_id, body_digest)
    VALUES ('projects.project', %(id)s, 'x', %(division)s, %(cases)s, 'x', 'x', %(duty)s,
        %(from)s, %(to)s, %(by)s, %(post)s, '冒名', '冒名单位', '冒名职务', '', '[]', '{}',
        '2001-01-01', 7, '')
    RETURNING id
"""


def insert(user: User, project: Project, **changes: Any) -> int:
    """A decision in plain SQL, as the application's role."""
    row = {
        "id": project.pk,
        "division": project.division_id,
        "cases": project.case_keys(),
        "duty": Duty.FEED_BACK,
        "from": project.status,
        "to": project.status,
        "by": user.pk,
        "post": user.posts_today[0].pk,
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
    pk = insert(cast["region_clerk"], make.draft_project(cast))
    decision = Decision.objects.get(pk=pk)
    assert (decision.by_name, decision.by_unit) == ("孔云", "自治区扶贫开发办公室")
    assert decision.by_title == "处长"
    assert decision.at.year > 2020
    assert decision.transaction_id != 7


def test_a_decision_needs_the_actors_own_post_over_the_division(cast: Cast) -> None:
    project = make.draft_project(cast)
    clerk, stranger = cast["township_clerk"], cast["other_township_clerk"]
    for user, post in ((clerk, stranger.posts_today[0].pk), (stranger, None)):
        with pytest.raises(DatabaseError) as caught:
            insert(user, project, post=post or user.posts_today[0].pk)
        assert sqlstate(caught.value) == "YC002"


@pytest.mark.parametrize("flag", [False, True])
def test_every_incompatible_pair_is_refused_in_plain_sql(cast: Cast, flag: bool) -> None:
    User.objects.filter(username="region_clerk").update(is_superuser=flag, is_staff=flag)
    user, project = cast["region_clerk"], make.draft_project(cast)
    with connection.cursor() as cursor:
        cursor.execute("SELECT case_kind, first, second FROM approvals_incompatibleduties")
        pairs = cursor.fetchall()
    assert len(pairs) >= 32
    for number, (kind, *duties) in enumerate(pairs):
        for order in (duties, duties[::-1]):
            case = [f"{kind}:{number}{order[0]}"]  # and the other order in another case
            insert(user, project, duty=order[0], cases=case)
            insert(user, project, duty=order[1], cases=[f"{kind}:{number}{order[1]}"])
            with pytest.raises(DatabaseError) as caught:
                insert(user, project, duty=order[1], cases=case)
            assert sqlstate(caught.value) == "YC003"


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
    insert(cast["region_clerk"], other, to="closed")
    insert(cast["region_clerk"], project, to="village_notice")
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        Project.objects.filter(pk=project.pk).update(status="closed")
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
