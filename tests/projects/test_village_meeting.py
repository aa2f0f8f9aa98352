"""一上 in the village: four analyses, a meeting with its papers, and its record on paper."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client

from approvals.models import Decision, Evidence, PhotoUse
from approvals.workflow import ConditionUnmet
from config.demo.photos import picture, sheet
from organizations.models import Parameter
from organizations.policies import Refused
from projects.models import Project, VillageMeeting
from tests import factories as make
from tests.cast import Cast
from tests.projects.bare import Row, not_involved, refusal_of
from tests.projects.pages import NINE_PASSED, enter, read, send

SHARES = ("village_meeting.quorum", "village_meeting.majority")


def act_url(project: Project) -> str:
    return f"/act/projects.project/{project.pk}/record_meeting/"


def typed(**changes: Any) -> dict[str, Any]:
    today = make.today()
    return {**make.MEETING, **NINE_PASSED, "held_on": today, "seen_status": "draft", **changes}


def photo(seed: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{seed}.png", picture(seed))


def minutes(seed: str) -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{seed}.pdf", sheet(seed))


def set_share(key: str, setting: str, from_: dt.date) -> None:
    Parameter.objects.create(key=key, setting=setting, name="x", source="D", valid_from=from_)


# --- The four analyses ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("causes",), "致贫原因分析"),
        (("resources", "needs"), "资源禀赋分析、脱贫需求分析"),
        (("funding",), "资金保障分析"),
    ],
)
def test_no_meeting_before_the_analyses(
    client: Client, cast: Cast, names: tuple[str, ...], words: str
) -> None:
    project = make.draft_project(cast)
    Project.objects.filter(pk=project.pk).update(**dict.fromkeys(names, " "))
    page = read(enter(client, cast, "village_cadre"), act_url(project), 409)
    assert f"尚未填写{words}，" in page and "修改内容" in page
    project.refresh_from_db()
    with pytest.raises(ConditionUnmet, match=words):
        make.do(project, "record_meeting", cast, "village_cadre", make.meeting_facts(cast, project))


# --- The page ---------------------------------------------------------------------------------


def test_papers_go_up_with_the_record_and_stay_when_something_else_is_wrong(
    client: Client, cast: Cast
) -> None:
    project = make.draft_project(cast)
    enter(client, cast, "village_cadre")
    page = send(
        client,
        act_url(project),
        typed(present=20, minutes_file=minutes("纪要"), photos=[photo("甲"), photo("乙")]),
        422,
    )
    assert "实到 20 人，不足应到 45 人的 2/3（村民委员会组织法第二十六条）" in page
    for name in ("纪要.pdf", "甲.png", "乙.png"):
        assert f"已上传：{name}" in page
    kept = {e.name: e.sha256 for e in Evidence.objects.all()}
    send(
        client,
        act_url(project),
        typed(minutes_file=kept["纪要.pdf"], photos=[kept["甲.png"], kept["乙.png"]]),
    )
    meeting = VillageMeeting.objects.get()
    assert meeting.minutes_file == kept["纪要.pdf"]
    assert set(meeting.photos) == {kept["甲.png"], kept["乙.png"]}
    assert set(meeting.decision.evidence) == set(kept.values())
    assert PhotoUse.objects.filter(subject_id=project.pk).count() == 2


def test_a_photo_of_another_meeting_is_refused_at_its_field(client: Client, cast: Cast) -> None:
    first, second = make.draft_project(cast), make.draft_project(cast)
    enter(client, cast, "village_cadre")
    send(client, act_url(first), typed(minutes_file=minutes("一"), photos=[photo("同一张")]))
    answer = client.post(
        act_url(second), typed(minutes_file=minutes("二"), photos=[photo("同一张")])
    )
    assert answer.status_code == 422
    (said,) = answer.context["step_form"].errors["photos"]
    assert f"用于“村民代表会议 {first.name}”" in said and f"{make.today()}" in said
    assert list(answer.context["step_form"].errors) == ["photos"]
    assert VillageMeeting.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"photos": []}, "photos", "请上传至少 1 份"),
        ({"minutes_file": []}, "minutes_file", "请上传至少 1 份"),
        ({"photos": ["f" * 64]}, "photos", "没有上传过"),
        ({"present": 46}, "present", "多于应到"),
        ({"in_favour": 20}, "in_favour", "未过实到 40 人的 1/2"),
        ({"in_favour": 41}, "in_favour", "多于实到"),
        ({"held_on": "2017-12-31"}, "held_on", "还没有生效的到会和同意比例"),
        ({"held_on": "2999-01-01"}, "held_on", "在今天之后"),
        ({"minutes": "电话 13800138000"}, "minutes", "手机号"),
    ],
)
def test_bad_input_is_answered_at_its_field(
    client: Client, cast: Cast, changes: dict[str, Any], field: str, words: str
) -> None:
    project = make.draft_project(cast)
    papers = make.meeting_facts(cast, project)
    data = typed(minutes_file=papers["minutes_file"], photos=papers["photos"]) | changes
    answer = enter(client, cast, "village_cadre").post(act_url(project), data)
    assert answer.status_code == 422
    errors = answer.context["step_form"].errors
    assert words in " ".join(errors[field]) and list(errors) == [field]
    assert not Decision.objects.exists()


def test_who_records_it(client: Client, cast: Cast) -> None:
    project = make.draft_project(cast)
    for who, status in (("work_team", 200), ("township_reviewer", 403), ("auditor", 403)):
        read(enter(client, cast, who), act_url(project), status)
    read(enter(client, cast, "other_village_cadre"), act_url(project), 404)
    noticed = make.noticed_project(cast)
    read(enter(client, cast, "village_cadre"), act_url(noticed), 409)


def test_the_same_meeting_taken_back_and_recorded_again_shows_its_photos_again(
    client: Client, cast: Cast
) -> None:
    project = make.draft_project(cast)
    facts = make.meeting_facts(cast, project)
    make.do(project, "record_meeting", cast, "village_cadre", facts)
    make.do(project, "withdraw", cast, "village_cadre", comment="人数写错")
    enter(client, cast, "village_cadre")
    other_day = typed(**facts) | {"held_on": make.today() - dt.timedelta(days=1)}
    assert "不能重复使用" in send(client, act_url(project), other_day, 422)
    send(client, act_url(project), typed(**facts))
    assert VillageMeeting.objects.filter(project=project).count() == 2


# --- The shares are dated parameters, for the form and for the database ------------------------


def test_a_new_share_counts_from_its_day(client: Client, cast: Cast) -> None:
    today = make.today()
    set_share("village_meeting.quorum", "3/4", today)
    project = make.draft_project(cast)
    papers = make.meeting_facts(cast, project)
    enter(client, cast, "village_cadre")
    data = typed(**papers) | {"present": 32, "in_favour": 30}
    page = send(client, act_url(project), data, 422)
    assert "不足应到 45 人的 3/4" in page and "村民委员会组织法" not in page
    send(client, act_url(project), data | {"held_on": today - dt.timedelta(days=1)})


@pytest.mark.parametrize(
    ("present", "in_favour", "stands"),
    [(30, 16, True), (29, 29, False), (30, 15, False), (45, 23, True), (45, 22, False)],
)
def test_the_database_counts_by_two_thirds_and_more_than_half(
    cast: Cast, present: int, in_favour: int, stands: bool
) -> None:
    project = make.draft_project(cast)
    assert counted(cast, project, present, in_favour) is stands


@pytest.mark.parametrize(
    ("setting", "present", "stands"),
    [("1/2", 23, True), ("1/2", 22, False), ("0.8", 36, True), ("0.8", 35, False)],
)
def test_the_database_reads_the_quorum_of_the_day(
    cast: Cast, setting: str, present: int, stands: bool
) -> None:
    project = make.draft_project(cast)
    set_share("village_meeting.quorum", setting, make.today())
    assert counted(cast, project, present, present) is stands


def test_the_database_reads_the_majority_of_the_day(cast: Cast) -> None:
    project = make.draft_project(cast)
    set_share("village_meeting.majority", "2/3", make.today())
    assert not counted(cast, project, 45, 30)
    assert counted(cast, project, 45, 31)


def test_half_stays_the_floor(client: Client, cast: Cast) -> None:
    set_share("village_meeting.majority", "1/3", make.today())
    project = make.draft_project(cast)
    assert not counted(cast, project, 45, 22)
    data = typed(**make.meeting_facts(cast, project)) | {"present": 44, "in_favour": 22}
    page = send(enter(client, cast, "village_cadre"), act_url(project), data, 422)
    assert "未过实到 44 人的 1/2" in page


def counted(cast: Cast, project: Project, present: int, in_favour: int) -> bool:
    """Whether the table takes these heads, past the form."""
    facts = make.meeting_facts(cast, project) | {"present": present, "in_favour": in_favour}
    try:
        with transaction.atomic():
            make.do(project, "record_meeting", cast, "village_cadre", facts)
            transaction.set_rollback(True)
    except DatabaseError:
        return False
    except Refused as refused:
        if not isinstance(refused.__cause__, DatabaseError):
            raise
        return False
    return True


# --- The record -------------------------------------------------------------------------------


def test_the_record_links_its_papers_and_is_printed(client: Client, cast: Cast) -> None:
    project = make.submitted_project(cast)
    meeting = VillageMeeting.objects.get()
    papers = {e.sha256: e.pk for e in Evidence.objects.all()}
    page = read(enter(client, cast, "auditor"), f"/projects/{project.pk}/")
    assert f'src="/evidence/{papers[meeting.photos[0]]}/"' in page
    assert f'href="/evidence/{papers[meeting.minutes_file]}/"' in page
    assert meeting.minutes_file not in page
    assert f"/village-meetings/{meeting.pk}/print/" in page
    printed = read(client, f"/village-meetings/{meeting.pk}/print/")
    for words in (
        "永宁镇下岔河村", "40 人（不少于应到的 2/3（村民委员会组织法第二十六条））", "38 人",
        "讨论并表决", "同意申报", "缺少产业设施", "500,000.00", "会议照片", "吴春",
    ):  # fmt: skip
        assert words in printed


def test_the_printed_record_keeps_the_text_of_its_day(client: Client, cast: Cast) -> None:
    project = make.project_in_revision(cast)
    make.revise_text(cast, project, causes="原因改写")
    meeting = VillageMeeting.objects.get()
    printed = read(enter(client, cast, "auditor"), f"/village-meetings/{meeting.pk}/print/")
    assert "缺少产业设施" in printed and "原因改写" not in printed


# --- Plain SQL --------------------------------------------------------------------------------


def test_a_bare_decision_does_not_commit(committed_cast: Cast) -> None:
    cast = committed_cast
    project, by = make.draft_project(cast), cast["village_cadre"]
    assert "YC020" in refusal_of(project, "record_meeting", by)

    def refusal(rows: list[Row]) -> str:
        return refusal_of(project, "record_meeting", by, opinions=not_involved(), rows=rows)

    assert "缺村民代表会议记录" in refusal([])
    papers = make.meeting_facts(cast, project)
    said = refusal([meeting_row(project, papers)])
    assert "YC020" in said and "没有登记使用" in said
    row = meeting_row(project, papers | {"minutes_file": ["e" * 64]})
    assert "纪要原件" in refusal([row])
    use = (
        "INSERT INTO approvals_photouse (sha256, subject_type, subject_id, shown_for, used_by_id,"
        " used_at) VALUES (%(photo)s, 'projects.project', %(project)s, 'x', %(by)s, now())",
        {"photo": papers["photos"][0], "project": project.pk, "by": by.pk},
    )
    blank = ("UPDATE projects_project SET causes = ' ' WHERE id = %(project)s", use[1])
    rows = [meeting_row(project, papers), use]
    # The text is open while the village still works on it, but not from the decision on.
    with_blank = [blank, *rows]
    assert refusal(with_blank).startswith("YC004")
    Project.objects.filter(pk=project.pk).update(causes=" ")
    assert "分析不全" in refusal(rows)
    Project.objects.filter(pk=project.pk).update(causes="缺少产业设施")
    assert refusal(rows) == ""


def meeting_row(project: Project, facts: dict[str, Any]) -> Row:
    return (
        "INSERT INTO projects_villagemeeting (project_id, decision_id, held_on, due, present,"
        " in_favour, chair, minutes, proposal, minutes_file, photos) VALUES (%(project)s,"
        " %(decision)s, current_date, 45, 40, 38, 'x', 'x', 'x', %(minutes)s, %(photos)s)",
        {
            "project": project.pk,
            "minutes": facts["minutes_file"][0],
            "photos": facts["photos"],
        },
    )


def test_a_submission_without_its_text_does_not_commit(committed_cast: Cast) -> None:
    project = make.noticed_project(committed_cast)
    make.run_notice(committed_cast, project)
    assert "没有留存上报文本" in refusal_of(project, "submit", committed_cast["village_cadre"])
    assert Project.objects.get(pk=project.pk).status == "village_notice"
