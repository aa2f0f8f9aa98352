from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from approvals.workflow import ConditionUnmet, IncompatibleDuty
from organizations.models import Post, Role
from organizations.policies import Refused
from projects.models import Project
from publicity.models import Notice, Objection
from publicity.services import publish_notice, receive_public_objection, register_objection
from tests import factories as make
from tests.cast import SINCE, Cast
from tests.projects.pages import enter, project_input, read, send
from tests.publicity.hanging import awaited_project, post, posted

R = Objection.Remedy
C = Objection.Conclusion


def heard(**changes: Any) -> dict[str, Any]:
    return {
        "channel": "phone",
        "received_on": make.today(),
        "paper_file_number": "",
        "summary": "公示的库房面积与村民代表会议议定的不一致",
        **changes,
    }


def registered(cast: Cast, notice: Notice, **changes: Any) -> Objection:
    facts = {**heard(), "is_named": False, "by": cast["township_clerk"], **changes}
    return register_objection(notice=notice, **facts)


def answer(
    cast: Cast, objection: Objection, conclusion: str = C.UNFOUNDED, remedy: str = R.NONE,
    who: str = "township_reviewer",
) -> None:  # fmt: skip
    unit = {"investigating_unit": "永宁镇人民政府"}
    make.do(objection, "investigate", cast, who, unit)
    facts = {"conclusion": conclusion, "measures": "已现场丈量并当面说明", "remedy": remedy}
    make.do(objection, "answer", cast, who, facts)


@pytest.fixture
def project(cast: Cast) -> Project:
    """With a notice whose days have run."""
    project = awaited_project(cast)
    posted(cast, 20, project)
    return project


@pytest.fixture
def notice(project: Project) -> Notice:
    return Notice.objects.get(project=project)


# --- Writing it down --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "who",
    ["village_cadre", "work_team", "township_clerk", "township_reviewer", "project_clerk",
     "project_reviewer"],
)  # fmt: skip
def test_whoever_hears_it_writes_it_down(
    client: Client, cast: Cast, notice: Notice, who: str
) -> None:
    url = f"/notices/{notice.pk}/objections/new/"
    enter(client, cast, who)
    assert url in read(client, notice.get_absolute_url())
    read(client, url)
    send(client, url, heard())
    objection = Objection.objects.get()
    assert (objection.status, objection.registered_by) == ("received", cast[who])
    assert (objection.is_named, objection.reply_due_on) == (False, None)
    for page in (objection.get_absolute_url(), notice.get_absolute_url()):
        assert objection.receipt in read(client, page)


@pytest.mark.parametrize(
    ("who", "status"),
    [("auditor", 403), ("industry_reviewer", 403), ("other_village_cadre", 404),
     ("other_group_member", 404), ("system_admin", 403)],
)  # fmt: skip
def test_others_do_not(client: Client, cast: Cast, notice: Notice, who: str, status: int) -> None:
    send(enter(client, cast, who), f"/notices/{notice.pk}/objections/new/", heard(), status)
    assert not Objection.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"summary": "吴春的电话是13800138000"}, "summary", "个人信息"),
        ({"summary": "身份证11010519491231002X"}, "summary", "个人信息"),
        ({"summary": ""}, "summary", "必填"),
        ({"is_named": "on"}, "paper_file_number", "须填写封存原件的编号"),
        ({"is_named": "on", "paper_file_number": "13800138000"}, "paper_file_number", "个人信息"),
        ({"channel": "web"}, "channel", "web"),
        ({"received_on": "2099-01-01"}, "received_on", "在今天之后"),
        ({"received_on": "2020-01-01"}, "received_on", "之前"),
    ],
)
def test_bad_input_is_answered_at_its_field(
    client: Client, cast: Cast, notice: Notice, changes: dict[str, Any], field: str, words: str
) -> None:
    enter(client, cast, "township_clerk")
    response = client.post(f"/notices/{notice.pk}/objections/new/", heard(**changes))
    assert words in " ".join(response.context["form"].errors[field])
    assert not Objection.objects.exists()


