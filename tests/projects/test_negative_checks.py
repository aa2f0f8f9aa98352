"""The checks of the nine prohibitions: answered with words, confirmed by a second person."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from approvals.meetings import cast_vote
from approvals.models import Decision, Subject
from approvals.workflow import ConditionUnmet, workflow_of
from organizations.models import Delegation, Post, Role, User
from organizations.policies import Refused
from projects.forms.steps import opinions_on
from projects.meetings import refuse_item
from projects.models import NegativeHit, NegativeReview, Project
from projects.negative import standing_hits
from projects.second_look import confirm_hit, waiting_for
from projects.versions import read_differences
from tests import adjusting, lives
from tests import factories as make
from tests.assets import registering
from tests.cast import SINCE, Cast, make_person
from tests.databases import at_once
from tests.projects import negative_texts as texts
from tests.projects.pages import enter, read, send

S = Project.Status


def act_url(subject: Subject, action: str) -> str:
    return f"/act/{subject.life()}/{subject.pk}/{action}/"


def hit_of(subject: Subject) -> NegativeHit:
    (hit,) = standing_hits(subject)
    return hit


# --- The page of the answer -------------------------------------------------------------------


def test_words_found_are_shown_beside_their_rule_and_ask_for_words(
    client: Client, cast: Cast
) -> None:
    project = texts.in_draft(cast)
    papers = make.meeting_facts(cast, project)
    enter(client, cast, "village_cadre")
    url = act_url(project, "record_meeting")
    page = read(client, url)
    assert page.count("建设内容与规模中出现“车辆”，请核对") == 1
    assert page.count('value="pass"') == 9
    typed = {
        **make.MEETING, **papers, "held_on": make.today(), "seen_status": "draft",
        **{f"opinion_NL{n}": "pass" for n in range(1, 10)},
    }  # fmt: skip
    answer = client.post(url, typed)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["text_NL2"]
    assert "并写明说明" in answer.context["form"].errors["text_NL2"][0]
    assert not Decision.objects.exists()
    send(client, url, typed | {"text_NL2": "租用运输，不购买"})
    opinions = {o["code"]: o for o in Decision.objects.get().opinions}
    assert {o["result"] for o in opinions.values()} == {"不涉及"} and len(opinions) == 9
    assert opinions["NL2"]["text"] == "租用运输，不购买"
    hit = NegativeHit.objects.get()
    assert (hit.stage, hit.words, hit.rule.code) == ("record_meeting", ["车辆"], "NL2")


def test_what_is_involved_is_not_put_forward(client: Client, cast: Cast) -> None:
    project = make.draft_project(cast)
    papers = make.meeting_facts(cast, project)
    typed = {
        **make.MEETING, **papers, "held_on": make.today(), "seen_status": "draft",
        **{f"opinion_NL{n}": "fail" if n == 5 else "pass" for n in range(1, 10)},
    }  # fmt: skip
    url = act_url(project, "record_meeting")
    page = send(enter(client, cast, "village_cadre"), url, typed, 422)
    assert "结论为“涉及”，不能登记村民代表会议" in page
    assert not Decision.objects.exists()


def test_words_do_not_decide_by_themselves(cast: Cast) -> None:
    """A text without words needs no second person."""
    project = make.submitted_project(cast)
    assert project.status == S.TOWNSHIP_REVIEW
    assert not NegativeHit.objects.exists()


def test_the_second_appraisal_asks_three_and_nine(cast: Cast) -> None:
    project = make.project_in_joint_review(cast)
    opinions = Decision.objects.get(action="appraise_again").opinions
    assert [o["result"] for o in opinions] == ["符合"] * 3 + ["不涉及"] * 9
    assert project.status == S.JOINT_REVIEW


def test_past_the_form_words_are_asked_too(cast: Cast) -> None:
    project = texts.in_draft(cast)
    workflow, facts = workflow_of(project), make.meeting_facts(cast, project)
    opinions = [{"code": f"NL{n}", "result": "pass"} for n in range(1, 10)]
    with pytest.raises(Refused, match="须写明说明"):
        workflow.perform(
            project, "record_meeting", by=cast["village_cadre"], opinions=opinions, data=facts
        )


def test_the_machine_is_told_what_to_look_at(client: Client, cast: Cast) -> None:
    project = texts.in_draft(cast)
    enter(client, cast, "village_cadre")
    (action,) = client.get(f"/api/projects/{project.pk}/actions/").json()
    told = {c["code"]: (c["needs_words"], c["hint"]) for c in action["criteria"]}
    assert told["NL1"] == (False, "")
    assert told["NL2"] == (True, "建设内容与规模中出现“车辆”，请核对")


# --- The step that waits ----------------------------------------------------------------------

Case = tuple[Callable[[Cast], Subject], str, str, str, str]


def compliance(cast: Cast) -> Subject:
    request = texts.reviewed_payment(cast)
    make.do(request, "pass_compliance", cast, "finance_reviewer")
    return request


def office_checked(cast: Cast) -> Subject:
    project = texts.before_office_check(cast)
    make.do(project, "check_prohibited", cast, "group_secretary")
    return project


# subject, the step that waits and who takes it, who answered first, who confirms
CASES: dict[str, Case] = {
    "record_meeting": (texts.met, "submit", "village_cadre", "village_cadre", "township_reviewer"),
    "record_meeting by the county": (
        texts.met, "submit", "village_cadre", "village_cadre", "project_reviewer",
    ),
    "appraise_again": (
        texts.appraised, "review_jointly", "industry_reviewer", "project_clerk", "project_reviewer",
    ),
    "check_prohibited": (
        office_checked, "vote", "group_member", "group_secretary", "project_reviewer",
    ),
    "pass_compliance": (
        compliance, "release", "finance_head", "finance_reviewer", "finance_head",
    ),
}  # fmt: skip


def adjusted(cast: Cast) -> Subject:
    project = make.approved_project(cast)
    adjustment = adjusting.draft(cast, project, content="改为购置运输车辆1台")
    adjusting.walk(cast, adjustment, until="appraisal")
    make.do(adjustment, "appraise", cast, "project_clerk")
    return adjustment


CASES["adjustment"] = (adjusted, "approve", "project_reviewer", "project_clerk", "project_reviewer")


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[str(request.param)]


def stops(subject: Subject, action: str, by: User) -> str:
    """Why the step waits because of the negative list; empty when it does not."""
    try:
        workflow_of(subject).demand(subject, action, by)
    except ConditionUnmet as error:
        text = error.refusal.reason
        return text if "命中" in text or "复核为" in text else ""
    return ""


def test_the_next_step_waits_for_a_second_person(cast: Cast, case: Case) -> None:
    arrange, action, who, first, second = case
    subject = arrange(cast)
    assert "须由第二人复核" in stops(subject, action, cast[who])
    with pytest.raises(Refused):
        texts.look(cast, subject, first)
    texts.look(cast, subject, second)
    assert stops(subject, action, cast[who]) == ""


def test_involved_blocks_the_next_step(cast: Cast, case: Case) -> None:
    arrange, action, who, _, second = case
    subject = arrange(cast)
    texts.look(cast, subject, second, "involved")
    assert "复核为“涉及”：核对合同和现场" in stops(subject, action, cast[who])


def test_the_reason_leads_to_where_it_is_cleared(client: Client, cast: Cast) -> None:
    project = texts.appraised(cast)
    page = read(enter(client, cast, "industry_reviewer"), f"/projects/{project.pk}/")
    assert f'href="/negative/{hit_of(project).pk}/"' in page
    assert "新扶贫领字〔2018〕76号 一(二)" in page


# --- Who confirms -----------------------------------------------------------------------------


def test_only_another_person_in_the_right_post(client: Client, cast: Cast) -> None:
    hit = hit_of(texts.appraised(cast))
    for who, status in (
        ("project_clerk", 403), ("township_reviewer", 403), ("finance_reviewer", 403),
        ("auditor", 403), ("system_admin", 403), ("other_village_cadre", 404),
        ("other_finance_head", 404), ("project_reviewer", 200),
    ):  # fmt: skip
        read(enter(client, cast, who), hit.get_absolute_url(), status)


def test_who_answered_first_does_not_confirm_in_another_post(client: Client, cast: Cast) -> None:
    project = texts.appraised(cast)
    clerk, held = cast["project_clerk"], cast.post("project_clerk")
    Post.objects.create(
        user=clerk, role=Role.PROJECT_REVIEWER, organization=held.organization, title="兼任",
        valid_from=SINCE, accepted_at=held.accepted_at,
    )  # fmt: skip
    page = read(enter(client, cast, "project_clerk"), hit_of(project).get_absolute_url(), 409)
    assert "须由两人办理" in page
    with pytest.raises(Refused, match="须由两人办理"):
        texts.look(cast, project, "project_clerk")


def test_the_post_of_who_answered_first_is_not_lent_for_it(cast: Cast) -> None:
    project = texts.appraised(cast)
    clerk, held = cast["project_clerk"], cast.post("project_clerk")
    second = Post.objects.create(
        user=clerk, role=Role.PROJECT_REVIEWER, organization=held.organization, title="兼任",
        valid_from=SINCE, accepted_at=held.accepted_at,
    )  # fmt: skip
    Delegation.objects.create(
        post=second, delegate=cast["industry_reviewer"], valid_from=make.today(),
        valid_until=make.today(), reason="出差", made_by=clerk,
    )  # fmt: skip
    with pytest.raises(Refused, match="须由两人办理"):
        texts.look(cast, project, "industry_reviewer")


def test_a_lent_post_of_another_confirms(cast: Cast) -> None:
    project = texts.appraised(cast)
    Delegation.objects.create(
        post=cast.post("project_reviewer"), delegate=cast["industry_reviewer"],
        valid_from=make.today(), valid_until=make.today(), reason="出差",
        made_by=cast["project_reviewer"],
    )  # fmt: skip
    (review,) = texts.look(cast, project, "industry_reviewer")
    assert (review.by, review.post) == (cast["industry_reviewer"], cast.post("project_reviewer"))


def test_a_second_reviewer_of_finance_confirms(cast: Cast) -> None:
    request = compliance(cast)
    office = cast.post("finance_reviewer").organization
    make_person("second", "时序", Role.FINANCE_REVIEWER, office, "副股长")
    (review,) = [
        confirm_hit(
            hit=hit_of(request), conclusion="not_involved", note="看过合同",
            by=User.objects.get(username="second"),
        )
    ]  # fmt: skip
    assert review.post.role == Role.FINANCE_REVIEWER


# --- The pages --------------------------------------------------------------------------------


def test_the_list_holds_what_waits_for_me(client: Client, cast: Cast) -> None:
    project = texts.appraised(cast)
    enter(client, cast, "project_reviewer")
    page = read(client, "/negative/")
    for words in (project.name, "再次论证通过", "购买交通工具及通讯设备", "车辆", "经核对不涉及"):
        assert words in page
    assert '负面清单复核 <span class="count">1' in page
    hit = hit_of(project)
    answer = client.post(hit.get_absolute_url(), {"conclusion": "not_involved", "note": " "})
    assert list(answer.context["form"].errors) == ["note"]
    send(client, hit.get_absolute_url(), {"conclusion": "not_involved", "note": "租用，不购买"})
    assert project.name not in read(client, "/negative/")
    page = read(enter(client, cast, "auditor"), f"/projects/{project.pk}/")
    assert "租用，不购买" in page and "焉耆县扶贫开发办公室 蒋田" in page
    read(client, "/negative/", 403)
    assert waiting_for(cast["project_reviewer"]) == []


def test_it_is_confirmed_once(client: Client, cast: Cast) -> None:
    project = texts.appraised(cast)
    hit = hit_of(project)
    texts.look(cast, project, "project_reviewer")
    enter(client, cast, "project_reviewer")
    data = {"conclusion": "involved", "note": "再看"}
    assert "没有重复复核" in send(client, hit.get_absolute_url(), data, 409)
    assert NegativeReview.objects.get().conclusion == "not_involved"


def test_two_at_once_confirm_once(committed_cast: Cast) -> None:
    cast = committed_cast
    hit = hit_of(texts.appraised(cast))
    office = cast.post("project_reviewer").organization
    make_person("second", "时序", Role.PROJECT_REVIEWER, office, "副主任")
    people = [cast["project_reviewer"], User.objects.get(username="second")]
    answers = at_once(
        2, lambda n: confirm_hit(hit=hit, conclusion="not_involved", note="看过", by=people[n])
    )
    assert sorted(type(a).__name__ for a in answers) == ["NegativeReview", "Refused"], answers
    assert NegativeReview.objects.count() == 1


def test_personal_data_in_a_note_is_refused(client: Client, cast: Cast) -> None:
    hit = hit_of(texts.appraised(cast))
    enter(client, cast, "project_reviewer")
    data = {"conclusion": "not_involved", "note": "问过 13800138000"}
    assert "手机号" in send(client, hit.get_absolute_url(), data, 200)


# --- Sent back and taken again ----------------------------------------------------------------


def test_after_a_return_nobody_is_asked_about_the_old_answer(client: Client, cast: Cast) -> None:
    project = texts.appraised(cast)
    old = hit_of(project)
    texts.look(cast, project, "project_reviewer", "involved")
    make.do(project, "return", cast, "industry_reviewer", {"return_to": "revision"}, "删去车辆")
    assert standing_hits(project) == []
    project = make.revise_text(cast, project, content="新建库房一座，租用运力")
    answers = {item.pk: ("adopted", "已删去") for item in opinions_on(project)}
    make.do(project, "revise", cast, "village_cadre", {"answer": "已改", "answers": answers})
    make.run_notice(cast, project)
    make.do(project, "resubmit", cast, "township_reviewer")
    read_differences(project, cast["project_clerk"])
    make.do(project, "appraise_again", cast, "project_clerk")
    make.run_notice(cast, project)
    assert stops(project, "review_jointly", cast["industry_reviewer"]) == ""
    read(enter(client, cast, "project_reviewer"), old.get_absolute_url(), 409)
    assert "涉及" in read(client, f"/projects/{project.pk}/")


def test_an_unconfirmed_answer_that_was_taken_back_waits_for_nobody(cast: Cast) -> None:
    project = texts.appraised(cast)
    assert len(waiting_for(cast["project_reviewer"])) == 1
    make.do(project, "withdraw", cast, "project_clerk", comment="漏看工程量")
    assert waiting_for(cast["project_reviewer"]) == []
    make.do(project, "appraise_again", cast, "project_clerk")
    assert len(waiting_for(cast["project_reviewer"])) == 1


# --- 办公室复核 -------------------------------------------------------------------------------


def test_the_members_vote_only_on_what_the_office_has_checked(cast: Cast) -> None:
    project = make.jointly_reviewed_project(cast)
    held, tag = make.meeting(cast), make.funded_allotment(cast)
    item = make.agenda_item(cast, held, project, [(tag, make.yuan(500_000))])
    assert refuse_item(project, item) == "领导小组办公室尚未复核负面清单"
    make.open_meeting(cast, held)
    with pytest.raises(ConditionUnmet, match="办公室尚未复核"):
        cast_vote(item=item, choice="agree", seen_digest=item.digest, by=cast["group_member"])
    make.do(project, "check_prohibited", cast, "group_secretary")
    assert refuse_item(project, item) == ""
    make.vote_on(item)
    make.close(cast, held)
    project.refresh_from_db()
    assert project.status == S.RESULT_FEEDBACK


def test_who_checks_for_the_office_and_once(client: Client, cast: Cast) -> None:
    project = make.jointly_reviewed_project(cast)
    url = act_url(project, "check_prohibited")
    read(enter(client, cast, "group_member"), url, 403)
    read(enter(client, cast, "other_group_member"), url, 404)
    page = read(enter(client, cast, "group_secretary"), f"/projects/{project.pk}/")
    assert f'href="{url}"' in page
    data = {"seen_status": project.status} | {f"opinion_NL{n}": "pass" for n in range(1, 10)}
    send(client, url, data)
    assert len(Decision.objects.get(action="check_prohibited").opinions) == 9
    assert "不重复办理" in read(client, url, 409)


def test_a_project_put_off_is_checked_again(cast: Cast) -> None:
    project = make.project_before_meeting(cast)
    held = make.meeting(cast)
    item = make.agenda_item(cast, held, project, [(make.funded_allotment(cast), make.yuan(1))])
    make.open_meeting(cast, held)
    make.vote_on(item, "defer")
    make.close(cast, held)
    project.refresh_from_db()
    assert project.status == S.SECOND_APPRAISAL
    make.do(project, "appraise_again", cast, "project_clerk")
    for who in ("industry_reviewer", "farming_reviewer"):
        make.do(project, "review_jointly", cast, who)
    with pytest.raises(ConditionUnmet, match="办公室尚未复核"):
        workflow_of(project).demand(project, "vote", cast["group_member"])


# --- 资产 -------------------------------------------------------------------------------------


def awaiting_assets(cast: Cast, content: str = "") -> Project:
    project = make.approved_project(cast)
    if content:
        with lives.unruled():
            Project.objects.filter(pk=project.pk).update(content=content)
    lives.place(project, S.ASSET_REGISTRATION, cast)
    return registering.without_assets(cast, Project.objects.get(pk=project.pk))


def test_the_last_step_asks_the_nine(cast: Cast) -> None:
    project = awaiting_assets(cast)
    make.do(project, "register_assets", cast, "township_clerk")
    assert len(Decision.objects.get(action="register_assets").opinions) == 9


def test_with_words_in_the_text_assets_are_looked_at_before(cast: Cast) -> None:
    project = awaiting_assets(cast, texts.TEXT)
    with pytest.raises(ConditionUnmet, match="须先办理“资产负面清单核查”"):
        make.do(project, "register_assets", cast, "township_clerk")
    make.do(project, "check_assets", cast, "township_clerk")
    with pytest.raises(ConditionUnmet, match="须由第二人复核"):
        make.do(project, "register_assets", cast, "township_clerk")
    texts.look(cast, project, "project_reviewer")
    make.do(project, "register_assets", cast, "township_clerk")
    assert project.status == S.CLOSED


def test_without_words_there_is_nothing_to_look_at_before(cast: Cast) -> None:
    with pytest.raises(ConditionUnmet, match="没有命中"):
        make.do(awaiting_assets(cast), "check_assets", cast, "township_clerk")
