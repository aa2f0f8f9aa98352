"""Allotments, projects, meetings, payments, notices and targets written by API."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from approvals.models import Meeting
from funds.models import Allotment, FundCategory
from performance.models import Target
from projects.models import PaymentRequest, Project
from publicity.models import Notice, Objection
from tests import factories as make
from tests.api.conftest import Api
from tests.cast import Cast


def allotment_body(cast: Cast) -> dict[str, Any]:
    return {
        "county": cast.county.code,
        "document_number": "巴财农[2025]11号",
        "level": "L1",
        "category": FundCategory.objects.in_force().get(code="ZX-FZ").pk,
        "fund_year": 2025,
        "issued_on": make.today().isoformat(),
        "amount": "1864000.00",
    }


def project_body(cast: Cast) -> dict[str, Any]:
    facts = make.project_facts(cast)
    for name in ("planned_start", "planned_end"):
        facts[name] = facts[name].isoformat()
    for name in ("total_investment", "requested_amount"):
        facts[name] = str(facts[name])
    return {
        **facts,
        "type": facts["type"].pk,
        "department": facts["department"].pk,
        "division": cast.village.pk,
        "nature": "new",
        "level": "village",
        "linkages": ["dividend"],
        "work_items": [
            {"name": "库房", "unit": "平方米", "quantity": "480", "unit_price": "1000.00"}
        ],
    }


def meeting_body(cast: Cast) -> dict[str, Any]:
    return {
        "county": cast.county.code,
        "name": "2025年第3次会议",
        "held_on": make.today().isoformat(),
        "place": "县政府会议室",
        "chair": cast.post("group_member").pk,
        "agenda": "审定项目",
    }


def payment_body(project: Project) -> dict[str, Any]:
    sums = {"amount": "100000.00", "work_done": "120000.00"}
    return {**make.payment_facts(), "kind": "20", **sums, "project": project.pk}


def notice_body(project: Project) -> dict[str, Any]:
    return {"project": project.pk, "type": "N01"}


def objection_body(notice: Notice) -> dict[str, Any]:
    return {
        "notice": notice.pk,
        "channel": "letter",
        "received_on": make.today().isoformat(),
        "is_named": True,
        "paper_file_number": "封2026-3",
        "summary": "公示的面积与实际不符",
    }


def target_body(project: Project) -> dict[str, Any]:
    facts = {"aspect": "QTY", "name": "新建库房", "operator": "ge", "value": "1.00", "unit": "座"}
    return {**facts, "project": project.pk}


def test_an_allotment_is_registered_once(cast: Cast, api: Api) -> None:
    answer = api("finance_clerk").post("allotments/", allotment_body(cast))
    assert answer.status_code == 201, answer.content
    assert answer.json()["document_number"] == "巴财农〔2025〕11号"
    assert answer.json()["amount"] == "1864000.00"
    again = api("finance_clerk").post("allotments/", allotment_body(cast))
    assert again.status_code == 409
    assert "已登记过" in again.json()["reason"]


def test_a_project_is_proposed_and_revised(cast: Cast, api: Api) -> None:
    body = project_body(cast)
    answer = api("village_cadre").post("projects/", body)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["status"], made["requested_amount"]) == ("draft", "500000.00")
    assert made["work_items"][0]["unit_price"] == "1000.00"
    del body["division"]
    body |= {"name": "下岔河村冷库建设项目", "reason": "改建冷库"}
    revised = api("township_clerk").put(f"projects/{made['id']}/", body)
    assert (revised.status_code, revised.json()["name"]) == (200, "下岔河村冷库建设项目")


def test_a_project_that_went_on_is_not_rewritten(cast: Cast, api: Api) -> None:
    project = make.submitted_project(cast)
    body = {**project_body(cast), "reason": "改"}
    assert api("village_cadre").put(f"projects/{project.pk}/", body).status_code == 409
    assert api("auditor").put(f"projects/{project.pk}/", body).status_code == 403
    assert api("other_village_cadre").put(f"projects/{project.pk}/", body).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"requested_amount": 500000}, "requested_amount"),
        ({"requested_amount": "600000.00"}, "total_investment"),
        ({"households": "120"}, "households"),
        ({"linkages": "dividend"}, "linkages"),
        ({"linkages": ["nonsense"]}, "linkages"),
        ({"content": "联系电话 13800138000"}, "content"),
        ({"work_items": [{"name": "库房"}]}, "work_items.0.unit"),
        ({"work_items": [1]}, "work_items.0"),
        ({"work_items": {}}, "work_items"),
        ({"status": "closed"}, "status"),
        ({"code": "652826-2025-0009"}, "code"),
        ({"proposed_by": 1}, "proposed_by"),
        ({"earmark": 1}, "earmark"),
        ({"county": 1}, "county"),
    ],
)
def test_each_wrong_fact_of_a_project_is_refused_at_its_field(
    cast: Cast, api: Api, change: dict[str, Any], field: str
) -> None:
    answer = api("village_cadre").post("projects/", {**project_body(cast), **change})
    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert not Project.objects.exists()


def test_a_meeting_is_called_with_a_chair_of_the_county(cast: Cast, api: Api) -> None:
    body = meeting_body(cast)
    stranger = {**body, "chair": cast.post("other_group_member").pk}
    refused = api("group_secretary").post("meetings/", stranger)
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["chair"])
    assert api("group_secretary").post("meetings/", body).status_code == 201
    assert api("group_secretary").get("meetings/").json()["count"] == 1


def test_a_payment_is_asked_for_and_amended_until_it_is_sent(cast: Cast, api: Api) -> None:
    project = make.approved_project(cast)
    made = api("township_clerk").post("payments/", payment_body(project))
    assert made.status_code == 201, made.content
    assert made.json()["sources"][0]["amount"] == "100000.00"
    path = f"payments/{made.json()['id']}/"
    body = {**payment_body(project), "amount": "90000.00", "reason": "核减"}
    del body["project"]
    assert api("township_clerk").put(path, body).json()["amount"] == "90000.00"
    hand_in_papers(cast, api, PaymentRequest.objects.get(pk=made.json()["id"]))
    assert api("township_clerk").post(f"{path}actions/submit/").status_code == 200
    assert api("township_clerk").put(path, body).status_code == 409


def hand_in_papers(cast: Cast, api: Api, payment: PaymentRequest) -> None:
    path = f"payments/{payment.pk}/papers/"
    for row in api("township_clerk").get(path).json():
        if not row["is_required"]:
            continue
        facts = make.paper_facts(cast, payment, row["code"])
        body = {name: str(facts[name]) for name in ("number", "dated_on")} | {
            "rule": row["rule"], "file": [facts["sha256"]],
            "summary": facts.get("summary", ""), "amount": str(facts.get("amount", "")),
        }  # fmt: skip
        assert api("auditor").post(path, body).status_code == 403
        wrong = api("township_clerk").post(path, body | {"dated_on": "2099-01-01"})
        assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["dated_on"])
        sent = api("township_clerk").post(path, body)
        assert sent.status_code == 201, sent.content
    assert all(row["papers"] for row in api("auditor").get(path).json() if row["is_required"])


def test_a_payment_above_what_is_allocated_is_refused(cast: Cast, api: Api) -> None:
    body = {**payment_body(make.approved_project(cast)), "amount": "500000.01"}
    answer = api("township_clerk").post("payments/", body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["amount"])


def test_a_payment_of_an_unapproved_project_is_refused(cast: Cast, api: Api) -> None:
    answer = api("township_clerk").post("payments/", payment_body(make.draft_project(cast)))
    assert answer.status_code == 409
    assert "未经领导小组审定" in answer.json()["reason"]


def test_a_notice_is_published_and_read(cast: Cast, api: Api) -> None:
    project = make.with_targets(cast, make.noticed_project(cast))
    made = api("village_cadre").post("notices/", notice_body(project))
    assert made.status_code == 201, made.content
    facts = made.json()
    assert (facts["version"], facts["standing"], facts["postings"]) == (1, "待张贴", [])
    assert {"label": "扶贫项目名称", "text": project.name} in facts["content"]
    assert api("village_cadre").post("notices/", notice_body(project)).status_code == 409
    path = f"notices/{facts['id']}/"
    assert api("auditor").get(path).json()["check_code"] == facts["check_code"]
    assert api("other_village_cadre").get(path).status_code == 404
    other = make.run_notice(cast, make.noticed_project(cast))
    (row,) = api("auditor").get("notices/", project=other.subject_id).json()["results"]
    assert (row["id"], len(row["postings"]), row["standing"]) == (other.pk, 1, "公示期满")


def test_a_notice_of_an_unknown_type_is_refused_at_its_field(cast: Cast, api: Api) -> None:
    body = {**notice_body(make.noticed_project(cast)), "type": "N05"}
    answer = api("village_cadre").post("notices/", body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["type"])


def test_an_objection_is_registered_looked_into_and_answered(cast: Cast, api: Api) -> None:
    notice = make.run_notice(cast, make.noticed_project(cast))
    made = api("township_clerk").post("objections/", objection_body(notice))
    assert made.status_code == 201, made.content
    due = make.today() + dt.timedelta(days=20)
    assert (made.json()["status"], made.json()["reply_due_on"]) == ("received", due.isoformat())
    path = f"objections/{made.json()['id']}/"
    step = {"data": {"investigating_unit": "永宁镇人民政府"}}
    assert api("village_cadre").post(f"{path}actions/investigate/", step).status_code == 403
    assert api("township_reviewer").post(f"{path}actions/investigate/", step).status_code == 200
    facts = {"conclusion": "unfounded", "measures": "已告知", "remedy": "none"}
    taken = api("township_reviewer").post(f"{path}actions/answer/", {"data": facts})
    assert taken.status_code == 200, taken.content
    assert api("auditor").get(path).json()["conclusion"] == "unfounded"
    assert api("other_village_cadre").get(path).status_code == 404
    (row,) = api("auditor").get("objections/", project=notice.subject_id).json()["results"]
    assert row["status_name"] == "已答复"
    assert api("auditor").get("objections/", project=0).json()["results"] == []


def test_a_name_does_not_get_in_with_an_objection(cast: Cast, api: Api) -> None:
    body = objection_body(make.run_notice(cast, make.noticed_project(cast)))
    for change, field in (
        ({"summary": "找我13800138000"}, "summary"),
        ({"reporter": "吴春"}, "reporter"),
        ({"channel": "web"}, "channel"),
    ):
        answer = api("township_clerk").post("objections/", {**body, **change})
        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_a_target_is_set_until_the_meeting_has_decided(cast: Cast, api: Api) -> None:
    project = make.draft_project(cast)
    made = api("township_clerk").post("targets/", target_body(project))
    assert (made.status_code, made.json()["value"]) == (201, "1.00")
    rows = api("auditor").get("targets/", project=project.pk).json()["results"]
    assert [row["name"] for row in rows] == ["新建库房"]


# (collection, model, who may, body of a project that stands where it can be written)
WRITES: tuple[tuple[str, Any, str, Any], ...] = (
    ("payments/", PaymentRequest, "township_clerk",
     lambda c: payment_body(make.approved_project(c))),
    ("notices/", Notice, "village_cadre", lambda c: notice_body(make.noticed_project(c))),
    ("objections/", Objection, "work_team",
     lambda c: objection_body(make.run_notice(c, make.noticed_project(c)))),
    ("targets/", Target, "township_clerk", lambda c: target_body(make.draft_project(c))),
    ("allotments/", Allotment, "finance_clerk", allotment_body),
    ("meetings/", Meeting, "group_secretary", meeting_body),
)  # fmt: skip


@pytest.mark.parametrize("case", WRITES, ids=[w[0] for w in WRITES])
def test_others_may_not_write_and_nothing_extra_is_taken(cast: Cast, api: Api, case: Any) -> None:
    path, model, who, body_for = case
    body = body_for(cast)
    before = model.objects.count()
    assert api("auditor").post(path, body).status_code == 403
    assert api("other_finance_clerk").post(path, body).status_code in (403, 404)
    assert api("other_group_member").post(path, body).status_code == 404
    for extra in ("recorded_by", "status", "requested_by", "set_by", "division", "id", "role"):
        answer = api(who).post(path, {**body, extra: 1})
        assert answer.status_code == 400
        assert extra in answer.json()["fields"]
    assert model.objects.count() == before
