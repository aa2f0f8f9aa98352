from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from projects.library import carry_over, rank_projects, record_entry
from projects.models import CarryOver, LibraryEntry, LibraryExit, Project
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.clocks import pin
from tests.pages import queries_of
from tests.projects.pages import enter, read, send

IN_QUARTER, OUTSIDE = "2025-11-20T10:00", "2025-06-20T10:00"


def again(client: Client, cast: Cast) -> None:
    """At another time: the session of the former one is over."""
    client.logout()
    enter(client, cast, "project_reviewer")


def test_each_stands_in_its_tab(client: Client, cast: Cast) -> None:
    draft, entered = make.draft_project(cast), make.project_before_meeting(cast)
    closed = make.draft_project(cast)
    lives.place(closed, "closed", cast)
    enter(client, cast, "auditor")
    for stage, project in (("reserve", draft), ("entered", entered), ("left", closed)):
        page = read(client, f"/library/?stage={stage}")
        shown = [p for p in (draft, entered, closed) if p.name in page]
        assert shown == [project], stage
    assert entered.name in read(client, "/library/?stage=other")


def test_filters(client: Client, cast: Cast) -> None:
    project = make.determined_project(cast)
    enter(client, cast, "auditor")
    category = project.sources.get().allotment.category_id
    township = cast.township.pk
    for query, is_there in (
        ("year=2025", True), ("year=2024", False), (f"township={township}", True),
        (f"category={category}", True), (f"category={category + 1}", False),
        (f"type={project.type_id}", True), (f"type={project.type_id + 1}", False),
    ):  # fmt: skip
        assert (project.name in read(client, f"/library/?{query}")) == is_there, query


def test_totals_and_what_is_known(client: Client, cast: Cast) -> None:
    project = make.determined_project(cast, 450_000)
    record_entry(
        projects=[project], county=cast.county, document_number="焉扶办〔2025〕3号",
        by=cast["project_clerk"],
    )  # fmt: skip
    page = read(enter(client, cast, "auditor"), "/library/")
    assert "合计 1 个项目" in page and "450,000.00" in page and "焉扶办〔2025〕3号" in page


def test_numbers_are_typed_and_saved_together(client: Client, cast: Cast) -> None:
    first, second = (make.project_before_meeting(cast) for _ in range(2))
    enter(client, cast, "project_clerk")
    url = "/library/rank/?year=2025"
    assert first.name in read(client, url)
    both = {f"rank_{first.pk}": 1, f"rank_{second.pk}": 1}
    page = send(client, url, both, 200)
    assert f"与“{first}”的排序号重复" in page and 'value="1"' in page
    page = send(client, url, {**both, f"rank_{second.pk}": 0}, 200)
    assert "尚未保存" in page
    send(client, url, {**both, f"rank_{second.pk}": 2})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.rank, second.rank) == (1, 2)
    send(client, url, {f"rank_{second.pk}": 1})
    first.refresh_from_db()
    assert first.rank is None
    assert "没有入库待审定的项目" in read(client, "/library/rank/?year=2020")


def test_the_secretary_sees_the_number(client: Client, cast: Cast) -> None:
    project, held = make.project_before_meeting(cast), make.meeting(cast)
    by = cast["project_clerk"]
    rank_projects(county=cast.county, year=2025, numbers={project.pk: 7}, by=by)
    enter(client, cast, "group_secretary")
    assert "排序 7" in read(client, f"/meetings/{held.pk}/agenda/")


def test_entry_numbers(client: Client, cast: Cast) -> None:
    project = make.project_before_meeting(cast)
    enter(client, cast, "project_clerk")
    assert project.name in read(client, "/library/entries/")
    page = send(client, "/library/entries/", {"document_number": "焉扶办[2025]3号"}, 200)
    assert "请选择项目" in page and "焉扶办[2025]3号" in page
    send(
        client,
        "/library/entries/",
        {"projects": [project.pk], "document_number": "焉扶办[2025]3号"},
    )
    assert LibraryEntry.objects.get().document_number == "焉扶办〔2025〕3号"
    assert project.name not in read(client, "/library/entries/")


