"""报账材料: what is asked for, in which order of days, seen by whom; what the database holds."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from approvals.models import Decision
from approvals.workflow import ConditionUnmet
from config.demo.photos import store_sheet
from organizations.models import Parameter
from organizations.policies import Refused
from projects.models import (
    PaymentPaper,
    PaymentPaperRule,
    PaymentRequest,
    ProcurementWay,
    Project,
)
from projects.payment_flags import flags_of
from projects.payment_papers import checklist, rules_for
from projects.reference_data import load_payment_papers
from projects.services import attach_paper, strike_paper
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.databases import app_connection
from tests.lives import unruled
from tests.projects import bare
from tests.projects.pages import enter, read, send

K = PaymentRequest.Kind


def attach(cast: Cast, request: PaymentRequest, code: str, **changes: Any) -> PaymentPaper:
    facts = make.paper_facts(cast, request, code, **changes)
    return attach_paper(request=request, by=cast["township_clerk"], facts=facts)


def days(count: int) -> dt.date:
    return make.today() - dt.timedelta(days=count)


def typed(request: PaymentRequest, code: str, **changes: Any) -> dict[str, Any]:
    rule = next(rule for rule in rules_for(request) if rule.code == code)
    return {"rule": rule.pk, "number": "0001", "dated_on": days(3), **changes}


def test_every_kind_asks_for_something_and_loading_twice_adds_nothing(cast: Cast) -> None:
    for kind in K.values:
        assert PaymentPaperRule.objects.asked_for(kind).filter(is_required=True).exists(), kind
    assert load_payment_papers() == 0
    on_paper = PaymentPaperRule.objects.filter(on_paper=True)
    assert [(rule.kind, rule.code) for rule in on_paper] == [(K.HOUSEHOLD, "roster")]


def test_what_is_missing_is_named_and_what_was_seen_is_kept(cast: Cast) -> None:
    """From a draft without papers to the release, on one request."""
    request = make.bare_payment(cast, make.approved_project(cast))
    with pytest.raises(ConditionUnmet, match="缺少应附材料：合同、工程量计量单、发票"):
        make.do(request, "submit", cast, "township_clerk")
    attach(cast, request, "contract", dated_on=days(30))
    attach(cast, request, "measurement", dated_on=days(5))
    attach(cast, request, "invoice", amount=make.yuan(99_999))
    with pytest.raises(ConditionUnmet, match="发票合计 99,999.00 元，少于本次申请 100,000.00 元"):
        make.do(request, "submit", cast, "township_clerk")
    second = attach(cast, request, "invoice", amount=make.yuan(1), number="7")
    make.do(request, "submit", cast, "township_clerk")
    with pytest.raises(Refused, match="已送审|乡镇审核"):
        strike_paper(paper=second, by=cast["township_clerk"])
    make.do(request, "endorse", cast, "township_reviewer")
    make.do(request, "approve", cast, "project_reviewer")
    make.do(request, "pass_compliance", cast, "finance_reviewer")
    seen = Decision.objects.about(request.life(), request.pk).get(action="pass_compliance")
    answers = {o["label"]: o["result"] for o in seen.opinions if o["code"].startswith("paper_")}
    assert answers[f"发票 7（{make.today()}）"] == "已核对" and len(answers) == 4
    make.do(request, "release", cast, "finance_head")
    request.refresh_from_db()
    assert request.release_voucher
    hashes = set(request.papers.values_list("sha256", flat=True))
    assert set(request.release_voucher.evidence) == hashes


@pytest.mark.parametrize("kind", [K.ADVANCE, K.FINAL, K.RETENTION, K.HOUSEHOLD, K.INTEREST])
def test_each_kind_has_its_own_list(cast: Cast, kind: str) -> None:
    project = make.approved_project(cast)
    request = make.bare_payment(cast, project, 1000, kind=kind, households=10)
    lacking = [line.rule.name for line in checklist(request) if line.is_lacking]
    with pytest.raises(ConditionUnmet, match=re.escape("、".join(lacking))):
        make.do(request, "submit", cast, "township_clerk")
    make.with_papers(cast, request)
    assert not [line for line in checklist(request) if line.is_lacking]


def test_the_page_refuses_each_wrong_paper_at_its_field(client: Client, cast: Cast) -> None:
    request = make.bare_payment(cast, make.approved_project(cast))
    attach(cast, request, "contract", dated_on=days(10))
    attach(cast, request, "invoice", number="26000031")
    enter(client, cast, "township_clerk")
    url = f"/payments/{request.pk}/papers/"
    assert "必附，尚缺" in read(client, url)
    file = store_sheet("计量单", division=request.division, by=cast["township_clerk"])
    tomorrow = make.today() + dt.timedelta(days=1)
    for data, words in (
        (typed(request, "measurement"), "请上传工程量计量单"),
        (typed(request, "measurement", file=file, number=" "), "请填写计量单编号"),
        (typed(request, "measurement", file=file, dated_on=tomorrow), "晚于申请日"),
        (typed(request, "measurement", file=file, dated_on=days(11)), "早于合同日期"),
        (typed(request, "invoice", file=file), "发票须填写此项"),
        (typed(request, "invoice", file=file, number="26000031", summary="x", amount="1"),
         f"已在拨付申请 {request.number} 中使用"),
        (typed(request, "measurement", file=file, number="13800138000"), "手机"),
    ):  # fmt: skip
        assert words in send(client, url, data, 422), words
    send(client, url, typed(request, "measurement", file=file))
    page = read(client, url)
    assert "已登记工程量计量单 0001" in page and "必附，尚缺" not in page
    paper = request.papers.get(rule__code="measurement")
    send(client, f"/payment-papers/{paper.pk}/strike/", {})
    page = read(client, url)
    assert "<s>工程量计量单 0001" in page and "必附，尚缺" in page
    send(enter(client, cast, "auditor"), url, typed(request, "measurement", file=file), 403)
    send(client, f"/payment-papers/{paper.pk}/strike/", {}, 403)
    other = enter(client, cast, "other_township_clerk")
    send(other, url, {}, 404)
    send(other, f"/payment-papers/{paper.pk}/strike/", {}, 404)
    lives.place(request, "release", cast)
    send(enter(client, cast, "township_clerk"), url, typed(request, "measurement"), 409)


def test_a_roster_stays_on_paper(client: Client, cast: Cast) -> None:
    project = make.approved_project(cast)
    request = make.bare_payment(cast, project, 1000, kind=K.HOUSEHOLD, households=86)
    url = f"/payments/{request.pk}/papers/"
    file = store_sheet("花名册", division=request.division, by=cast["township_clerk"])
    enter(client, cast, "township_clerk")
    assert "纸质留存，只登记编号，不上传" in send(
        client, url, typed(request, "roster", file=file), 422
    )
    send(client, url, typed(request, "roster", number="到户-2025-01"))
    assert request.papers.get().sha256 == ""


def test_an_invoice_counts_once_in_a_project_and_is_shown_in_the_county(cast: Cast) -> None:
    project = make.approved_project(cast)
    first = make.bare_payment(cast, project, 1000)
    attach(cast, first, "invoice", number="X1")
    second = make.bare_payment(cast, project, 2000)
    with pytest.raises(DatabaseError), transaction.atomic():
        attach(cast, second, "invoice", number="X1")
    with pytest.raises(DatabaseError), transaction.atomic():
        attach(cast, first, "invoice", number="X1", dated_on=days(1))
    make.do(first, "cancel", cast, "township_clerk")
    attach(cast, second, "invoice", number="X1")
    elsewhere = make.bare_payment(cast, make.approved_project(cast), 3000, invoice_number="X1")
    (flag,) = flags_of(elsewhere)
    assert "票据号 X1" in flag.text and flag.others == [second]


def hire(project: Project, way: str) -> None:
    with unruled():
        project.contracts.update(way=ProcurementWay.objects.get(code=way))


def test_reviewers_see_what_looks_paid_twice_or_split(client: Client, cast: Cast) -> None:
    Parameter.objects.create(
        key="bidding.services", setting="300000", name="x", source="K", valid_from=make.today()
    )
    project = make.approved_project(cast)
    hire(project, "inquiry")
    first = make.draft_payment(cast, project, 200_000)
    make.do(first, "submit", cast, "township_clerk")
    second = make.draft_payment(cast, Project.objects.get(pk=project.pk), 200_000)
    texts = [flag.text for flag in flags_of(second)]
    assert len(texts) == 2
    assert "90 天内另有 1 件" in texts[0] and "同一金额 200,000.00 元" in texts[0]
    assert "合计 400,000.00 元，达到招标限额（服务 300,000.00 元）" in texts[1]
    hire(project, "open")
    assert len(flags_of(PaymentRequest.objects.get(pk=second.pk))) == 1, "after a tender"
    hire(project, "inquiry")
    make.do(second, "submit", cast, "township_clerk")
    enter(client, cast, "township_reviewer")
    for url in (second.get_absolute_url(), f"/act/{second.life()}/{second.pk}/endorse/"):
        page = read(client, url)
        assert "疑似重复付款" in page and "疑似拆分付款" in page
        assert first.get_absolute_url() in page
    third = make.draft_payment(cast, Project.objects.get(pk=project.pk), 1_000)
    with unruled():
        PaymentRequest.objects.filter(pk=third.pk).update(payee_name="另一单位", payee_account="9")
    third.refresh_from_db()
    assert flags_of(third) == []


def test_papers_and_proofs_in_plain_sql(committed_cast: Cast) -> None:
    """Without the papers no sending in, no release; seen by nobody, no release; and what was
    written stays."""
    cast = committed_cast
    request = make.bare_payment(cast, make.approved_project(cast))
    clerk, head = cast["township_clerk"], cast["finance_head"]
    assert "缺少应附材料：合同、工程量计量单、发票" in bare.refusal_of(request, "submit", clerk)
    attach(cast, request, "contract", dated_on=days(2))
    attach(cast, request, "measurement", dated_on=days(1))
    with app_connection() as app:
        app.execute(
            "INSERT INTO projects_paymentpaper (request_id, rule_id, number, dated_on, sha256,"
            " summary, amount, recorded_by_id, recorded_at)"
            " SELECT request_id, %s, 'F1', current_date - 9, sha256, '工程款', 100000, %s, now()"
            " FROM projects_paymentpaper LIMIT 1",
            [rule_pk(request, "invoice"), clerk.pk],
        )
    assert "材料日期顺序不对：发票" in bare.refusal_of(request, "submit", clerk)
    strike_paper(paper=request.papers.get(number="F1"), by=clerk)
    cheap = attach(cast, request, "invoice", amount=Decimal(5))
    assert "少于本次申请" in bare.refusal_of(request, "submit", clerk)
    strike_paper(paper=cheap, by=clerk)
    attach(cast, request, "invoice", number="F2")
    assert bare.refusal_of(request, "submit", clerk) == ""
    request.refresh_from_db()
    attempts = (
        "INSERT INTO projects_paymentpaper SELECT * FROM projects_paymentpaper",
        "UPDATE projects_paymentpaper SET number = 'x'",
        "UPDATE projects_paymentpaper SET struck_at = now(), struck_by_id = recorded_by_id",
        "DELETE FROM projects_paymentpaper",
        "TRUNCATE projects_paymentpaper",
        "UPDATE projects_paymentpaperrule SET is_required = false",
        "DELETE FROM projects_paymentpaperrule",
    )
    for statement in attempts:
        with app_connection() as app, pytest.raises(Exception, match="划去|已送审|permission"):
            app.execute(statement.encode())
    stand(request, "release", cast)
    assert "没有逐件核对" in bare.refusal_of(request, "release", head)
    stand(request, "draft", cast)
    for paper in request.papers.standing():
        strike_paper(paper=paper, by=clerk)
    stand(request, "release", cast)
    assert "缺少应附材料" in bare.refusal_of(request, "release", head)


def rule_pk(request: PaymentRequest, code: str) -> int:
    return next(rule.pk for rule in rules_for(request) if rule.code == code)


def stand(request: PaymentRequest, status: str, cast: Cast) -> None:
    with transaction.atomic():
        lives.place(request, status, cast)
