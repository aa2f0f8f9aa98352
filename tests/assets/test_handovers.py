"""移交: three sides, three people, and the owner of the assets receives them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from approvals.holders import holders
from approvals.models import Decision
from approvals.waiting import waiting
from approvals.workflow import ConditionUnmet, IncompatibleDuty, WrongState
from assets.handovers import start_handover
from assets.models import Asset, Handover, HandoverItem
from assets.workflow import HANDOVER
from organizations.models import Post
from organizations.policies import Refused, WrongRole, role_names
from projects.models import Project
from tests import factories as make
from tests.assets import registering as reg
from tests.assets import using
from tests.cast import Cast
from tests.plain_sql import commit_rules
from tests.projects.pages import enter, read, send

ROLES_IN_PLAY = ("village_cadre", "township_clerk", "industry_reviewer")


def test_three_sides_sign_the_sheet(client: Client, cast: Cast) -> None:
    sheet = using.sign(cast, using.handover(cast))
    commit_rules()
    assert sheet.status == Handover.Status.CLOSED
    signed = Decision.objects.about(sheet.life(), sheet.pk).values_list("by__username", flat=True)
    assert list(signed) == ["township_reviewer", "village_cadre", "project_reviewer"]
    page = read(enter(client, cast, "auditor"), f"/handovers/{sheet.pk}/print/")
    for words in ("冯冬", "吴春", "蒋田", "保鲜库房", "验收报告、决算", "肆拾万元整"):
        assert words in page
    with pytest.raises(DatabaseError), transaction.atomic():
        HandoverItem.objects.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Handover.objects.update(receiver_name="别的单位")


def test_nobody_signs_twice(cast: Cast) -> None:
    sheet = using.handover(cast)
    make.do(sheet, "hand_over", cast, "township_reviewer")
    post = cast.post("village_cadre")
    post.pk, post.user = None, cast["township_reviewer"]
    post.save(force_insert=True)
    assert Post.objects.filter(user=cast["township_reviewer"]).count() == 2
    with pytest.raises(IncompatibleDuty):
        make.do(sheet, "receive", cast, "township_reviewer")


def test_the_owner_s_side_receives(cast: Cast) -> None:
    project = reg.awaiting(cast)
    reg.registered(cast, project, 100, name="村库房")
    with_township = {"owner_level": "township", "owner_name": "永宁镇人民政府", "name": "镇库房"}
    reg.registered(cast, project, 100, **with_township)
    with pytest.raises(Refused, match="同一产权人"):
        using.handover(cast, project)
    assets = Asset.objects.filter(name="镇库房")
    facts = {"handed_on": dt.date(2026, 1, 5)}
    with pytest.raises(WrongRole):
        start(cast, project, assets, facts, "village_cadre")
    sheet = start(cast, project, assets, facts)
    with pytest.raises(DatabaseError), transaction.atomic():
        start(cast, project, assets, facts)
    make.do(sheet, "hand_over", cast, "township_reviewer")
    with pytest.raises(WrongState) as twice:
        make.do(sheet, "hand_over", cast, "township_reviewer")
    assert twice.value.refusal.who_can_clear == role_names(["township_clerk"])
    (holder,) = holders([sheet])[sheet.life(), sheet.pk]
    assert holder.names == ("王秋",)
    waits = {who: waiting(HANDOVER, cast[who]).exists() for who in ROLES_IN_PLAY}
    assert waits == {"village_cadre": False, "township_clerk": True, "industry_reviewer": False}
    with pytest.raises(ConditionUnmet, match="产权属乡级的资产由乡镇经办接收"):
        make.do(sheet, "receive", cast, "village_cadre")
    make.do(sheet, "receive", cast, "township_clerk")
    make.do(sheet, "return", cast, "project_reviewer")
    commit_rules()


def start(
    cast: Cast, project: Project, assets: Any, facts: dict[str, Any], who: str = "township_clerk"
) -> Handover:
    return start_handover(project=project, assets=list(assets), by=cast[who], facts=facts)


def test_the_township_fills_in_the_sheet(client: Client, cast: Cast) -> None:
    asset = using.owned(cast)
    assert asset.project
    enter(client, cast, "township_clerk")
    address = f"/projects/{asset.project_id}/handovers/new/"
    assert "下岔河村" in read(client, asset.project.get_absolute_url())
    page = send(client, address, {"handed_on": "2099-01-01", "assets": [asset.pk]}, 200)
    assert "在今天之后" in page
    send(client, address, {"handed_on": "2026-01-05", "assets": [asset.pk]})
    sheet = Handover.objects.get()
    assert sheet.number in read(client, asset.get_absolute_url())
    assert sheet.number in read(client, "/handovers/")
    read(client, f"/handovers/{sheet.pk}/")
    enter(client, cast, "other_township_clerk")
    read(client, f"/handovers/{sheet.pk}/", 404)
