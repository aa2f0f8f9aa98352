from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from projects.models import PaymentRequest, Project
from projects.services import amend_payment
from tests import factories as make
from tests.cast import Cast
from tests.pages import queries_of
from tests.projects.pages import enter, payment_input, read, send


def test_apply(client: Client, cast: Cast) -> None:
    project = make.approved_project(cast)
    url = f"/projects/{project.pk}/payments/new/"
    assert "可申请 500,000.00 元" in read(enter(client, cast, "township_clerk"), url)
    send(client, url, payment_input())
    request = PaymentRequest.objects.get()
    assert request.amount == make.yuan(100_000)
    assert [s.amount for s in request.sources.all()] == [make.yuan(100_000)]


def test_apply_is_closed(client: Client, cast: Cast) -> None:
    project = make.approved_project(cast)
    url = f"/projects/{project.pk}/payments/new/"
    read(enter(client, cast, "village_cadre"), url, 403)
    send(client, url, payment_input(), 403)
    send(enter(client, cast, "other_township_clerk"), url, payment_input(), 404)
    assert not PaymentRequest.objects.exists()


def test_a_project_without_approval_gets_nothing(client: Client, cast: Cast) -> None:
    project = make.submitted_project(cast)
    url = f"/projects/{project.pk}/payments/new/"
    enter(client, cast, "township_clerk")
    assert "未经领导小组审定" in read(client, url, 409)
    assert "未经领导小组审定" in send(client, url, payment_input(), 409)
    page = read(client, f"/projects/{project.pk}/")
    assert "未经领导小组审定" in page and "可由 领导小组 办理或解除" in page


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"amount": "500000.01"}, "amount", "超过项目可申请的 500,000.00 元"),
        ({"amount": "-5"}, "amount", "不能为负数"),
        ({"amount": "0"}, "amount", "必须大于零"),
        ({"amount": "1.005"}, "amount", "最多两位小数"),
        ({"amount": "1" + "0" * 30}, "amount", "金额过大"),
        ({"amount": "十万"}, "amount", "看不懂"),
        ({"progress": "101"}, "progress", "100"),
        ({"work_done": ""}, "work_done", "须填写已完工程价款"),
        ({"kind": "50", "households": ""}, "households", "须填写到户户数"),
        ({"payee_account": "6228480402564890018"}, "payee_account", "个人银行卡号"),
        ({"payee_account": "账号"}, "payee_account", "4 至 40 位"),
        ({"payee_name": "别的建设公司"}, "payee_name", "与合同不一致"),
        ({"payee_account": "3000000002"}, "payee_account", "与合同不一致"),
        ({"kind": "60", "payee_name": "吴春13800138000"}, "payee_name", "手机号"),
        ({"kind": "60", "payee_bank": ""}, "payee_bank", "请填写开户行"),
    ],
)
def test_bad_input_is_answered_at_its_field(
    client: Client, cast: Cast, changes: dict[str, Any], field: str, message: str
) -> None:
    project = make.approved_project(cast)
    enter(client, cast, "township_clerk")
    response = client.post(f"/projects/{project.pk}/payments/new/", payment_input(**changes))
    assert response.status_code == 200
    assert message in " ".join(response.context["form"].errors[field])
    assert not PaymentRequest.objects.exists()


def test_an_invoice_is_paid_once(client: Client, cast: Cast) -> None:
    project = make.approved_project(cast)
    url = f"/projects/{project.pk}/payments/new/"
    enter(client, cast, "township_clerk")
    send(client, url, payment_input(invoice_number="0123"))
    assert "已在拨付申请" in send(client, url, payment_input(invoice_number="0123"), 200)


def test_preview_in_words_and_by_source(client: Client, cast: Cast) -> None:
    project = make.approved_project(cast)
    url = f"/projects/{project.pk}/payments/preview/?amount="
    enter(client, cast, "township_clerk")
    page = read(client, url + "120000.5")
    assert "人民币壹拾贰万元伍角整" in page and "巴财农〔2025〕11号" in page
    assert "差 100,000.00 元" in read(client, url + "600000")
    assert "看不懂" in read(client, url + "abc")
    read(enter(client, cast, "other_township_clerk"), url + "1", 404)


def test_amend_after_a_return(client: Client, cast: Cast) -> None:
    request = make.payment_at(cast, "department_review")
    make.do(request, "return", cast, "project_reviewer")
    url = f"/payments/{request.pk}/edit/"
    enter(client, cast, "township_clerk")
    read(client, url)
    assert "修改事由" in send(client, url, payment_input(amount="80000"), 200)
    send(client, url, payment_input(amount="80000", reason="核减工程量"))
    request.refresh_from_db()
    assert request.amount == make.yuan(80_000)
    assert [s.amount for s in request.sources.all()] == [make.yuan(80_000)]
    page = read(client, f"/payments/{request.pk}/")
    assert "核减工程量" in page and "人民币捌万元整" in page


