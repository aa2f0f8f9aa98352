from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from approvals.models import Meeting
from tests import factories as make
from tests.cast import Cast
from tests.projects.pages import enter, read, send


def minutes(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "county": cast.county.pk,
        "name": "2025年第3次会议",
        "minutes_document": "焉扶领纪[2025]3号",
        "held_on": make.today(),
        "chair": "杨岳",
        "members_due": 9,
        "members_present": 8,
        "agenda": "审定项目",
        **changes,
    }


def test_record(client: Client, cast: Cast) -> None:
    read(enter(client, cast, "group_secretary"), "/meetings/new/")
    send(client, "/meetings/new/", minutes(cast))
    meeting = Meeting.objects.get()
    assert meeting.minutes_document == "焉扶领纪〔2025〕3号"
    assert meeting.name in read(client, "/meetings/")
    assert "尚未审定项目" in read(client, f"/meetings/{meeting.pk}/")


def test_record_is_closed_to_others(client: Client, cast: Cast) -> None:
    read(enter(client, cast, "group_member"), "/meetings/new/", 403)
    send(client, "/meetings/new/", minutes(cast), 403)


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"members_present": 10}, "members_present", "多于应到"),
        ({"members_present": 5}, "members_present", "不足应到"),
        ({"held_on": "2099-01-01"}, "held_on", "在今天之后"),
        ({"county": 0}, "county", ""),
    ],
)
def test_bad_input(
    client: Client, cast: Cast, changes: dict[str, Any], field: str, message: str
) -> None:
    enter(client, cast, "group_secretary")
    response = client.post("/meetings/new/", minutes(cast, **changes))
    assert message in " ".join(response.context["form"].errors[field])


def test_the_same_minutes_are_recorded_once(client: Client, cast: Cast) -> None:
    enter(client, cast, "group_secretary")
    send(client, "/meetings/new/", minutes(cast))
    send(client, "/meetings/new/", minutes(cast), 200)
    assert Meeting.objects.count() == 1


def test_page_lists_what_was_decided(client: Client, cast: Cast) -> None:
    project = make.determined_project(cast, 450_000)
    meeting = Meeting.objects.get()
    enter(client, cast, "auditor")
    page = read(client, f"/meetings/{meeting.pk}/")
    assert project.name in page and "450,000.00" in page and "杨岳" in page
    assert "450,000.00" in read(client, "/meetings/")
    read(enter(client, cast, "other_finance_clerk"), f"/meetings/{meeting.pk}/", 404)