def test_there_is_no_place_for_a_name_or_a_telephone() -> None:
    columns = {field.name for field in Objection._meta.get_fields()}
    assert columns == {
        "id", "notice", "division", "receipt", "status", "status_since", "channel", "received_on",
        "is_named", "paper_file_number", "summary", "reply_due_on", "registered_by",
        "registered_at", "investigating_unit", "conclusion", "measures", "remedy", "answered_on",
        "voids",
    }  # fmt: skip


def test_who_gave_his_name_is_replied_to_in_time(cast: Cast, notice: Notice) -> None:
    received_on = make.today() - dt.timedelta(days=20)
    named = {"is_named": True, "paper_file_number": "封2026-3", "received_on": received_on}
    objection = registered(cast, notice, **named)
    assert objection.reply_due_on == make.today()
    assert not objection.reply_is_late
    objection.reply_due_on = make.today() - dt.timedelta(days=1)
    assert objection.reply_is_late


def test_a_receipt_is_not_guessed(cast: Cast, notice: Notice) -> None:
    receipts = {registered(cast, notice).receipt for _ in range(5)}
    assert len(receipts) == 5 and all(len(receipt) == 12 for receipt in receipts)


# --- Looking into it --------------------------------------------------------------------------


def test_it_is_looked_into_and_answered_on_the_pages(
    client: Client, cast: Cast, notice: Notice
) -> None:
    objection = registered(cast, notice)
    enter(client, cast, "township_reviewer")
    assert objection.receipt in read(client, "/inbox/")
    act = f"/act/publicity.objection/{objection.pk}"
    read(client, f"{act}/investigate/")
    send(client, f"{act}/investigate/", {"investigating_unit": "永宁镇人民政府", "comment": ""})
    reply = {"conclusion": "unfounded", "remedy": "restart", "measures": "已说明", "comment": ""}
    assert "不重新公示" in send(client, f"{act}/answer/", reply, 422)
    send(client, f"{act}/answer/", {**reply, "remedy": "none"})
    objection.refresh_from_db()
    assert (objection.status, objection.conclusion) == ("answered", "unfounded")
    assert objection.answered_on == make.today()
    page = read(client, objection.get_absolute_url())
    for words in ("永宁镇人民政府", "不属实", "已说明", "冯冬"):
        assert words in page


@pytest.mark.parametrize("who", ["township_reviewer", "project_clerk", "project_reviewer"])
def test_who_answers(cast: Cast, notice: Notice, who: str) -> None:
    objection = registered(cast, notice)
    answer(cast, objection, who=who)
    assert objection.status == "answered"


def test_who_proposed_the_project_does_not_answer(cast: Cast, notice: Notice) -> None:
    objection = registered(cast, notice)
    Post.objects.create(
        user=cast.users["village_cadre"], role=Role.TOWNSHIP_REVIEWER, title="副镇长",
        organization=cast.post("township_reviewer").organization, valid_from=SINCE,
        accepted_at=timezone.now(),
    )  # fmt: skip
    with pytest.raises(IncompatibleDuty, match="提出"):
        answer(cast, objection, who="village_cadre")


def test_who_answered_does_not_propose_it_later(cast: Cast, notice: Notice) -> None:
    answer(cast, registered(cast, notice))
    Post.objects.create(
        user=cast.users["township_reviewer"], role=Role.VILLAGE_CADRE, title="包村",
        organization=cast.post("village_cadre").organization, valid_from=SINCE,
        accepted_at=timezone.now(),
    )  # fmt: skip
    with pytest.raises(IncompatibleDuty, match="调查答复"):
        make.do(notice.project or awaited_project(cast), "submit", cast, "township_reviewer")


def test_another_county_sees_no_objection(client: Client, cast: Cast, notice: Notice) -> None:
    url = registered(cast, notice).get_absolute_url()
    read(enter(client, cast, "auditor"), url)
    read(enter(client, cast, "other_village_cadre"), url, 404)
    read(enter(client, cast, "other_group_member"), url, 404)
    read(enter(client, cast, "system_admin"), url, 403)


# --- What it stands in the way of -------------------------------------------------------------


def refused(cast: Cast, project: Project) -> Refused:
    with pytest.raises(ConditionUnmet) as caught:
        make.do(project, "submit", cast, "village_cadre")
    return caught.value