def test_amend_is_closed(client: Client, cast: Cast) -> None:
    request = make.payment_at(cast, "compliance")
    url = f"/payments/{request.pk}/edit/"
    assert "财政合规审查" in read(enter(client, cast, "township_clerk"), url, 409)
    send(client, url, payment_input(amount="1", reason="改"), 409)
    read(enter(client, cast, "finance_reviewer"), url, 403)
    read(enter(client, cast, "other_township_clerk"), url, 404)


def test_amend_counts_what_others_asked_for(cast: Cast) -> None:
    project = make.approved_project(cast)
    first = make.draft_payment(cast, project, 300_000)
    make.do(first, "submit", cast, "township_clerk")
    second = make.draft_payment(cast, project, 200_000)
    with pytest.raises(Exception, match="差 100,000.00 元"):
        amend_payment(
            request=second,
            by=cast["township_clerk"],
            facts=make.payment_facts(300_000),
            reason="再试",
        )
    amend_payment(
        request=second, by=cast["township_clerk"], facts=make.payment_facts(200_000), reason="调减"
    )


def test_detail_and_print_of_a_paid_request(client: Client, cast: Cast) -> None:
    request = make.payment_at(cast, "paid", 100_000)
    request.refresh_from_db()
    enter(client, cast, "auditor")
    page = read(client, request.get_absolute_url())
    assert request.pay_voucher and request.release_voucher
    for words in (
        "人民币壹拾万元整", "焉耆兴农建设有限公司", "巴财农〔2025〕11号", "合规审查通过",
        request.pay_voucher.get_absolute_url(), request.release_voucher.get_absolute_url(),
    ):  # fmt: skip
        assert words in page
    printed = read(client, f"{request.get_absolute_url()}print/")
    assert printed.count("☑ 不涉及") == 9
    for words in ("扶贫资金拨付申请表", "焉扶领纪〔2025〕3号", "尤晴", "秦朗", "许月", "蒋田"):
        assert words in printed
    for words in ("1. 合同 ", "发票 ", "冯冬", "公示编号", "累计已拨（不含本次）"):
        assert words in printed
    claim = read(client, f"{request.get_absolute_url()}claim/")
    for words in ("支出明细", "工程款", f"{request.pk:08d}", "人民币壹拾万元整", "已报账", "王秋"):
        assert words in claim


def test_print_shows_only_signatures_that_stand(client: Client, cast: Cast) -> None:
    request = make.payment_at(cast, "release")
    make.do(request, "return", cast, "finance_head")
    make.do(request, "return", cast, "finance_reviewer")
    printed = read(enter(client, cast, "auditor"), f"/payments/{request.pk}/print/")
    assert "蒋田" not in printed and "☑" not in printed


def test_reversal_is_red_on_the_page(client: Client, cast: Cast) -> None:
    request = make.payment_at(cast, "paid")
    make.do(request, "reverse_payment", cast, "finance_reviewer")
    page = read(enter(client, cast, "auditor"), f"/payments/{request.pk}/")
    assert "red-letter" in page and "红字冲销" in page


@pytest.mark.parametrize("path", ["", "print/"])
def test_another_townships_request_does_not_exist(client: Client, cast: Cast, path: str) -> None:
    request = make.draft_payment(cast, make.approved_project(cast))
    read(enter(client, cast, "other_township_clerk"), f"/payments/{request.pk}/{path}", 404)
    read(enter(client, cast, "system_admin"), f"/payments/{request.pk}/{path}", 403)


def test_list_filters_and_total(client: Client, cast: Cast) -> None:
    project = make.approved_project(cast)
    make.draft_payment(cast, project, 100_000)
    make.draft_payment(cast, project, 23_000)
    enter(client, cast, "township_clerk")
    page = read(client, f"/payments/?project={project.pk}&kind=20&status=draft")
    assert "123,000.00" in page and "合计 2 件" in page
    assert "没有符合条件" in read(client, "/payments/?kind=40")
    assert "Z002" in read(client, "/payments/?words=xchckf")
    assert "没有符合条件" in read(enter(client, cast, "other_township_clerk"), "/payments/")
    read(enter(client, cast, "system_admin"), "/payments/", 403)


def test_list_takes_the_same_queries_for_five_and_fifty(client: Client, cast: Cast) -> None:
    project = make.approved_project(cast)
    enter(client, cast, "auditor")
    counts = []
    for wanted in (5, 50):
        while PaymentRequest.objects.count() < wanted:
            make.draft_payment(
                cast, Project.objects.get(pk=project.pk), 1_000 + PaymentRequest.objects.count()
            )
        counts.append(len(queries_of(client, "/payments/")))
    assert counts[0] == counts[1] <= 20
