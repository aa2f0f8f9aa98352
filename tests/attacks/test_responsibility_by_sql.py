"""Responsibility in plain SQL of the application's role: nobody is forgotten, nobody is slipped
in, nothing is left without somebody."""

from __future__ import annotations

import pytest
from django.db import connection
from psycopg import errors

from projects.models import MajorRating, Responsibility
from tests import factories as make
from tests.cast import Cast
from tests.databases import app_connection

TODAY = "(clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date"
NAME = (
    "INSERT INTO projects_responsibility (project_id, duty, name, unit, title, office_phone,"
    " valid_from, valid_until, reason, recorded_by_id, recorded_as_id, recorded_at, decision_id,"
    " person_id, predecessor_id, accepted_at)"
    " SELECT r.project_id, {duty}, {name}, {unit}, '职务', '', {since}, {until}, '分工',"
    " p.user_id, p.id, now(), {decision}, {person}, {former}, {accepted}"
    " FROM projects_responsibility r, organizations_post p"
    " JOIN organizations_user u ON u.id = p.user_id"
    " WHERE r.duty = 'PROJ_LEADER' AND u.username = {by}"
)


def naming(**changes: str) -> str:
    facts = {
        "duty": "'LEAD_CHIEF'", "name": "'甲'", "unit": "'某局'", "since": TODAY, "until": "NULL",
        "decision": "NULL", "person": "NULL", "former": "NULL", "accepted": "NULL",
        "by": "'project_clerk'",
    }  # fmt: skip
    return NAME.format(**{**facts, **changes})


LAWFUL = naming()
REFUSED = {
    "forgotten": ("YC001", "DELETE FROM projects_responsibility"),
    "all forgotten": (None, "TRUNCATE projects_responsibility CASCADE"),
    "renamed": (None, "UPDATE projects_responsibility SET name = '别人'"),
    "ended without a successor": (
        "YC004", f"UPDATE projects_responsibility SET valid_until = {TODAY}",
    ),
    "rating changed": (None, "UPDATE projects_majorrating SET is_major = true"),
    "rating forgotten": (None, "DELETE FROM projects_majorrating"),
    "rating invented": (
        "YC004",
        "INSERT INTO projects_majorrating (project_id, decision_id, amount, threshold, is_major)"
        " SELECT project_id, decision_id + 1, 1, 2, false FROM projects_majorrating",
    ),
    "named by the township": ("YC002", naming(by="'township_clerk'")),
    "named by another county": ("YC002", naming(by="'other_finance_clerk'")),
    "the township's duty": ("YC002", naming(duty="'TOWN_OWNER'")),
    "too late": ("YC014", naming(since=f"{TODAY} - 31")),
    "too early": ("YC014", naming(since=f"{TODAY} + 2")),
    "two leaders": ("23P01", naming(duty="'PROJ_LEADER'")),
    "two owners of a unit": (
        "23P01", naming(duty="'PROJ_OWNER'", unit="'永宁镇人民政府'"),
    ),
    "no unit": ("23514", naming(unit="''")),
    "no name": ("23514", naming(name="''")),
    "accepted for him": ("YC004", naming(accepted="now()")),
    "over already": ("YC004", naming(until=TODAY)),
    "somebody else's account": (
        "YC002", naming(person="(SELECT id FROM organizations_user WHERE username = 'auditor')"),
    ),
    "an old decision": ("YC004", naming(decision="r.decision_id")),
    "not the day after": (
        "YC004", naming(duty="'PROJ_LEADER'", former="r.id", since=f"{TODAY} + 1"),
    ),
}  # fmt: skip


def test_responsibility_stands(committed_cast: Cast) -> None:
    make.determined_project(committed_cast)
    before = list(Responsibility.objects.values()), list(MajorRating.objects.values())
    assert len(before[0]) == 2
    with app_connection(connection.settings_dict["NAME"]) as app:
        for attack, (state, statement) in REFUSED.items():
            with pytest.raises(errors.DatabaseError) as caught:
                app.execute(statement.encode())
            # Where a privilege is missing, the trigger is not even asked.
            assert caught.value.sqlstate in (state or "42501", "42501"), attack
        assert (
            list(Responsibility.objects.values()), list(MajorRating.objects.values())
        ) == before  # fmt: skip
        found = app.execute(
            "SELECT projects_nobody_answers(id, today - 1), projects_nobody_answers(id, today)"
            f" FROM projects_project, LATERAL (SELECT {TODAY} AS today) t"
        ).fetchone()
        assert found == ("没有在任的项目责任领导、项目责任人", None)
        app.execute(LAWFUL.encode())
        # Ended and followed in one transaction, that is lawful; a second end is not.
        with app.transaction():
            ending = f"UPDATE projects_responsibility SET valid_until = {TODAY}"
            app.execute(f"{ending} WHERE duty = 'PROJ_LEADER'".encode())
            app.execute(naming(duty="'PROJ_LEADER'", former="r.id", since=f"{TODAY} + 1").encode())
        with pytest.raises(errors.DatabaseError, match="只能卸任一次"):
            app.execute(
                "UPDATE projects_responsibility SET valid_until = NULL"
                " WHERE valid_until IS NOT NULL"
            )
    assert Responsibility.objects.filter(duty="PROJ_LEADER").count() == 2
