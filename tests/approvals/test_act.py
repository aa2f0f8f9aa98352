"""The one page on which every step is taken."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from approvals.middleware import refusal_page
from approvals.models import Decision, Evidence, Subject
from approvals.workflow import WORKFLOWS, Workflow
from funds.models import Month
from organizations.policies import Refused, WrongRole
from projects.models import Project
from projects.workflow import PROJECT
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.test_workflows import arrive, may

BACKEND = "django.contrib.auth.backends.ModelBackend"


class Browser:
    def __init__(self, client: Client, cast: Cast, name: str) -> None:
        self.client = client
        client.force_login(cast[name], backend=BACKEND)

    def get(self, subject: Subject, action: str) -> HttpResponse:
        return self.client.get(f"/act/{subject.life()}/{subject.pk}/{action}/")  # type: ignore[return-value]

    def post(self, subject: Subject, action: str, **data: Any) -> HttpResponse:
        data.setdefault("seen_status", subject.status)
        return self.client.post(f"/act/{subject.life()}/{subject.pk}/{action}/", data)  # type: ignore[return-value]


def answers(action: str, status: str, **but: str) -> dict[str, str]:
    step = PROJECT.find(action, status)
    assert step and not callable(step.criteria)
    return {f"opinion_{c.code}": but.get(c.code, "pass") for c in step.criteria}


def text(response: HttpResponse) -> str:
    return response.content.decode()


def test_a_step_with_criteria(cast: Cast, client: Client) -> None:
    project = make.submitted_project(cast)
    browser = Browser(client, cast, "township_reviewer")
    shown = text(browser.get(project, "endorse"))
    assert shown.count('type="radio"') == 12
    for words in ("真实性", "新扶贫领字〔2018〕76号 二(三)“一上”", "审核同意并上报", "县级论证"):
        assert words in shown
    response = browser.post(
        project, "endorse", **answers("endorse", project.status), text_budget="概算合理"
    )
    assert response.status_code == 302
    assert response["Location"] == project.get_absolute_url()
    decision = Decision.objects.get(action="endorse")
    assert [o["result"] for o in decision.opinions] == ["符合"] * 6
    assert decision.opinions[3]["text"] == "概算合理"


def test_unanswered_and_failed_keep_what_was_typed(cast: Cast, client: Client) -> None:
    project = make.submitted_project(cast)
    browser = Browser(client, cast, "township_reviewer")
    response = browser.post(project, "endorse", opinion_content="pass", comment="已到现场核对")
    assert response.status_code == 422
    assert text(response).count("请逐项表明意见") == 5
    assert "已到现场核对" in text(response)
    failed = answers("endorse", project.status, budget="fail")
    response = browser.post(project, "endorse", **failed)
    assert response.status_code == 422
    assert "结论为“不符合”，不能审核同意并上报，请退回并写明意见" in text(response)
    assert not Decision.objects.filter(action="endorse").exists()


def test_a_step_with_its_own_form(cast: Cast, client: Client) -> None:
    project = make.draft_project(cast)
    browser = Browser(client, cast, "village_cadre")
    assert "应到人数" in text(browser.get(project, "record_meeting"))
    step = WORKFLOWS[project.life()].find("record_meeting", "draft")
    assert step
    answers = {f"opinion_{c.code}": "pass" for c in step.questions(project)}
    meeting = {**make.meeting_facts(cast, project), **answers, "present": "20"}
    response = browser.post(project, "record_meeting", **meeting)
    assert response.status_code == 422
    assert "实到 20 人，不足应到 45 人的 2/3" in text(response)
    response = browser.post(project, "record_meeting", **{**meeting, "present": "40"})
    assert response.status_code == 302
    assert Project.objects.get(pk=project.pk).status == "village_notice"


def test_a_return_needs_words_at_the_field(cast: Cast, client: Client) -> None:
    project = make.submitted_project(cast)
    browser = Browser(client, cast, "township_reviewer")
    response = browser.post(project, "return", comment=" ")
    assert response.status_code == 422
    assert "请写明意见" in text(response)
    assert browser.post(project, "return", comment="请补充预算").status_code == 302


def test_personal_data_in_an_opinion_is_refused(cast: Cast, client: Client) -> None:
    project = make.submitted_project(cast)
    browser = Browser(client, cast, "township_reviewer")
    response = browser.post(project, "return", comment="联系 13999123456")
    assert response.status_code == 422


def test_the_amount_is_shown_in_figures_and_words(cast: Cast, client: Client) -> None:
    request = make.payment_at(cast, "release")
    shown = text(Browser(client, cast, "finance_head").get(request, "release"))
    assert "100,000.00" in shown
    assert shown.count("人民币") == shown.count("人民币壹拾万元整") == 1


def test_a_double_click_pays_once_and_says_so(cast: Cast, client: Client) -> None:
    request = make.payment_at(cast, "release")
    browser = Browser(client, cast, "finance_head")
    assert browser.post(request, "release").status_code == 302
    again = browser.post(request, "release")
    assert again.status_code == 409
    assert "“核拨”已由焉耆县财政局尤晴于" in text(again)
    assert request.get_absolute_url() in text(again)
    assert Decision.objects.filter(action="release").count() == 1


def test_wrong_role_is_403_with_the_reason(cast: Cast, client: Client) -> None:
    project = make.submitted_project(cast)
    browser = Browser(client, cast, "township_clerk")
    for response in (browser.get(project, "endorse"), browser.post(project, "endorse")):
        assert response.status_code == 403
        assert "“审核同意并上报”由乡镇审核办理" in text(response)


def test_wrong_state_is_409(cast: Cast, client: Client) -> None:
    project = make.submitted_project(cast)
    response = Browser(client, cast, "project_clerk").get(project, "appraise")
    assert response.status_code == 409
    assert "现为“乡镇审核”" in text(response)


def test_an_unmet_condition_is_409_with_who_can_clear_it(cast: Cast, client: Client) -> None:
    project = make.noticed_project(cast)
    response = Browser(client, cast, "village_cadre").get(project, "submit")
    assert response.status_code == 409
    assert "公示" in text(response) and "可由谁办理" in text(response)


def test_a_refusal_of_the_service_stays_in_the_form(cast: Cast, client: Client) -> None:
    """Whatever is found out only while the step is taken: here a month that is not over."""
    this_month = make.today().replace(day=1)
    month = Month.objects.create(division=cast.county, first_day=this_month)
    browser = Browser(client, cast, "finance_reviewer")
    response = browser.post(month, "close", comment="已核对银行对账单")
    assert response.status_code == 409
    assert "还没有结束，不能结账" in text(response) and "可由" in text(response)
    assert "已核对银行对账单" in text(response)
    assert Month.objects.get(pk=month.pk).status == "open"


def test_other_territory_unknown_life_and_action_are_404(cast: Cast, client: Client) -> None:
    project = make.submitted_project(cast)
    assert Browser(client, cast, "other_township_clerk").get(project, "endorse").status_code == 404
    browser = Browser(client, cast, "township_reviewer")
    assert browser.get(project, "fly").status_code == 404
    assert client.get(f"/act/no.life/{project.pk}/endorse/").status_code == 404
    assert client.get("/act/projects.project/999999/endorse/").status_code == 404


def test_withdrawing(cast: Cast, client: Client) -> None:
    project = make.endorsed_project(cast)
    assert Browser(client, cast, "project_clerk").get(project, "withdraw").status_code == 409
    browser = Browser(client, cast, "township_reviewer")
    assert "乡镇审核" in text(browser.get(project, "withdraw"))
    assert browser.post(project, "withdraw").status_code == 422
    assert browser.post(project, "withdraw", comment="材料有误").status_code == 302
    assert Project.objects.get(pk=project.pk).status == "township_review"


def test_evidence_of_the_division_is_chosen_and_kept(cast: Cast, client: Client) -> None:
    project = make.submitted_project(cast)
    uploader = cast["village_cadre"]
    for digit, division in (("a", cast.village), ("b", cast.other_county)):
        Evidence.objects.create(
            sha256=digit * 64,
            division=division,
            name=f"证据{digit}.pdf",
            content_type="application/pdf",
            size=1,
            uploaded_by=uploader,
        )
    browser = Browser(client, cast, "township_reviewer")
    shown = text(browser.get(project, "return"))
    assert "证据a.pdf" in shown and "证据b.pdf" not in shown
    assert browser.post(project, "return", comment="改", evidence="b" * 64).status_code == 422
    assert browser.post(project, "return", comment="改", evidence="a" * 64).status_code == 302
    assert Decision.objects.get(action="return").evidence == ["a" * 64]


@pytest.mark.parametrize("life", sorted(WORKFLOWS))
def test_every_page_opens_for_its_people(cast: Cast, client: Client, life: str) -> None:
    """Each row of each table has a page that shows: form, amount, criteria."""
    workflow: Workflow = WORKFLOWS[life]
    subject = lives.SUBJECTS[life](cast)
    for step in workflow.transitions:
        with lives.undone():
            arrive(subject, step.sources[0], cast, workflow)
            name = next(name for name in cast.users if may(step, name, workflow))
            response = Browser(client, cast, name).get(subject, step.action)
            expected = {409} if step.only_in else {200}
            if step.action in workflow.conditions:
                expected = {200, 409}
            assert response.status_code in expected, step.action
            assert step.label in text(response)


def test_refusals_outside_forms_become_pages(cast: Cast, rf: RequestFactory) -> None:
    request = rf.get("/months/")
    request.user = cast["finance_clerk"]
    request.session = {}  # type: ignore[assignment]
    for error, status in ((WrongRole("不行", clause="某条"), 403), (Refused("不行"), 409)):
        response = refusal_page(request, error)
        assert response and response.status_code == status
        assert "不行" in text(response)
    assert refusal_page(request, ValueError()) is None
    api = rf.get("/api/projects/")
    assert refusal_page(api, Refused("不行")) is None
