from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.urls import reverse

from funds.models import Voucher
from funds.money import format_yuan
from funds.policies import REVERSERS
from organizations.models import Role, User
from organizations.policies import Refusal, Refused, refuse_without, role_names
from projects.criteria import DOCUMENT
from projects.models import Project

from .incomes import undistributed
from .models import Asset, Disposal, Distribution, Handover, NoAssets, Stocktake
from .queries import assets_of, worth_of

CLAUSE = f"{DOCUMENT} 二(三)"
REGISTRARS = (Role.TOWNSHIP_CLERK,)
# Who decides on income and disposals where the asset lies, or writes it down for them.
OWNERS = (Role.VILLAGE_CADRE, Role.TOWNSHIP_CLERK)
COUNTERS = (Role.VILLAGE_CADRE, Role.TOWNSHIP_CLERK)
INSPECTORS = (
    Role.VILLAGE_CADRE, Role.WORK_TEAM, Role.TOWNSHIP_CLERK, Role.PROJECT_CLERK,
    Role.INDUSTRY_REVIEWER,
)  # fmt: skip
STOCKTAKERS = (Role.PROJECT_CLERK,)
# Who receives for the owner, by the level of ownership.
RECEIVERS: dict[str, Role] = {
    Asset.Level.VILLAGE: Role.VILLAGE_CADRE,
    Asset.Level.TOWNSHIP: Role.TOWNSHIP_CLERK,
    Asset.Level.COUNTY: Role.INDUSTRY_REVIEWER,
}
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


def raise_refusal(refusal: Refusal | None) -> None:
    if refusal:
        raise Refused(refusal.reason, clause=refusal.clause, who_can_clear=refusal.who_can_clear)


def bound_to_disposal(voucher: Voucher) -> Refusal | None:
    """Why the receipt of a disposal is not reversed by itself: the asset would be gone, and what
    it brought too."""
    disposal = Disposal.objects.filter(voucher=voucher).first()
    if disposal is None:
        return None
    return Refusal(
        f"本凭证是资产处置 {disposal.number} 的收入，资产已随之退出台账，"
        "在该处置办理“冲销处置收入”",
        who_can_clear=role_names(REVERSERS),
        url=disposal.get_absolute_url(),
    )


def nothing_to_take_back(disposal: Disposal) -> Refusal | None:
    if disposal.voucher_id:
        return None
    return Refusal("本处置没有入池的收入，没有可冲销的凭证", who_can_clear="本人（无须再办）")


def not_of_households(asset: Asset) -> Refusal | None:
    if not asset.is_household:
        return None
    return Refusal("到户类资产只登记户数、人数和金额", who_can_clear="本人（无须再办）")


def refuse_income(asset: Asset, user: User) -> Refusal | None:
    return refuse_without(user, OWNERS, asset.division) or not_of_households(asset)


def refuse_distributing(asset: Asset, user: User) -> Refusal | None:
    refusal = refuse_income(asset, user)
    if refusal:
        return refusal
    open_one = asset.distributions.filter(status__in=("draft", "notice")).first()
    if open_one is None:
        return None
    return Refusal(
        f"{open_one.number} 尚未办结", who_can_clear="现办理人", url=open_one.get_absolute_url()
    )


def refuse_disposing(asset: Asset, user: User) -> Refusal | None:
    refusal = (
        refuse_without(user, OWNERS, asset.division)
        or left_register(asset)
        or not_of_households(asset)
    )
    if refusal:
        return refusal
    open_one = asset.disposals.exclude(status__in=("closed", "cancelled")).first()
    if open_one is None:
        return None
    return Refusal(
        f"{open_one.number} 尚未办结", who_can_clear="现办理人", url=open_one.get_absolute_url()
    )


def refuse_inspecting(asset: Asset, user: User) -> Refusal | None:
    return (
        refuse_without(user, INSPECTORS, asset.division)
        or left_register(asset)
        or not_of_households(asset)
    )


def beyond_income(distribution: Distribution) -> Refusal | None:
    """What is to be distributed is no more than what came in of the year and stands in no other
    decided distribution."""
    there = undistributed(distribution.asset, distribution.year)
    if not distribution.total:
        return Refusal("分配方案还没有明细", who_can_clear="拟定人（填写分配明细）")
    if distribution.total <= there:
        return None
    return Refusal(
        f"拟分配 {format_yuan(distribution.total)} 元，{distribution.year}年度实收未分配"
        f" {format_yuan(there)} 元",
        who_can_clear="拟定人（调减分配金额）或登记收益到账",
    )


def nothing_to_hand_over(handover: Handover) -> Refusal | None:
    if handover.items.exists():
        return None
    return Refusal("移交单没有资产", who_can_clear="填报人（作废后重新填报）")


def not_the_receiver(handover: Handover, user: User) -> Refusal | None:
    """The owner's side signs: village, township or the county's bureau."""
    role = RECEIVERS[handover.receiver_level]
    refusal = refuse_without(user, (role,), handover.division)
    if refusal is None:
        return None
    level = handover.get_receiver_level_display()
    return Refusal(
        f"产权属{level}的资产由{role_names((role,))}接收", who_can_clear=role_names((role,))
    )


def not_the_owner(disposal: Disposal, user: User) -> Refusal | None:
    """Of a village's asset its representatives decide, and its cadre writes it down."""
    role = Role.VILLAGE_CADRE
    of_village = disposal.asset.owner_level == Asset.Level.VILLAGE
    if not of_village or refuse_without(user, (role,), disposal.division) is None:
        return None
    return Refusal(
        "村集体的资产由村民代表会议决定处置，由村“两委”登记", who_can_clear=role_names((role,))
    )


def not_counted(stocktake: Stocktake) -> Refusal | None:
    left = stocktake.lines.filter(counted_quantity__isnull=True).count()
    if not left and stocktake.lines.exists():
        return None
    return Refusal(f"还有 {left} 项资产没有盘点", who_can_clear="乡镇经办、村“两委”经办（盘点）")
