"""一上 beside 二上: what the second appraisal has to open before it may be signed."""

from __future__ import annotations

import pytest
from django.test import Client

from approvals.models import Decision
from approvals.workflow import ConditionUnmet, workflow_of
from projects.models import DifferenceReading, Project, ProjectVersion
from projects.services import revise_project
from projects.versions import compare
from tests import factories as make
from tests.cast import Cast
from tests.projects.bare import refusal_of
from tests.projects.pages import enter, read


def url(project: Project, query: str = "") -> str:
    return f"/projects/{project.pk}/differences/{query}"


def sent_up_twice_again(cast: Cast) -> Project:
    """Returned from the second appraisal, changed once more and sent up a third time."""
    project = make.resubmitted_project(cast)
    make.do(project, "return", cast, "project_clerk", comment="管护费用没有写明")
    project = make.revise_text(cast, project, content="新建库房一座，村委会管护，费用列入村集体")
    answers = {item.pk: ("adopted", "已修改") for item in project.feedbacks.get().items.all()}
    data = {"answer": "再次修改", "answers": answers}
    make.do(project, "revise", cast, "village_cadre", data)
    make.run_notice(cast, project)
    make.do(project, "resubmit", cast, "township_reviewer")
    return project


def test_the_two_texts_side_by_side(client: Client, cast: Cast) -> None:
    project = make.resubmitted_project(cast)
    page = read(enter(client, cast, "project_clerk"), url(project))
    old, new = "新建库房一座，480平方米", "新建库房一座，480平方米，村委会管护"
    assert f'<td class="was">{old}</td>' in page and f'<td class="became">{new}</td>' in page
    assert page.count("已修改</span>") == 1
    assert "修改 <strong>1</strong> 项" in page
    for words in ("反馈1号", "请细化工程量", "请明确管护单位", "采纳"):
        assert words in page
    folded = page.index("<details>")
    assert page.index("建设内容与规模") < folded < page.index("项目名称")
    assert "<details open>" in read(client, url(project, "?all=1"))


def test_a_line_of_work_and_a_place_are_compared(client: Client, cast: Cast) -> None:
    project = make.project_in_revision(cast)
    revise_project(
        project=project, by=cast["village_cadre"], facts={}, places=[cast.village, cast.township],
        work_items=[{"name": "围栏", "unit": "米", "quantity": 12, "unit_price": make.yuan(9)}],
        reason="按意见",
    )  # fmt: skip
    answers = {item.pk: ("partly", "改了") for item in project.feedbacks.get().items.all()}
    make.do(project, "revise", cast, "village_cadre", {"answer": "x", "answers": answers})
    make.run_notice(cast, project)
    make.do(project, "resubmit", cast, "township_reviewer")
    comparison = compare(project)
    assert comparison
    assert {line.label: line.after for line in comparison.changed} == {
        "实施地点": "下岔河村、永宁镇", "工程量": "围栏 12米×9.00元",
    }  # fmt: skip


def test_only_who_signs_is_written_down_as_a_reader(client: Client, cast: Cast) -> None:
    project = make.resubmitted_project(cast)
    for who in ("village_cadre", "township_reviewer", "project_reviewer", "auditor"):
        read(enter(client, cast, who), url(project))
    assert not DifferenceReading.objects.exists()
    enter(client, cast, "project_clerk")
    read(client, url(project))
    read(client, url(project))
    reading = DifferenceReading.objects.get()
    assert reading.user == cast["project_clerk"]
    assert reading.version == ProjectVersion.objects.get(round=2)


def test_the_second_appraisal_is_signed_after_reading(client: Client, cast: Cast) -> None:
    project = make.resubmitted_project(cast)
    with pytest.raises(ConditionUnmet, match="还没有打开"):
        make.do(project, "appraise_again", cast, "project_clerk")
    enter(client, cast, "project_clerk")
    act = f"/act/projects.project/{project.pk}/appraise_again/"
    for page in (read(client, f"/projects/{project.pk}/"), read(client, act, 409)):
        assert f'<a href="{url(project)}">本人（打开对照页）</a>' in page
    read(client, url(project))
    read(client, act)
    make.do(project, "appraise_again", cast, "project_clerk")


def test_a_text_sent_up_again_has_to_be_read_again(client: Client, cast: Cast) -> None:
    project = make.resubmitted_project(cast)
    read(enter(client, cast, "project_clerk"), url(project))
    make.do(project, "return", cast, "project_clerk", comment="管护费用没有写明")
    project = make.revise_text(cast, project, content="费用列入村集体")
    answers = {i.pk: ("adopted", "改") for i in project.feedbacks.get().items.all()}
    make.do(project, "revise", cast, "village_cadre", {"answer": "x", "answers": answers})
    make.run_notice(cast, project)
    make.do(project, "resubmit", cast, "township_reviewer")
    with pytest.raises(ConditionUnmet, match="还没有打开"):
        make.do(project, "appraise_again", cast, "project_clerk")


def test_another_round_is_compared_with_either(client: Client, cast: Cast) -> None:
    project = sent_up_twice_again(cast)
    first, second, third = ProjectVersion.objects.order_by("id")
    enter(client, cast, "project_clerk")
    page = read(client, url(project))
    assert f'<option value="{first.pk}" selected>' in page
    assert f'<option value="{second.pk}">' in page and f'value="{third.pk}"' not in page
    assert '<td class="was">新建库房一座，480平方米</td>' in page
    page = read(client, url(project, f"?with={second.pk}"))
    assert '<td class="was">新建库房一座，480平方米，村委会管护</td>' in page
    assert "费用列入村集体</td>" in page
    for nonsense in (third.pk, "x", 999999):
        assert f'value="{first.pk}" selected' in read(client, url(project, f"?with={nonsense}"))


def test_before_there_are_two_texts_there_is_nothing_to_compare(client: Client, cast: Cast) -> None:
    project = make.submitted_project(cast)
    page = read(enter(client, cast, "project_clerk"), url(project))
    assert "没有可对照的文本" in page
    assert "/differences/" not in read(client, f"/projects/{project.pk}/")


@pytest.mark.parametrize(
    ("who", "status"), [("other_village_cadre", 404), ("system_admin", 403), ("nobody", 403)]
)
def test_others_do_not_see_it(client: Client, cast: Cast, who: str, status: int) -> None:
    read(enter(client, cast, who), url(make.resubmitted_project(cast)), status)


def test_a_bare_second_appraisal_does_not_commit(committed_cast: Cast) -> None:
    project, by = make.resubmitted_project(committed_cast), committed_cast["project_clerk"]
    said = refusal_of(project, "appraise_again", by)
    assert said.startswith(("YC020", "YC004"))
    assert not Decision.objects.filter(action="appraise_again").exists()
    reading = (
        "INSERT INTO projects_differencereading (version_id, user_id, at)"
        " SELECT max(id), %(by)s, now() FROM projects_projectversion",
        {"by": by.pk},
    )
    step = workflow_of(project).find("appraise_again", project.status)
    assert step
    opinions = [{"code": c.code, "result": c.pass_label or "符合"} for c in step.questions(project)]
    said = refusal_of(project, "appraise_again", by, opinions=opinions)
    assert "没有打开" in said
    said = refusal_of(project, "appraise_again", by, opinions=opinions, rows=[reading])
    assert "没有设会审单位" in said
