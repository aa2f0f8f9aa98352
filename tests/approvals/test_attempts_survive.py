"""A refused attempt outlives every transaction that its refusal takes back: a step that is a part
of something larger, and one that the database refuses only at COMMIT; by page, API and job."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from approvals import job_runs
from approvals.job_runs import Outcome
from approvals.meeting_rules import result_digest
from approvals.models import Job, RefusedAttempt
from projects.models import PaymentRequest
from projects.workflow import PAYMENT
from tests import factories as make
from tests.api.conftest import caller
from tests.approvals.gathering import Gathering, again, gather, item_of
from tests.cast import Cast
from tests.databases import owner_connection
from tests.projects.pages import enter, send
from tests.projects.test_meeting_pages import enter_as

Kind = RefusedAttempt.Kind
NO = """
CREATE FUNCTION test_no(bigint) RETURNS text LANGUAGE sql AS $$ SELECT '留存以备查' $$;
GRANT EXECUTE ON FUNCTION test_no TO PUBLIC;
INSERT INTO approvals_stepproof (life, action, function) VALUES
    ('projects.paymentrequest', 'cancel', 'test_no'), ('projects.project', 'vote', 'test_no');
"""


def kept() -> list[tuple[str, str, int]]:
    rows = RefusedAttempt.objects.order_by("id")
    return list(rows.values_list("subject_type", "action", "count"))


@pytest.mark.parametrize("by_api", [False, True])
def test_a_step_inside_a_meeting(client: Client, cast: Cast, by_api: bool) -> None:
    """The pool has no money for the second item: nothing is decided, and both are kept."""
    tag = make.funded_allotment(cast, 1000)
    held = gather(cast, 3)
    items = [item_of(held, tag, amount) for amount in (700, 600)]
    held.open()
    for item in items:
        held.vote_all(item)
    seen = result_digest(list(held.meeting.items.all()), held.members)
    typed = {"minutes_document": "焉扶领纪〔2025〕7号", "confirm": "on", "seen_result": seen}
    if by_api:
        answer = caller(held.chair).post(f"meetings/{held.meeting.pk}/close/", typed)
        assert answer.status_code == 409, answer.content
    else:
        page = send(enter_as(client, held.chair), f"/meetings/{held.meeting.pk}/close/", typed, 409)
        assert "差 300.00 元" in page
    assert kept() == [
        ("projects.project", "determine", 1),
        ("approvals.meeting", "close_meeting", 1),
    ]
    inner = RefusedAttempt.objects.earliest("pk")
    assert (inner.subject_id, inner.status) == (items[1].subject_id, "determination")
    assert (inner.by, inner.kind) == (held.chair, Kind.OTHER)


def test_what_the_database_refuses_at_the_end(
    client: Client, committed_cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = committed_cast
    request = make.bare_payment(cast, make.approved_project(cast))
    with owner_connection(connection.settings_dict["NAME"]) as owner:
        owner.execute(NO)
    url = f"/act/{request.life()}/{request.pk}/cancel/"
    page = send(enter(client, cast, "township_clerk"), url, {"comment": "重复"}, 409)
    assert "留存以备查" in page
    mine = caller(cast["township_clerk"])
    answer = mine.post(f"payments/{request.pk}/actions/cancel/", {"comment": "重复"})
    assert (answer.status_code, answer.json()["reason"][-5:]) == (409, "留存以备查")
    assert answer.json()["code"].startswith("YC")
    done = in_a_job(cast, request, monkeypatch)
    assert done.status == Job.Status.FAILED
    assert "留存以备查" in done.result["errors"][0]["reason"]
    request.refresh_from_db()
    assert request.status == "draft"
    assert kept() == [("projects.paymentrequest", "cancel", 3)]
    held = gather(cast, 3)
    vote_in_vain(
        client, held, item_of(held, make.funded_allotment(cast, 1000, number="巴财农〔2025〕77号"))
    )
    assert kept()[1:] == [("projects.project", "vote", 1)]


def in_a_job(cast: Cast, request: PaymentRequest, monkeypatch: pytest.MonkeyPatch) -> Job:
    """The step is written in the transaction that ends the job."""
    by, kinds = cast["township_clerk"], job_runs.KINDS

    def write() -> None:
        with transaction.atomic():
            PAYMENT.perform(request, "cancel", by=by, comment="重复")

    done = Outcome(Job.Status.DONE, write=write)
    monkeypatch.setitem(kinds, "test", lambda job, progress: done)
    job = Job.objects.create(kind="test", title="批量作废", owner=by)
    job_runs.run(job.pk)
    job.refresh_from_db()
    return job


def vote_in_vain(client: Client, held: Gathering, item: Any) -> None:
    """A vote is a step inside a transaction of its own service."""
    held.open()
    ballot = {"choice": "agree", "seen_digest": again(item).digest, "comment": ""}
    member = enter_as(client, held.user(1))
    assert "留存以备查" in send(member, f"/meetings/items/{item.pk}/vote/", ballot, 409)
    assert not item.votes.exists()