def test_into_the_next_year(client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make.draft_project(cast)
    enter(client, cast, "project_reviewer")
    url = "/library/carry/?year=2025"
    with monkeypatch.context() as before:
        pin(before, OUTSIDE)
        chosen = {"projects": [project.pk], "reason": "资金不足"}
        assert "起才可以转入下年" in send(client, url, chosen, 409)
    with monkeypatch.context() as now:
        pin(now, IN_QUARTER)
        again(client, cast)
        assert "请选择项目" in send(client, url, {"reason": "资金不足"}, 200)
        send(client, url, chosen)
    assert CarryOver.objects.get().project == project
    again(client, cast)
    page = read(client, "/library/?stage=reserve&year=2026")
    assert project.name in page and "由2025年度转入" in page


def test_out_of_the_library_by_its_form(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make.draft_project(cast)
    enter(client, cast, "project_reviewer")
    url = f"/act/projects.project/{project.pk}/leave_library/"
    with monkeypatch.context() as outside:
        pin(outside, OUTSIDE)
        assert "集中调整期外出库的特殊事由" in read(client, url)
        send(client, url, {"reason": "policy", "note": "政策调整"}, 422)
    with monkeypatch.context() as within:
        pin(within, IN_QUARTER)
        again(client, cast)
        assert "特殊事由" not in read(client, url)
        send(client, url, {"reason": "policy", "note": "不再支持"})
    assert LibraryExit.objects.get().note == "不再支持"
    again(client, cast)
    assert "政策调整：不再支持" in read(client, "/library/?stage=left")


def test_exported(client: Client, cast: Cast) -> None:
    project = make.determined_project(cast, 450_000)
    enter(client, cast, "auditor")
    response = client.get("/library/export/?stage=entered&year=2025")
    rows = list(load_workbook(io.BytesIO(response.getvalue()))["项目库"].values)
    assert rows[1][1] == "入库" and rows[1][5:7] == (project.code, project.name)
    assert rows[1][16] == 450_000 and rows[-1][16] == 450_000 and len(rows) == 3
    assert len(list(load_workbook(
        io.BytesIO(client.get("/library/export/?stage=left").getvalue())
    )["项目库"].values)) == 2  # fmt: skip


def test_outside_the_territory_nothing_is_there(client: Client, cast: Cast) -> None:
    project = make.project_before_meeting(cast)
    for who in ("other_group_member", "other_village_cadre"):
        assert project.name not in read(enter(client, cast, who), "/library/")
    enter(client, cast, "other_group_member")
    read(client, "/library/rank/", 403)


def test_another_county_s_clerk_ranks_his_own(client: Client, cast: Cast) -> None:
    """A foreign county in the address is not taken."""
    project = make.project_before_meeting(cast)
    post = cast.post("other_group_member")
    post.pk, post.role = None, "project_clerk"
    post.save(force_insert=True)
    enter(client, cast, "other_group_member")
    page = read(client, f"/library/rank/?county={cast.county.code}&year=2025")
    assert project.name not in page
    send(client, "/library/rank/?year=2025", {f"rank_{project.pk}": 1})
    project.refresh_from_db()
    assert project.rank is None


def test_as_many_queries_for_fifty_as_for_five(client: Client, cast: Cast) -> None:
    for _ in range(5):
        make.draft_project(cast)
    enter(client, cast, "auditor")
    page = "/library/?stage=reserve"
    few = len(queries_of(client, page))
    for _ in range(45):
        make.draft_project(cast)
    assert len(queries_of(client, page)) == few <= 32


def test_carried_projects_keep_their_page(client: Client, cast: Cast, monkeypatch: Any) -> None:
    pin(monkeypatch, IN_QUARTER)
    project = make.project_before_meeting(cast)
    carry_over(project=project, by=cast["project_reviewer"], reason="资金不足")
    monkeypatch.undo()
    page = read(enter(client, cast, "auditor"), project.get_absolute_url())
    assert "转入下年：资金不足" in page
    assert Project.objects.get(pk=project.pk).year == 2026