def test_an_open_objection_keeps_the_project(cast: Cast, project: Project, notice: Notice) -> None:
    objection = registered(cast, notice)
    found = refused(cast, project).refusal
    assert f"异议 {objection.receipt}（来电）现为“受理”，尚未答复" in found.reason
    assert "乡镇审核" in found.who_can_clear and "二(三)" in found.clause
    unit = {"investigating_unit": "永宁镇人民政府"}
    make.do(objection, "investigate", cast, "township_reviewer", unit)
    assert "调查中" in refused(cast, project).refusal.reason


def test_once_answered_the_project_goes_on(cast: Cast, project: Project, notice: Notice) -> None:
    answer(cast, registered(cast, notice))
    make.do(project, "submit", cast, "village_cadre")
    assert project.status == "township_review"


def test_one_from_the_public_page_counts_as_well(
    cast: Cast, project: Project, notice: Notice
) -> None:
    receive_public_objection(notice=notice, summary="不同意在此处建设")
    assert "（网络）" in refused(cast, project).refusal.reason


def test_an_objection_to_an_earlier_notice_keeps_the_second_submission(cast: Cast) -> None:
    project = make.revised_project(cast)
    make.run_notice(cast, project)
    first = Notice.objects.get(project=project, type__code="N01")
    registered(cast, first)
    with pytest.raises(ConditionUnmet, match="尚未答复"):
        make.do(project, "resubmit", cast, "township_reviewer")


def test_another_projects_objection_does_not(cast: Cast, project: Project) -> None:
    make.objection(cast)
    make.do(project, "submit", cast, "village_cadre")
    assert project.status == "township_review"


def test_begun_anew_the_days_count_anew(cast: Cast, project: Project, notice: Notice) -> None:
    objection = registered(cast, notice)
    answer(cast, objection, C.PARTLY, R.RESTART)
    assert Objection.objects.get().voids == notice
    assert Notice.objects.get(pk=notice.pk).standing == "须重新公示"
    assert "第1版因异议须重新公示，天数重新计算" in refused(cast, project).refusal.reason
    again = publish_notice(subject=project, code="N01", by=cast["village_cadre"])
    assert (again.version, again.content) == (2, notice.content)
    assert Notice.objects.get(pk=notice.pk).standing == "已由新版替代"
    assert "尚未登记张贴" in refused(cast, project).refusal.reason
    post(cast, again)
    assert "未满期" in refused(cast, project).refusal.reason


def test_after_the_new_days_the_project_goes_on(
    cast: Cast, project: Project, notice: Notice
) -> None:
    answer(cast, registered(cast, notice), C.PARTLY, R.RESTART)
    make.run_notice(cast, project)
    make.do(project, "submit", cast, "village_cadre")
    assert project.status == "township_review"


def test_what_is_upheld_is_corrected_before_it_is_announced_anew(
    client: Client, cast: Cast, project: Project, notice: Notice
) -> None:
    objection = registered(cast, notice)
    answer(cast, objection, C.UPHELD, R.CORRECT)
    with pytest.raises(Refused, match=f"异议 {objection.receipt} 属实，须先更正内容"):
        publish_notice(subject=project, code="N01", by=cast["village_cadre"])
    make.do(project, "withdraw", cast, "village_cadre", comment="按异议更正面积")
    typed = project_input(cast, name=project.name, content="新建库房450平方米", reason="异议属实")
    send(enter(client, cast, "village_cadre"), f"/projects/{project.pk}/edit/", typed)
    facts = make.meeting_facts(cast, project)
    make.do(project, "record_meeting", cast, "village_cadre", facts)
    again = publish_notice(subject=project, code="N01", by=cast["village_cadre"])
    assert again.version == 2 and "450" in again.text_of("建设内容")


def test_an_answer_voids_the_version_that_stands_today(
    cast: Cast, project: Project, notice: Notice
) -> None:
    late = registered(cast, notice)
    answer(cast, registered(cast, notice), C.PARTLY, R.RESTART)
    again = publish_notice(subject=project, code="N01", by=cast["village_cadre"])
    answer(cast, late, C.PARTLY, R.RESTART)
    assert Objection.objects.get(pk=late.pk).voids == again
