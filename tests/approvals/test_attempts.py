"""Every step that was refused is kept with its reason, whoever asked and wherever."""

from __future__ import annotations

import pytest
from django.test import Client
from psycopg import errors

from approvals.models import RefusedAttempt
from approvals.workflow import ConditionUnmet
from projects.models import PaymentRequest
from tests import factories as make
from tests import lives
from tests.api.conftest import caller
from tests.cast import Cast
from tests.databases import app_connection
from tests.pages import queries_of
from tests.projects.pages import enter, read, send

Kind = RefusedAttempt.Kind


def act(request: PaymentRequest, action: str) -> str:
    return f"/act/{request.life()}/{request.pk}/{action}/"


def test_by_page_and_by_api_with_reason_and_count(client: Client, cast: Cast) -> None:
    request = make.bare_payment(cast, make.approved_project(cast))
    enter(client, cast, "township_clerk")
    read(client, act(request, "submit"), 409)
    assert not RefusedAttempt.objects.exists()
    for _ in range(2):
        send(client, act(request, "submit"), {"comment": ""}, 409)
    kept = RefusedAttempt.objects.get()
    assert (kept.by, kept.action_label, kept.kind, kept.count) == (
        cast["township_clerk"], "送审", Kind.CONDITION, 2,
    )  # fmt: skip
    assert kept.reason.startswith("进度款缺少应附材料") and kept.status == "draft"
    assert kept.post == cast.post("township_clerk") and kept.division == request.division
    path = f"payments/{request.pk}/actions/submit/"
    assert caller(cast["township_clerk"]).post(path, {"comment": ""}).status_code == 409
    kept.refresh_from_db()
    assert kept.count == 3
    assert caller(cast["auditor"]).post(path, {"comment": ""}).status_code == 403
    send(enter(client, cast, "auditor"), act(request, "submit"), {}, 403)
    assert RefusedAttempt.objects.get(by=cast["auditor"]).kind == Kind.POST
    send(enter(client, cast, "other_township_clerk"), act(request, "submit"), {}, 404)
    make.with_papers(cast, request)
    make.do(request, "submit", cast, "township_clerk")
    lives.decide(request, cast["township_reviewer"], "apply")
    send(enter(client, cast, "township_reviewer"), act(request, "endorse"), {}, 403)
    assert RefusedAttempt.objects.filter(kind=Kind.SEPARATION, action="endorse").count() == 1
    send(enter(client, cast, "finance_head"), act(request, "release"), {}, 409)
    assert RefusedAttempt.objects.get(action="release").kind == Kind.STATE


def test_an_unfunded_release_is_kept_too(cast: Cast) -> None:
    """What the ledger refuses inside the step's transaction."""
    request = make.payment_at(cast, "release")
    with lives.unruled():
        request.sources.update(amount=make.yuan(900_000))
    with pytest.raises(Exception, match="元"):
        make.do(request, "release", cast, "finance_head")
    assert RefusedAttempt.objects.get().kind == Kind.OTHER


def test_the_page_is_for_who_inspects(client: Client, cast: Cast) -> None:
    request = make.bare_payment(cast, make.approved_project(cast))
    with pytest.raises(ConditionUnmet):
        make.do(request, "submit", cast, "township_clerk")
    for who in ("auditor", "discipline_inspector"):
        page = read(enter(client, cast, who), "/refused/")
        assert "缺少应附材料" in page and request.get_absolute_url() in page
    today = make.today()
    for query, found in (
        ("words=王秋", "王秋" in str(cast["township_clerk"])),
        ("words=应附材料&kind=condition&subject_type=projects.paymentrequest", True),
        (f"since={today}&until={today}", True),
        ("kind=separation", False),
        ("subject_type=projects.project", False),
        ("until=2020-01-01", False),
    ):
        assert ("缺少应附材料" in read(client, f"/refused/?{query}")) == found, query
    read(enter(client, cast, "finance_head"), "/refused/", 403)
    RefusedAttempt.objects.none()
    assert not RefusedAttempt.objects.visible_to(cast["other_finance_head"]).exists()


def test_the_list_takes_the_same_queries_for_one_and_many(client: Client, cast: Cast) -> None:
    project = make.approved_project(cast)
    enter(client, cast, "auditor")
    counts = []
    for wanted in (1, 8):
        while RefusedAttempt.objects.count() < wanted:
            request = make.bare_payment(cast, project, 1000 + RefusedAttempt.objects.count())
            with pytest.raises(ConditionUnmet):
                make.do(request, "submit", cast, "township_clerk")
        counts.append(len(queries_of(client, "/refused/")))
    assert counts[0] == counts[1]


def test_it_is_committed_though_the_step_is_not_and_stays(committed_cast: Cast) -> None:
    cast = committed_cast
    request = make.bare_payment(cast, make.approved_project(cast))
    with pytest.raises(ConditionUnmet):
        make.do(request, "submit", cast, "township_clerk")
    with app_connection() as app:
        kept = app.execute("SELECT count, reason FROM approvals_refusedattempt").fetchall()
        assert len(kept) == 1 and kept[0][0] == 1
        for statement in (
            "UPDATE approvals_refusedattempt SET reason = 'x'",
            "UPDATE approvals_refusedattempt SET by_id = by_id + 1",
            "DELETE FROM approvals_refusedattempt",
            "TRUNCATE approvals_refusedattempt",
        ):
            with pytest.raises(errors.Error), app.transaction():
                app.execute(statement.encode())
        app.execute("UPDATE approvals_refusedattempt SET count = 0, last_at = '2020-01-01'")
        row = app.execute("SELECT count, last_at >= first_at FROM approvals_refusedattempt")
        assert row.fetchone() == (2, True)
