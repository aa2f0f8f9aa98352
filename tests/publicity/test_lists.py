"""Everything that hangs, and everything held against it, in one's own territory."""

from __future__ import annotations

import pytest
from django.test import Client

from projects.models import Project
from publicity.models import Notice, Objection
from tests import factories as make
from tests.cast import Cast
from tests.pages import queries_of
from tests.projects.pages import enter, read
from tests.publicity.hanging import awaited_project, posted, published


def shown(client: Client, query: str, path: str = "/notices/") -> set[str]:
    page = read(client, f"{path}?{query}")
    numbers = Notice.objects.values_list("number", flat=True)
    return {number for number in numbers if number in page}


@pytest.fixture
def board(cast: Cast) -> dict[str, Notice]:
    """One notice of each standing."""
    project = awaited_project(cast)
    old = posted(cast, 20, project)
    project.targets.filter(aspect="SAT").delete()
    void = make.objection(cast)
    make.do(void, "investigate", cast, "project_clerk", {"investigating_unit": "县扶贫办"})
    facts = {"conclusion": "partly", "measures": "重新公示", "remedy": "restart"}
    make.do(void, "answer", cast, "project_clerk", facts)
    return {
        "superseded": old,
        "unposted": published(cast, project),
        "running": posted(cast, 3),
        "over": posted(cast, 11),
        "void": void.notice,
        "objected": make.objection(cast).notice,
    }


@pytest.mark.parametrize(
    ("standing", "found"),
    [
        ("", {"unposted", "running", "over", "void", "objected"}),
        ("unposted", {"unposted"}),
        ("running", {"running"}),
        ("over", {"over", "objected"}),
        ("void", {"void"}),
        ("objected", {"objected"}),
        ("superseded", {"superseded"}),
    ],
)
def test_the_list_tells_how_each_stands(
    client: Client, cast: Cast, board: dict[str, Notice], standing: str, found: set[str]
) -> None:
    enter(client, cast, "auditor")
    expected = {board[name].number for name in found}
    assert shown(client, f"standing={standing}") == expected


def test_a_row_says_in_words_what_the_filter_asks(
    client: Client, cast: Cast, board: dict[str, Notice]
) -> None:
    words = {
        "unposted": "待张贴", "running": "公示中", "over": "公示期满", "void": "须重新公示",
        "superseded": "已由新版替代",
    }  # fmt: skip
    for name, standing in words.items():
        assert Notice.objects.get(pk=board[name].pk).standing == standing


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("words=公示-0001", True),
        ("words=不存在", False),
        ("words=库房", True),
        ("type=N01", True),
        ("type=N02", False),
        ("type=nonsense", True),
        ("standing=nonsense", True),
        ("page=99", True),
    ],
)
def test_the_list_is_narrowed(client: Client, cast: Cast, query: str, is_found: bool) -> None:
    notice = posted(cast, 3)
    enter(client, cast, "project_clerk")
    assert (notice.number in shown(client, query)) == is_found
    assert notice.number in shown(client, f"words={notice.check_code}")


def test_ones_own_territory_only(client: Client, cast: Cast) -> None:
    notice, objection = posted(cast, 3), make.objection(cast)
    for who in ("other_township_clerk", "other_finance_head"):
        enter(client, cast, who)
        assert shown(client, "") == set()
        assert objection.receipt not in read(client, "/objections/")
    enter(client, cast, "township_reviewer")
    assert notice.number in shown(client, "")
    assert objection.receipt in read(client, "/objections/")
    for path in ("/notices/", "/objections/"):
        read(enter(client, cast, "system_admin"), path, 403)


def test_who_sees_several_counties_may_choose_one(client: Client, cast: Cast) -> None:
    notice = posted(cast, 3)
    enter(client, cast, "prefecture_clerk")
    assert shown(client, f"county={cast.county.pk}") == {notice.number}
    assert shown(client, f"county={cast.other_county.pk}") == set()
    assert 'name="county"' not in read(enter(client, cast, "auditor"), "/notices/")


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("status=open", True),
        ("status=received", True),
        ("status=answered", False),
        ("status=late", False),
        ("channel=phone", True),
        ("channel=letter", False),
        ("words=库房", True),
        ("words=ZZZ", False),
    ],
)
def test_objections_are_narrowed(client: Client, cast: Cast, query: str, is_found: bool) -> None:
    objection = make.objection(cast)
    page = read(enter(client, cast, "project_clerk"), f"/objections/?{query}")
    assert (objection.receipt in page) == is_found


def test_lists_take_the_same_queries_for_three_and_twelve(client: Client, cast: Cast) -> None:
    enter(client, cast, "auditor")
    paths = ("/notices/", "/objections/", "/api/notices/", "/api/objections/")
    counts = []
    for wanted in (3, 12):
        while Objection.objects.count() < wanted:
            make.objection(cast)
        counts.append([len(queries_of(client, path)) for path in paths])
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 30


def test_the_page_of_a_project_takes_as_many_queries_for_more_versions(
    client: Client, cast: Cast
) -> None:
    project = Project.objects.get(pk=posted(cast, 3).subject_id)
    enter(client, cast, "auditor")
    counts = []
    for aspect in ("SAT", "SOC"):
        counts.append(len(queries_of(client, f"/projects/{project.pk}/notices/")))
        project.targets.filter(aspect=aspect).delete()
        published(cast, project)
    assert counts[0] == counts[1]
