"""Steps taken past the program, in plain SQL of the application's role, on a connection whose
commits are real."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from psycopg import Connection
from psycopg.types.json import Jsonb

from approvals.models import Subject
from organizations.models import Post

DECIDE = """
    INSERT INTO approvals_decision (subject_type, subject_id, subject_title, division_id, cases,
        action, action_label, duty, from_status, to_status, by_id, post_id, by_name, by_unit,
        by_title, for_name, comment, opinions, evidence, at, transaction_id, body_digest)
    VALUES (%(life)s, %(pk)s, '', %(division)s, %(cases)s, %(action)s, '', %(duty)s, %(here)s,
        %(there)s, %(by)s, %(post)s, '', '', '', '', '', %(opinions)s, '{}', now(), 0, '')
    RETURNING id
"""


def take_step(
    plain: Connection[Any],
    subject: Subject,
    action: str,
    *,
    duty: str,
    to: str,
    post: Post,
    also: Iterable[str] = (),
    opinions: Iterable[Any] = (),
) -> None:
    """The decision and the status that follows from it, in one transaction. `also` are
    statements in between, in which %(decision)s is the decision's id."""
    facts = {
        "life": subject.life(), "pk": subject.pk, "division": subject.division_id,  # type: ignore[attr-defined]
        "cases": subject.case_keys(), "action": action, "duty": duty, "here": subject.status,
        "there": to, "by": post.user_id, "post": post.pk,
        "opinions": Jsonb(list(opinions)),
    }  # fmt: skip
    with plain.transaction():
        row = plain.execute(DECIDE, facts).fetchone()
        decision = row[0] if row else None
        for statement in also:
            plain.execute(statement, {"decision": decision, "pk": subject.pk})
        table = subject._meta.db_table
        plain.execute(f"UPDATE {table} SET status = %s WHERE id = %s", [to, subject.pk])  # noqa: S608 - a table of ours


def commit_rules() -> None:
    """Whatever would be asked at COMMIT is asked now, in a test that rolls back."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
