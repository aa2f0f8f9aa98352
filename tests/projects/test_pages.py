from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from approvals.actions import available
from projects.models import Project
from projects.services import propose_project
from tests import factories as make
from tests.cast import Cast
from tests.pages import queries_of
from tests.projects.pages import enter, project_input, read, send

PRINTED = ("下岔河村库房建设项目", "人民币伍拾万元整", "480,000.00", "永宁镇下岔河村")


def test_list_has_figures_holder_and_totals(client: Client, cast: Cast) -> None:
    make.payment_at(cast, "paid", 123_456)
    page = read(enter(client, cast, "auditor"), "/projects/")
    for words in (
        "下岔河村库房建设项目",
        "500,000.00",
        "123,456.00",
        "永宁镇人民政府 王秋",
        "限 180 个工作日",
    ):
        assert words in page
    assert "合计 1 个项目" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("words=xchckf", True),
        ("words=652826-2025-0001", True),
        ("words=自来水", False),
        ("status=draft", True),
        ("status=closed", False),
        ("year=2025", True),
        ("year=99999999999", True),
        ("year=abc", True),
        ("status=nonsense", True),
        ("page=99999", True),
    ],
)
def test_list_filters(client: Client, cast: Cast, query: str, found: bool) -> None:
    make.draft_project(cast)
    page = read(enter(client, cast, "project_clerk"), f"/projects/?{query}")
    assert ("下岔河村库房建设项目" in page) == found


def test_list_filters_by_township_and_type_above(client: Client, cast: Cast) -> None:
    project = make.draft_project(cast)
    enter(client, cast, "project_clerk")
    assert project.name in read(client, f"/projects/?township={cast.township.pk}")
    assert project.name in read(client, f"/projects/?type={project.type.parent_id}")
    other = type(cast.township).objects.get(name="七个星镇")
    assert project.name not in read(client, f"/projects/?township={other.pk}")


def test_overdue_is_said_in_words(client: Client, cast: Cast) -> None:
    project = make.draft_project(cast)
    since = project.status_since.replace(year=project.status_since.year - 1)
    Project.objects.filter(pk=project.pk).update(status_since=since)
    assert "超期" in read(enter(client, cast, "auditor"), "/projects/")


@pytest.mark.parametrize("path", ["", "print/", "notices/", "notices/publish/N01/", "targets/"])
def test_another_townships_project_does_not_exist(client: Client, cast: Cast, path: str) -> None:
    project = make.draft_project(cast)
    read(enter(client, cast, "other_township_clerk"), f"/projects/{project.pk}/{path}", 404)
    read(enter(client, cast, "other_finance_head"), f"/projects/{project.pk}/{path}", 404)
    read(enter(client, cast, "system_admin"), f"/projects/{project.pk}/{path}", 403)


def test_detail_shows_the_whole_thread(client: Client, cast: Cast) -> None:
    request = make.payment_at(cast, "paid", 100_000)
    page = read(enter(client, cast, "auditor"), f"/projects/{request.project_id}/")
    for words in (
        "巴财农〔2025〕11号", "400,000.00", "焉耆兴农建设有限公司", "村民代表会议", "反馈意见书",
        "审定同意", "480,000.00", "焉扶领纪〔2025〕3号", "修改记录", "≥1",
    ):  # fmt: skip
        assert words in page
    assert request.get_absolute_url() in page
    request.refresh_from_db()
    assert request.pay_voucher and request.pay_voucher.get_absolute_url() in page


def test_people_outside_finance_get_no_dead_links(client: Client, cast: Cast) -> None:
    request = make.payment_at(cast, "paid")
    page = read(enter(client, cast, "village_cadre"), f"/projects/{request.project_id}/")
    assert "巴财农〔2025〕11号" in page
    assert "/allotments/" not in page and "/vouchers/" not in page


def test_a_button_that_does_nothing_says_why(client: Client, cast: Cast) -> None:
    project = make.noticed_project(cast)
    page = read(enter(client, cast, "village_cadre"), f"/projects/{project.pk}/")
    assert "尚未发布村级申报项目公示" in page and "aria-disabled" in page
    action = next(a for a in available(project, cast["village_cadre"]) if a.action == "submit")
    assert action.who_can_clear in page


def test_printed_proposal(client: Client, cast: Cast) -> None:
    project = make.draft_project(cast)
    page = read(enter(client, cast, "township_clerk"), f"/projects/{project.pk}/print/")
    for words in PRINTED:
        assert words in page


@pytest.mark.parametrize("who", ["village_cadre", "work_team", "township_clerk"])
def test_propose(client: Client, cast: Cast, who: str) -> None:
    read(enter(client, cast, who), "/projects/new/")
    send(client, "/projects/new/", project_input(cast))
    project = Project.objects.get()
    assert project.status == Project.Status.DRAFT
    assert {p.division_id for p in project.places.all()} == {cast.village.pk, cast.township.pk}
    assert [str(item.quantity) for item in project.work_items.all()] == ["480.500"]
    assert project.self_raised == 0


