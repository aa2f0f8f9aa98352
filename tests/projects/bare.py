"""What somebody writes who holds the application's own database role and has read the source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection, errors
from psycopg.types.json import Jsonb

from approvals.models import Duty, Subject
from approvals.workflow import workflow_of
from organizations.models import User
from projects.negative import rules_in_force
from tests.databases import app_connection

DECIDE = """
    INSERT INTO approvals_decision (subject_type, subject_id, subject_title, division_id, cases,
        action, action_label, duty, from_status, to_status, by_id, post_id, by_name, by_unit,
        by_title, for_name, comment, opinions, evidence, at, transaction_id, body_digest)
    VALUES (%(life)s, %(id)s, 'x', %(division)s, %(cases)s, %(action)s, %(action)s, %(duty)s,
        %(from)s, %(to)s, %(by)s, %(post)s, '', '', '', '', 'x', %(opinions)s, '{}', now(), 0, '')
    RETURNING id
"""
# A row that a step leaves, with its decision's id as %(decision)s.
Row = tuple[str, dict[str, Any]]


def write(
    connection: Connection[Any],
    subject: Subject,
    action: str,
    by: User,
    *,
    to: str = "",
    opinions: Sequence[dict[str, str]] = (),
    rows: Sequence[Row] = (),
) -> int:
    """A decision, the status that it leads to, and rows beside it; in one transaction."""
    step = workflow_of(subject).find(action, subject.status)
    assert step
    with connection.transaction():
        facts = {
            "life": subject.life(),
            "id": subject.pk,
            "division": subject.division.pk,
            "cases": subject.case_keys(),
            "action": action,
            "duty": Duty(step.duty),
            "from": subject.status,
            "to": to or step.target,
            "by": by.pk,
            "post": by.posts_today[0].pk,
            "opinions": Jsonb(list(opinions)),
        }
        found = connection.execute(DECIDE, facts).fetchone()
        assert found
        if facts["to"] != facts["from"]:
            connection.execute(
                f"UPDATE {subject._meta.db_table} SET status = %s, status_since = now()"
                " WHERE id = %s",
                [facts["to"], subject.pk],
            )
        for statement, values in rows:
            connection.execute(statement, {**values, "decision": found[0]})
    return int(found[0])


def not_involved(words: str = "") -> list[dict[str, str]]:
    """Every rule of today answered, as the database wants to read it."""
    return [{"code": r.code, "result": "不涉及", "text": words} for r in rules_in_force()]


def refusal_of(subject: Subject, action: str, by: User, **more: Any) -> str:
    """What the database says when the transaction wants to commit; empty when it commits."""
    with app_connection() as connection:
        try:
            write(connection, subject, action, by, **more)
        except errors.Error as error:
            return f"{error.sqlstate} {error.diag.message_primary}"
    return ""
