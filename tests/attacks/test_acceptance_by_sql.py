"""A project was inspected, put right and settled, and all of it committed: plain SQL of the
application's role changes no record of it, and settles nothing on less."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from psycopg import Connection, errors

from projects.models import Project, Settlement
from tests import factories as make
from tests import finishing
from tests.cast import Cast
from tests.databases import app_connection
from tests.plain_sql import take_step

STANDING = (
    "UPDATE projects_acceptance SET conclusion = 'qualified', due_on = NULL",
    "DELETE FROM projects_acceptancemember",
    "INSERT INTO projects_acceptancemember (acceptance_id, position, name, unit, title)"
    " SELECT id, 9, '', '某单位', '某职' FROM projects_acceptance",
    "INSERT INTO projects_rectificationitem (acceptance_id, position, text)"
    " SELECT id, 9, '再改' FROM projects_acceptance WHERE conclusion = 'rectify'",
    "UPDATE projects_acceptanceline SET done = 1, reason = 'x'",
    "DELETE FROM projects_rectificationanswer",
    "UPDATE projects_settlementaudit SET audited_amount = 1",
    "TRUNCATE projects_settlementaudit CASCADE",
    "INSERT INTO projects_settlement (project_id, decision_id, audited_on, report_number,"
    " audited_amount, surplus) SELECT project_id, decision_id, audited_on, '1', 1, 1"
    " FROM projects_settlementaudit",
)
AUDIT = """INSERT INTO projects_settlementaudit (project_id, decision_id, audit_unit,
    report_number, audited_on, audited_amount, allocated, paid, report_file)
    SELECT %(pk)s, %(decision)s, '审计局', '1号', current_date, {audited}, {allocated}, 0, {file}"""
A_FILE = "(SELECT min(sha256) FROM approvals_evidence)"
SETTLEMENT = """INSERT INTO projects_settlement (project_id, decision_id, audit_id, audited_on,
    report_number, audited_amount, surplus)
    SELECT s.project_id, %(decision)s, s.id, s.audited_on, s.report_number, s.audited_amount, {sum}
      FROM projects_settlementaudit s"""
VERIFY = {"duty": "verify_settlement", "to": "settlement_review"}
SETTLE = {"duty": "settle", "to": "asset_registration"}


def test_what_was_inspected_and_signed_stands(committed_cast: Cast) -> None:
    cast = committed_cast
    project = finishing.rectify(cast, finishing.complete(cast, make.approved_project(cast)))
    finishing.settle(cast, finishing.accept(cast, project), 400_000)
    before = Settlement.objects.values().get()
    with app_connection(connection.settings_dict["NAME"]) as app:
        for statement in STANDING:
            with pytest.raises(errors.DatabaseError):
                app.execute(statement.encode())
    assert Settlement.objects.values().get() == before


def test_nothing_is_settled_on_less(committed_cast: Cast) -> None:
    cast = committed_cast
    project = finishing.accept(cast, make.approved_project(cast))
    with app_connection(connection.settings_dict["NAME"]) as app:
        refuse_audits(app, cast, project)
        finishing.verify(cast, project, 400_000)
        refuse_settlements(app, cast, project)
        assert status(app, project) == "settlement_review"
        assert not Settlement.objects.exists()


def refuse_audits(app: Connection[Any], cast: Cast, project: Project) -> None:
    """Finance alone, no report, a report that nobody uploaded, other sums than the ledger's."""
    with pytest.raises(errors.DatabaseError, match="没有由该岗位办理"):
        take_step(app, project, "settle", post=cast.post("finance_reviewer"), **SETTLE)
    reviewer = cast.post("project_reviewer")
    for also, words in (
        ((), "缺决算审计报告"),
        ((AUDIT.format(audited=1, allocated=500000, file="'x'"),), "缺决算审计报告"),
        ((AUDIT.format(audited=1, allocated=600000, file=A_FILE),), "与专账不符"),
        ((AUDIT.format(audited=600000, allocated=500000, file=A_FILE),), "within_allocated"),
    ):
        with pytest.raises(errors.DatabaseError, match=words):
            take_step(app, project, "verify_settlement", post=reviewer, also=also, **VERIFY)


def refuse_settlements(app: Connection[Any], cast: Cast, project: Project) -> None:
    """Without the record, with another sum than allocated − audited, with no money recovered, and
    by whoever signed first."""
    reviewer = cast.post("finance_reviewer")
    for also, words in (
        ((), "缺结算审定记录"),
        ((SETTLEMENT.format(sum=0),), "不等于已分配减审定额"),
        ((SETTLEMENT.format(sum=100000),), "不等于已分配减审定额"),
    ):
        with pytest.raises(errors.DatabaseError, match=words):
            take_step(app, project, "settle", post=reviewer, also=also, **SETTLE)
    reviewer.pk, reviewer.user = None, cast["project_reviewer"]
    reviewer.save(force_insert=True)
    with pytest.raises(errors.DatabaseError, match="不相容职责"):
        take_step(
            app, project, "settle", post=reviewer, also=(SETTLEMENT.format(sum=100000),), **SETTLE
        )


def status(app: Connection[Any], project: Project) -> str:
    query = "SELECT status FROM projects_project WHERE id = %s"
    return str(app.execute(query, [project.pk]).fetchone()[0])  # type: ignore[index]