def test_propose_is_closed_to_others(client: Client, cast: Cast) -> None:
    read(enter(client, cast, "finance_clerk"), "/projects/new/", 403)
    send(client, "/projects/new/", project_input(cast), 403)
    assert not Project.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"requested_amount": "-1"}, "requested_amount", "金额不能为负数"),
        ({"requested_amount": "0"}, "requested_amount", "金额必须大于零"),
        ({"total_investment": "1.234"}, "total_investment", "最多两位小数"),
        ({"total_investment": "9" * 20}, "total_investment", "金额过大"),
        ({"self_raised": "1万"}, "total_investment", "小于申请财政资金与自筹之和"),
        ({"households": "500"}, "households", "多于受益人数"),
        ({"poor_households": "121", "poor_people": "130"}, "poor_households", "多于受益户数"),
        ({"poor_people": "431"}, "poor_people", "多于受益人数"),
        ({"planned_end": "2024-01-01"}, "planned_end", "早于计划开工"),
        ({"content": "联系吴春 13800138000"}, "content", "手机号"),
        ({"causes": ""}, "causes", "必填"),
        ({"year": "70000"}, "year", "2100"),
    ],
)
def test_bad_input_is_answered_at_its_field(
    client: Client, cast: Cast, changes: dict[str, Any], field: str, message: str
) -> None:
    enter(client, cast, "village_cadre")
    response = client.post("/projects/new/", project_input(cast, **changes))
    assert response.status_code == 200
    assert message in " ".join(response.context["form"].errors[field])
    assert list(response.context["form"].errors) == [field]
    assert not Project.objects.exists()


def test_full_width_amounts_are_understood(client: Client, cast: Cast) -> None:
    enter(client, cast, "village_cadre")
    send(client, "/projects/new/", project_input(cast, total_investment="６０万"))
    assert Project.objects.get().total_investment == make.yuan(600_000)


def test_a_place_outside_the_county_and_a_village_of_others_are_refused(
    client: Client, cast: Cast
) -> None:
    enter(client, cast, "village_cadre")
    other = type(cast.village).objects.get(name="夏热采开村")
    for changes, field in (
        ({"places": [cast.other_county.pk]}, "places"),
        ({"division": other.pk}, "division"),
    ):
        response = client.post("/projects/new/", project_input(cast, **changes))
        assert field in response.context["form"].errors
    assert not Project.objects.exists()


@pytest.mark.parametrize("press", ["search_places", "add_rows"])
def test_asking_for_more_keeps_what_was_typed(client: Client, cast: Cast, press: str) -> None:
    enter(client, cast, "village_cadre")
    typed = project_input(
        cast, **{press: "1", "place_words": "qgx", "name": "只写了一半", "causes": ""}
    )
    type(cast.village).objects.filter(name="七个星镇").update(pinyin="qigexingzhen qgxz")
    page = send(client, "/projects/new/", typed, 200)
    assert "只写了一半" in page and 'value="480.5"' in page
    assert "七个星镇" in page and "夏热采开村" in page
    assert 'name="items-5-name"' in page
    assert "errorlist" not in page
    assert not Project.objects.exists()


def test_place_fragment(client: Client, cast: Cast) -> None:
    url = f"/projects/places/?place_words=七个星&places={cast.village.pk}"
    page = read(enter(client, cast, "village_cadre"), url)
    assert "七个星镇" in page and "checked" in page and "和静" not in page
    read(enter(client, cast, "auditor"), url, 403)


def test_edit_keeps_history_with_its_reason(client: Client, cast: Cast) -> None:
    project = make.draft_project(cast)
    enter(client, cast, "village_cadre")
    assert 'value="480.000"' in read(client, f"/projects/{project.pk}/edit/")
    changed = project_input(cast, content="新建库房两座", reason="按群众意见增加")
    send(client, f"/projects/{project.pk}/edit/", changed)
    page = read(client, f"/projects/{project.pk}/")
    for words in ("按群众意见增加", "新建库房两座", "新建库房一座，480平方米", "吴春"):
        assert words in page


def test_edit_needs_a_reason(client: Client, cast: Cast) -> None:
    project = make.draft_project(cast)
    enter(client, cast, "village_cadre")
    page = send(client, f"/projects/{project.pk}/edit/", project_input(cast), 200)
    assert "修改事由" in page
    assert Project.history.count() == 1


def test_edit_is_closed(client: Client, cast: Cast) -> None:
    project = make.submitted_project(cast)
    url = f"/projects/{project.pk}/edit/"
    assert "乡镇审核" in read(enter(client, cast, "village_cadre"), url, 409)
    send(client, url, project_input(cast, reason="改"), 409)
    read(enter(client, cast, "township_reviewer"), url, 403)
    read(enter(client, cast, "other_village_cadre"), url, 404)


def test_lists_take_the_same_queries_for_five_and_fifty(client: Client, cast: Cast) -> None:
    enter(client, cast, "auditor")
    counts = []
    for wanted in (5, 50):
        while Project.objects.count() < wanted:
            propose_project(
                division=cast.village,
                by=cast["village_cadre"],
                facts=make.project_facts(cast, f"项目{Project.objects.count()}"),
                places=[cast.village, cast.township],
            )
        counts.append(len(queries_of(client, "/projects/")))
    assert counts[0] == counts[1] <= 30
