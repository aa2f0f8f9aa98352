"""Assets of a project that was paid for, registered as the township does it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import transaction

from approvals.models import Subject
from approvals.workflow import workflow_of
from assets.models import Asset, AssetType
from assets.services import register_asset, register_earlier_asset, state_no_assets
from projects.models import Project
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.plain_sql import commit_rules

S = Project.Status


def awaiting(cast: Cast, paid: str | int = 400_000) -> Project:
    """So much was paid; its assets are to be registered now."""
    project = Project.objects.get(pk=make.payment_at(cast, "paid", paid).project_id)
    with transaction.atomic():
        lives.place(project, S.ASSET_REGISTRATION, cast)
    return Project.objects.get(pk=project.pk)


def facts(cast: Cast, **changes: Any) -> dict[str, Any]:
    """Of a storehouse that the village owns."""
    code = changes.pop("code", "JY02")
    return {
        "name": "保鲜库房",
        "asset_class": code[:2],
        "type": AssetType.objects.in_force().get(code=code),
        "quantity": Decimal(480),
        "unit": "平方米",
        "division": cast.village,
        "built_on": dt.date(2025, 11, 1),
        "owner_level": Asset.Level.VILLAGE,
        "owner_name": "下岔河村股份经济合作社",
        "owner_code": "N2652826MF0000001T",
        "condition_since": dt.date(2025, 11, 1),
        "keeper_unit": "下岔河村村民委员会",
        "keeper_post": "集体资产管理员",
        "villages": 1,
        "households": 120,
        "people": 430,
        "benefit": "年增加村集体收入4万元",
        "supervisor_unit": "永宁镇人民政府",
        "supervisor_post": "扶贫专干",
        **changes,
    }


def household_facts(cast: Cast, **changes: Any) -> dict[str, Any]:
    """Of what went to households: counts and sums."""
    blank = {"owner_name": "", "owner_code": "", "keeper_unit": "", "keeper_post": ""}
    own = {"code": "DH01", "name": "生态鸡", "owner_level": Asset.Level.HOUSEHOLD, **blank}
    return facts(cast, **{**own, **changes})


LEASE = {
    "operator_name": "焉耆绿洲果蔬农民专业合作社",
    "operator_code": "93652826MA0000001W",
    "mode": "lease",
    "contract_number": "ZL-2025-01",
    "starts_on": dt.date(2026, 1, 1),
    "ends_on": dt.date(2028, 12, 31),
    "yearly_rent": Decimal("40000.00"),
}


def registered(cast: Cast, project: Project, value: str | int = 400_000, **changes: Any) -> Asset:
    return register_asset(
        project=project,
        by=cast["township_clerk"],
        facts=facts(cast, **changes),
        value=make.yuan(value),
        document="焉审〔2025〕8号",
        operation=LEASE if changes.get("code", "JY")[:2] == "JY" else None,
    )


def earlier(cast: Cast, value: str | int = 90_000, **changes: Any) -> Asset:
    """Of a project of a year before this register."""
    return register_earlier_asset(
        county=cast.county,
        by=cast["project_clerk"],
        facts=facts(
            cast, **{"name": "机井", "code": "GY02", **changes},
            year=2019, earlier_project="2019年机井项目", earlier_sources="中央·扶贫发展资金",
            earlier_fiscal=make.yuan(value),
        ),
        value=make.yuan(value),
        document="焉扶领字〔2019〕3号",
    )  # fmt: skip


def close(cast: Cast, project: Project) -> None:
    make.do(project, "register_assets", cast, "township_clerk")


def without_assets(cast: Cast, project: Project) -> Project:
    state_no_assets(project=project, reason="培训类项目，不形成资产", by=cast["township_clerk"])
    return project


def step_unasked(cast: Cast, subject: Subject, action: str, who: str) -> None:
    """The step with none of the program's conditions, and what the database says at the end."""
    workflow = workflow_of(subject)
    kept = workflow.conditions.pop(action)
    try:
        with transaction.atomic():
            make.do(subject, action, cast, who)
            commit_rules()
    finally:
        workflow.conditions[action] = kept
