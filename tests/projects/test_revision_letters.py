"""一下 and 二上: the letter, the answer to each opinion, and the text that has to show it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from organizations.models import Organization
from organizations.policies import Refused
from projects.forms.steps import opinions_on
from projects.models import Answer, Feedback, Project, Revision
from projects.records import addressee
from projects.services import propose_project, revise_project
from projects.versions import content_of, digest_of_content
from tests import factories as make
from tests.cast import Cast
from tests.projects.bare import Row, refusal_of
from tests.projects.pages import enter, read, send


def act_url(project: Project, action: str = "revise") -> str:
    return f"/act/projects.project/{project.pk}/{action}/"


def answering(project: Project, *adoptions: str, text: str = "已按意见修改") -> dict[str, Any]:
    data: dict[str, Any] = {"answer": "已逐条修改", "seen_status": "revision"}
    for item, adoption in zip(opinions_on(project), adoptions, strict=True):
        data |= {f"adoption_{item.pk}": adoption, f"answer_{item.pk}": text}
    return data


# --- The letter -------------------------------------------------------------------------------


def test_the_letter_is_printed(client: Client, cast: Cast) -> None:
    project = make.project_in_revision(cast)
    letter = Feedback.objects.get()
    page = read(enter(client, cast, "village_cadre"), f"/projects/{project.pk}/")
    assert f"/letters/{letter.pk}/print/" in page and "请明确管护单位" in page
    printed = read(client, f"/letters/{letter.pk}/print/")
    for words in (
        "反馈1号", "永宁镇人民政府：", project.name, "500,000.00", "<li>请细化工程量</li>",
        "<li>请明确管护单位</li>", "焉耆县扶贫开发办公室（盖章）", f"{make.today():%Y年}",
        "主任 蒋田",
    ):  # fmt: skip
        assert words in printed


def test_to_whom_the_county_writes(cast: Cast) -> None:
    of_village = make.draft_project(cast)
    facts = make.project_facts(cast, "永宁镇渠道项目")
    of_township = propose_project(
        division=cast.township, by=cast["township_clerk"], facts=facts, places=[cast.village]
    )
    assert addressee(of_village) == addressee(of_township) == "永宁镇人民政府"
    Organization.objects.filter(name="永宁镇人民政府").update(is_active=False)
    assert addressee(of_village) == "永宁镇"


@pytest.mark.parametrize("who", ["other_township_clerk", "other_finance_head"])
def test_papers_of_others_do_not_exist(client: Client, cast: Cast, who: str) -> None:
    make.revised_project(cast)
    enter(client, cast, who)
    read(client, f"/letters/{Feedback.objects.get().pk}/print/", 404)
    read(client, f"/revisions/{Revision.objects.get().pk}/print/", 404)


# --- The answers ------------------------------------------------------------------------------


def test_each_opinion_stands_beside_its_answer(client: Client, cast: Cast) -> None:
    project = make.project_in_revision(cast)
    make.revise_text(cast, project)
    enter(client, cast, "village_cadre")
    page = read(client, act_url(project))
    for item in opinions_on(project):
        assert f'<th scope="row">{item.text}</th>' in page
        assert f'name="adoption_{item.pk}"' in page and f'name="answer_{item.pk}"' in page
    send(client, act_url(project), answering(project, "adopted", "not_adopted", text="另行落实"))
    assert [a.adoption for a in Answer.objects.all()] == ["adopted", "not_adopted"]
    page = read(client, f"/projects/{project.pk}/")
    revision = Revision.objects.get()
    assert f"/revisions/{revision.pk}/print/" in page
    printed = read(client, f"/revisions/{revision.pk}/print/")
    for words in ("请细化工程量", "采纳", "未采纳", "另行落实", "反馈1号", "下岔河村村民委员会"):
        assert words in page or words == "反馈1号"
        assert words in printed


@pytest.mark.parametrize(
    ("adoption", "words"),
    [
        ("not_adopted", "“未采纳”的意见须写明理由"),
        ("partly", "“部分采纳”的意见须写明理由"),
        ("adopted", "请写明修改了什么"),
    ],
)
def test_an_answer_needs_words_at_its_field(
    client: Client, cast: Cast, adoption: str, words: str
) -> None:
    project = make.project_in_revision(cast)
    make.revise_text(cast, project)
    first, second = opinions_on(project)
    data = answering(project, adoption, "adopted") | {f"answer_{first.pk}": "  "}
    answer = enter(client, cast, "village_cadre").post(act_url(project), data)
    assert answer.status_code == 422
    errors = answer.context["step_form"].errors
    assert list(errors) == [f"answer_{first.pk}"] and words in errors[f"answer_{first.pk}"][0]
    assert "已按意见修改" in answer.content.decode()


def test_an_opinion_without_an_answer_is_refused_at_its_field(client: Client, cast: Cast) -> None:
    project = make.project_in_revision(cast)
    first, _ = opinions_on(project)
    data = answering(project, "", "not_adopted")
    answer = enter(client, cast, "village_cadre").post(act_url(project), data)
    assert list(answer.context["step_form"].errors) == [f"adoption_{first.pk}"]
    assert not Revision.objects.exists()


# --- What was adopted shows in the text -------------------------------------------------------


@pytest.mark.parametrize("adoption", ["adopted", "partly"])
def test_an_adopted_opinion_leaves_a_trace_in_the_text(
    client: Client, cast: Cast, adoption: str
) -> None:
    project = make.project_in_revision(cast)
    enter(client, cast, "village_cadre")
    data = answering(project, adoption, "not_adopted")
    page = send(client, act_url(project), data, 422)
    assert "项目内容与一上文本完全相同，没有修改" in page and "修改内容" in page
    assert "已按意见修改" in page
    assert not Revision.objects.exists()
    make.revise_text(cast, project)
    send(client, act_url(project), data)


def test_nothing_adopted_needs_no_change(client: Client, cast: Cast) -> None:
    project = make.project_in_revision(cast)
    enter(client, cast, "village_cadre")
    send(client, act_url(project), answering(project, "not_adopted", "not_adopted"))


def test_past_the_form_the_same_is_refused(cast: Cast) -> None:
    project = make.project_in_revision(cast)
    answers = {item.pk: ("adopted", "已修改") for item in opinions_on(project)}
    with pytest.raises(Refused, match="没有修改"):
        make.do(project, "revise", cast, "village_cadre", {"answer": "x", "answers": answers})


@pytest.mark.parametrize("what", ["places", "work_items"])
def test_a_place_or_a_line_of_work_is_a_change_too(client: Client, cast: Cast, what: str) -> None:
    project = make.project_in_revision(cast)
    lines = [{"name": "库房", "unit": "平方米", "quantity": 500, "unit_price": make.yuan(1000)}]
    kept = list(project.work_items.values("name", "unit", "quantity", "unit_price"))
    revise_project(
        project=project,
        by=cast["village_cadre"],
        facts={},
        places=[cast.village, cast.township] if what == "places" else [cast.village],
        work_items=lines if what == "work_items" else kept,
        reason="按意见",
    )
    enter(client, cast, "village_cadre")
    send(client, act_url(project), answering(project, "adopted", "adopted"))


def test_a_new_letter_asks_for_a_change_of_the_text_it_is_about(cast: Cast) -> None:
    project = make.resubmitted_project(cast)
    back = {"return_to": "county_appraisal"}
    make.do(project, "return", cast, "project_clerk", back, comment="重新论证")
    make.do(project, "appraise", cast, "project_clerk")
    letter = {"letter_number": "反馈2号", "issued_on": make.today(), "items": ["请写明单价来源"]}
    make.do(project, "feed_back", cast, "project_reviewer", letter)
    (item,) = opinions_on(project)
    data = {"answer": "x", "answers": {item.pk: ("adopted", "已写")}}
    with pytest.raises(Refused, match="与二上文本完全相同"):
        make.do(project, "revise", cast, "village_cadre", data)
    project = make.revise_text(cast, project)
    make.do(project, "revise", cast, "village_cadre", data)


# --- Who and when -----------------------------------------------------------------------------


def test_who_answers(client: Client, cast: Cast) -> None:
    project = make.project_in_revision(cast)
    read(enter(client, cast, "township_clerk"), act_url(project))
    read(enter(client, cast, "project_clerk"), act_url(project), 403)
    read(enter(client, cast, "other_village_cadre"), act_url(project), 404)
    read(enter(client, cast, "village_cadre"), act_url(make.submitted_project(cast)), 409)


# --- Plain SQL --------------------------------------------------------------------------------


def test_a_letter_without_opinions_does_not_commit(committed_cast: Cast) -> None:
    project = make.appraised_project(committed_cast)
    said = refusal_of(project, "feed_back", committed_cast["project_reviewer"])
    assert said.startswith("YC020") and "缺反馈意见书" in said


def test_an_opinion_without_an_answer_does_not_commit(committed_cast: Cast) -> None:
    project = make.project_in_revision(committed_cast)
    by, (first, second) = committed_cast["village_cadre"], opinions_on(project)
    assert "没有逐条答复" in refusal_of(project, "revise", by)
    assert "没有逐条答复" in refusal_of(project, "revise", by, rows=answer_rows(project, first))
    rows = [*answer_rows(project, first), *answer_rows(project, second)[1:]]
    assert refusal_of(project, "revise", by, rows=rows) == ""


def answer_rows(project: Project, item: Any) -> list[Row]:
    facts = {"project": project.pk, "item": item.pk}
    revision = (
        "INSERT INTO projects_revision (project_id, decision_id, answer)"
        " VALUES (%(project)s, %(decision)s, 'x')"
    )
    answer = (
        "INSERT INTO projects_answer (revision_id, item_id, adoption, text)"
        " SELECT id, %(item)s, 'adopted', 'x' FROM projects_revision"
        " WHERE decision_id = %(decision)s"
    )
    return [(revision, facts), (answer, facts)]


def test_a_second_submission_of_the_same_text_does_not_commit(committed_cast: Cast) -> None:
    project = make.project_in_revision(committed_cast)
    by = committed_cast["village_cadre"]
    rows = [row for item in opinions_on(project) for row in answer_rows(project, item)]
    assert refusal_of(project, "revise", by, rows=[rows[0], rows[1], rows[3]]) == ""
    project.refresh_from_db()
    make.run_notice(committed_cast, project)
    township = committed_cast["township_reviewer"]
    assert "没有留存上报文本" in refusal_of(project, "resubmit", township)
    said = refusal_of(project, "resubmit", township, rows=[version_row(project)])
    assert said.startswith("YC020") and "没有任何修改" in said
    with pytest.raises(Exception, match="没有任何修改"):
        make.do(project, "resubmit", committed_cast, "township_reviewer")


def version_row(project: Project) -> Row:
    content = content_of(Project.objects.get(pk=project.pk))
    return (
        "INSERT INTO projects_projectversion (project_id, decision_id, round, content, sha256)"
        " SELECT project_id, %(decision)s, 2, content, %(sha)s FROM projects_projectversion"
        " WHERE project_id = %(project)s",
        {"project": project.pk, "sha": digest_of_content(content)},
    )
