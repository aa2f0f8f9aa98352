from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.urls import reverse

from funds.money import format_yuan
from organizations.models import Role, User
from organizations.policies import Refusal, refuse_without
from projects.criteria import DOCUMENT
from projects.models import Project

from .models import Asset, NoAssets
from .queries import assets_of, worth_of

CLAUSE = f"{DOCUMENT} 二(三)"
REGISTRARS = (Role.TOWNSHIP_CLERK,)
IMPORTERS = (Role.PROJECT_CLERK,)
S = Project.Status
NAME_MAX, UNIT_MAX = 80, 80


def not_in_registration(project: Project) -> Refusal | None:
    if project.status == S.ASSET_REGISTRATION:
        return None
    return Refusal(
        f"项目现为“{project.get_status_display()}”，在“资产登记”环节登记资产",
        CLAUSE,
        "项目现办理人",
    )


def refuse_registering(project: Project, user: User) -> Refusal | None:
    return refuse_without(user, REGISTRARS, project.division) or not_in_registration(project)


def refuse_stating_none(project: Project, user: User) -> Refusal | None:
    refusal = refuse_registering(project, user)
    if refusal or not project.assets.exists():
        return refusal
    return Refusal("项目已登记资产，不能说明不形成资产", CLAUSE, "乡镇经办")


def left_register(asset: Asset) -> Refusal | None:
    if asset.left_on is None:
        return None
    return Refusal(f"资产已于 {asset.left_on} 退出台账，只供查阅", who_can_clear="本人（无须再办）")


def refuse_amending(asset: Asset, user: User) -> Refusal | None:
    return refuse_without(user, REGISTRARS, asset.division) or left_register(asset)


def refuse_operation(asset: Asset, user: User) -> Refusal | None:
    refusal = refuse_amending(asset, user)
    if refusal or not asset.is_household:
        return refusal
    return Refusal("到户类资产只登记户数、人数和金额", who_can_clear="本人（无须再办）")


def refuse_revaluing(asset: Asset, user: User) -> Refusal | None:
    return refuse_amending(asset, user)


def not_registered(project: Project) -> Refusal | None:
    """Why a project can not be closed: its assets are not worth what was paid for it, to the fen,
    and there is no statement that it leaves none."""
    worth = worth_of(project)
    url = f"{reverse('project_detail', args=(project.pk,))}#assets"
    if not worth.count:
        if NoAssets.objects.filter(project=project).exists():
            return None
        return Refusal(
            f"项目已支付 {format_yuan(worth.paid)} 元，没有登记资产，也没有说明不形成资产的理由",
            CLAUSE,
            "乡镇经办（登记资产或说明不形成资产）",
            url,
        )
    if worth.missing:
        return Refusal(
            f"资产原值合计 {format_yuan(worth.worth)} 元，项目已支付 {format_yuan(worth.paid)} 元，"
            f"相差 {format_yuan(worth.missing)} 元",
            CLAUSE,
            "乡镇经办（补登资产或更正原值）",
            url,
        )
    return None


def statement_of(project: Project) -> Mapping[str, Any]:
    """What the last step of a project writes down of its assets."""
    assets = list(assets_of(project))
    if not assets:
        none = NoAssets.objects.filter(project=project).first()
        return {"leaves_assets": False, "reason": none.reason if none else ""}
    first, several = assets[0], f"等 {len(assets)} 项" if len(assets) > 1 else ""
    return {
        "leaves_assets": True,
        "asset_name": f"{first.name[: NAME_MAX - len(several)]}{several}",
        "original_value": sum((asset.original_value for asset in assets), Decimal(0)),
        "owner_unit": together(asset.owner for asset in assets),
        "keeper_unit": together(asset.keeper_unit or asset.owner for asset in assets),
    }


def together(names: Any) -> str:
    text = "、".join(dict.fromkeys(names))
    return text if len(text) <= UNIT_MAX else f"{text[: UNIT_MAX - 1]}…"
