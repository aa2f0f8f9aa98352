"""Contracts: what is recorded, refused, amended and cancelled; their pages."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from organizations.policies import Refused, WrongRole
from projects.contracts import amend_contract, cancel_contract, record_contract
from projects.models import Contract, ProcurementWay, Project
from tests import factories as make
from tests.cast import Cast
from tests.pages import queries_of
from tests.projects.contracting import under_way
from tests.projects.pages import enter, read, send


def typed(cast: Cast, project: Project, **changes: Any) -> dict[str, Any]:
    facts = make.contract_facts(cast, project)
    return {**facts, "way": facts["way"].pk, **changes}


def test_record_on_the_page(client: Client, cast: Cast) -> None:
    project = under_way(cast)
    url = f"/projects/{project.pk}/contracts/new/"
    assert "登记合同" in read(enter(client, cast, "project_clerk"), url)
    send(client, url, typed(cast, project))
    contract = Contract.objects.get()
    assert contract.recorded_by == cast["project_clerk"]
    page = read(client, contract.get_absolute_url())
    for words in ("焉耆兴农建设有限公司", "公开招标", "质保金之外尚可申请", "作废", ".pdf"):
        assert words in page
    assert "HT-2025-01" in read(client, f"/projects/{project.pk}/")
    read(enter(client, cast, "auditor"), url, 403)
    read(client, contract.get_absolute_url())
    read(enter(client, cast, "other_township_clerk"), contract.get_absolute_url(), 404)


def test_bad_input_is_answered_at_its_field(client: Client, cast: Cast) -> None:
    project = under_way(cast)
    enter(client, cast, "township_clerk")
    inquiry = ProcurementWay.objects.get(code="inquiry").pk
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"price": "550000.01"}, "price", "须先办理项目调整"),
        ({"price": "0"}, "price", "必须大于零"),
        ({"subject": "goods", "way": inquiry, "price": "2000000"}, "way_reason", "达到招标限额"),
        ({"retention_percent": "3.01"}, "retention_percent", "高于上限 3%"),
        ({"retention_months": "25"}, "retention_months", "24"),
        ({"contractor_code": "91652826MA77B00010"}, "contractor_code", "校验位不符"),
        ({"contractor_code": "I1652826MA77B00010"}, "contractor_code", "18 位"),
        ({"account": "6228480402564890018"}, "account", "个人银行卡号"),
        ({"ends_on": "2025-04-30"}, "ends_on", "早于工期起"),
        ({"signed_on": "2099-01-01"}, "signed_on", "在今天之后"),
        ({"papers": []}, "papers", ""),
        ({"papers": ["0" * 64]}, "papers", "没有上传过"),
    ]
    for changes, field, message in cases:
        response = client.post(
            f"/projects/{project.pk}/contracts/new/", typed(cast, project, **changes)
        )
        assert response.status_code == 200
        errors = response.context["form"].errors
        assert message in " ".join(errors.get(field, ["没有提示"])), (changes, errors)
    assert not Contract.objects.exists()
    noted = {"contractor_code": "91652826MA77B00010", "code_note": "早期试点发码，已核对证照"}
    send(client, f"/projects/{project.pk}/contracts/new/", typed(cast, project, **noted))


def test_above_the_threshold_without_a_tender_says_why(client: Client, cast: Cast) -> None:
    project = under_way(cast)
    way = ProcurementWay.objects.get(code="single")
    wanted = {"subject": Contract.Subject.SERVICES, "way": way, "price": make.yuan(400_000)}
    make.contract(cast, project, **wanted)  # below one million
    # As if the threshold were lower.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO organizations_parameter (key, setting, name, source, clause, valid_from)"
            " VALUES ('bidding.services', '100000', 'x', 'D', '', '2025-01-01')"
        )
    less = {**wanted, "price": make.yuan(100_000)}
    with pytest.raises(Refused, match="须写明未招标的理由"):
        make.contract(cast, project, **less)
    make.contract(cast, project, **less, way_reason="只有一家具备资质，经公示无异议")
    enter(client, cast, "auditor")
    page = read(client, "/contracts/?untendered=true")
    assert "达限额未招标" in page and "合计 1 份" in page
    page = read(client, Contract.objects.latest("pk").get_absolute_url())
    assert "只有一家具备资质" in page


def test_all_contracts_together_stay_within_the_plan(cast: Cast) -> None:
    project = under_way(cast)
    first = make.contract(cast, project, price=make.yuan(400_000))
    with pytest.raises(Refused, match="合计 550,000.01 元，超过批准的总投资 500,000.00 元的 110%"):
        make.contract(cast, project, price=make.yuan("150000.01"))
    second = make.contract(cast, project, price=make.yuan(150_000))
    with pytest.raises(Refused, match="须先办理项目调整"):
        amend_contract(
            contract=second, by=cast["township_clerk"], facts={"price": make.yuan(150_001)},
            reason="补充协议",
        )  # fmt: skip
    cancel_contract(contract=first, by=cast["township_clerk"], reason="双方解除合同")
    make.contract(cast, project, price=make.yuan(400_000), number=first.number)


def test_amend_and_cancel(client: Client, cast: Cast) -> None:
    project = make.approved_project(cast)
    contract = project.contracts.get()
    url = contract.get_absolute_url()
    enter(client, cast, "township_clerk")
    send(client, f"{url}edit/", typed(cast, project, bank="工商银行焉耆支行", reason="账户变更"))
    assert "账户变更" in read(client, url)
    request = make.draft_payment(cast, project)
    assert request.payee_bank == "工商银行焉耆支行"
    make.do(request, "submit", cast, "township_clerk")
    contract.refresh_from_db()
    by = cast["township_clerk"]
    with pytest.raises(Refused, match="须附承包单位的账户变更函"):
        amend_contract(contract=contract, by=by, facts={"bank": "别的银行"}, reason="改")
    facts = {"price": make.yuan(520_000), "ends_on": dt.date(2025, 12, 1)}
    amend_contract(contract=contract, by=by, facts=facts, reason="补充协议")
    assert "不能作废" in read(client, f"{url}cancel/", 409)
    make.do(request, "return", cast, "township_reviewer")
    make.do(request, "cancel", cast, "township_clerk")
    send(client, f"{url}cancel/", {"reason": ""}, 200)
    send(client, f"{url}cancel/", {"reason": "双方解除合同"})
    page = read(client, url)
    assert "双方解除合同" in page and "已于" in page
    read(client, f"{url}edit/", 409)


def test_not_before_the_approval_and_not_by_anybody(cast: Cast) -> None:
    project = make.draft_project(cast)
    facts = make.contract_facts(cast, project)
    with pytest.raises(Refused, match="经领导小组审定"):
        record_contract(project=project, by=cast["project_clerk"], facts=facts)
    with pytest.raises(WrongRole):
        record_contract(project=project, by=cast["finance_clerk"], facts=facts)


def test_list_filters_exports_and_takes_the_same_queries(client: Client, cast: Cast) -> None:
    project = under_way(cast)
    make.contract(cast, project, price=make.yuan(1000), contractor_name="巴州绿洲装备有限公司")
    enter(client, cast, "auditor")
    counts = []
    for wanted in (2, 12):
        while Contract.objects.count() < wanted:
            make.contract(cast, project, price=make.yuan(1))
        counts.append(len(queries_of(client, "/contracts/")))
    assert counts[0] == counts[1] <= 20
    page = read(client, "/contracts/?words=绿洲")
    assert "合计 1 份" in page and "1,000.00" in page
    assert "没有符合条件" in read(enter(client, cast, "other_township_clerk"), "/contracts/")
    enter(client, cast, "auditor")
    sheet = b"".join(client.get("/contracts/export/?format=csv&words=绿洲"))
    lines = sheet.decode("utf-8-sig").splitlines()
    assert "巴州绿洲装备有限公司" in lines[1] and "合计" in lines[2]
