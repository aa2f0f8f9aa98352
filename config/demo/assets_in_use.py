"""What the demonstration's assets have seen since: handed over, let, counted, one put forward to
be disposed of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from approvals.models import Subject
from assets.disposals import start_disposal
from assets.distributions import draw_up_distribution, record_income
from assets.handovers import start_handover, to_hand_over
from assets.models import Asset, IncomeUse
from assets.policies import RECEIVERS
from assets.stocktakes import count_asset, record_inspection, start_stocktake
from organizations.models import Division, Role, User
from projects.models import Project
from publicity.services import publish_notice, record_posting, record_take_down

from .days import days_ago
from .people import YANQI, Staff
from .photos import photo, store_photo, store_sheet
from .steps import act

if TYPE_CHECKING:
    from .story import Scene

# By the start of the asset's name: purposes and sums of a year's distribution.
SHARES: dict[str, tuple[tuple[str, str, int, int], ...]] = {
    "村级扶贫车间": (("Y1", "15000.00", 11, 24), ("Y2", "12600.00", 9, 9)),
    "辣椒烘干房": (("Y3", "6000.00", 0, 0), ("Y4", "12000.00", 22, 71)),
}
COUNTED = 6


def use_assets(scene: Scene) -> None:
    staff, county = scene.staff, scene.divisions[YANQI]
    for project in Project.objects.filter(county=county, status=Project.Status.CLOSED):
        hand_over(project, staff)
    for asset in Asset.objects.filter(county=county).select_related("division"):
        collect(asset, staff)
    for name, shares in SHARES.items():
        asset = Asset.objects.select_related("division").get(name__startswith=name)
        distribute(asset, staff, shares, is_done=name == "村级扶贫车间")
    inspect(Asset.objects.select_related("division").get(name__startswith="辣椒烘干房"), staff)
    take_stock(county, staff)
    put_forward(Asset.objects.select_related("division").get(name__startswith="机电井"), staff)


def hand_over(project: Project, staff: Staff) -> None:
    """By three sides."""
    clerk = staff.of(Role.TOWNSHIP_CLERK, project.division)
    facts = {"handed_on": days_ago(1), "attachments": "验收报告、竣工决算、图纸、质保资料"}
    assets = list(to_hand_over(project))
    sheet = start_handover(project=project, assets=assets, by=clerk, facts=facts)
    act(sheet, "hand_over", staff.of(Role.TOWNSHIP_REVIEWER, project.division), "资产清点无误")
    receiver = staff.of(RECEIVERS[sheet.receiver_level], sheet.division)
    act(sheet, "receive", receiver, "实物与清单相符，同意接收")
    act(sheet, "supervise", staff.of(Role.PROJECT_REVIEWER, project.division), "监交无异议")


def collect(asset: Asset, staff: Staff) -> None:
    """The rents as they fell due, but for this year's of what stands idle."""
    until = days_ago(30)
    if asset.condition != Asset.Condition.IN_USE:
        until = dt.date(until.year - 1, 12, 31)
    for operation in asset.operations.all():
        for due in operation.due_days():
            if due <= until:
                record_income(
                    asset=asset, year=due.year, amount=operation.yearly_rent, received_on=due,
                    document=f"收据{due.year}-{asset.pk:04d}", by=keeper_of(asset, staff),
                )  # fmt: skip


def distribute(
    asset: Asset, staff: Staff, shares: Sequence[tuple[str, str, int, int]], *, is_done: bool
) -> None:
    by, year = keeper_of(asset, staff), timezone.localdate().year - 1
    uses = IncomeUse.objects.in_force()
    lines = [
        {"use": uses.get(code=code), "amount": Decimal(amount), "households": h, "people": p}
        for code, amount, h, p in shares
    ]
    plan = draw_up_distribution(asset=asset, year=year, lines=lines, by=by)
    meeting = {"held_on": days_ago(40), "due": 48, "present": 44, "in_favour": 43}
    minutes = store_sheet(f"收益分配会议纪要 {plan.number}", division=asset.division, by=by)
    facts = {**meeting, "minutes_files": [minutes]}
    act(plan, "decide", by, "按会议议定的方案分配", facts)
    if is_done:
        announce(plan, "N11", by, posted=30, taken_down=15)
        reviewer = staff.of(Role.TOWNSHIP_REVIEWER, asset.division)
        act(plan, "complete", reviewer, "公示期满无异议，已按方案兑付")
    else:
        announce(plan, "N11", by, posted=4)


def keeper_of(asset: Asset, staff: Staff) -> User:
    """The village's cadre where there is one, else the township's clerk."""
    try:
        return staff.of(Role.VILLAGE_CADRE, asset.division)
    except LookupError:
        return staff.of(Role.TOWNSHIP_CLERK, asset.division)


def announce(
    subject: Subject, code: str, by: User, posted: int, taken_down: int | None = None
) -> None:
    """Published and posted so many days ago and, where it is over, taken down."""
    posted_on = days_ago(posted)
    at = timezone.make_aware(dt.datetime.combine(posted_on, dt.time(10)))
    notice = publish_notice(subject=subject, code=code, by=by, at=at)
    posting = record_posting(
        notice=notice,
        place="村委会公示栏",
        posted_on=posted_on,
        poster_unit=by.posts_today[0].organization.name,
        near_photo=photo(f"{notice} 近景"),
        far_photo=photo(f"{notice} 远景"),
        by=by,
    )
    if taken_down is not None:
        record_take_down(posting=posting, taken_down_on=days_ago(taken_down), note="", by=by)


def inspect(asset: Asset, staff: Staff) -> None:
    by = keeper_of(asset, staff)
    record_inspection(
        asset=asset, inspected_on=days_ago(12), condition=asset.condition,
        finding="承租方停产，设备完好，厂房闲置",
        photos=[store_photo(f"巡查 {asset}", division=asset.division, by=by)], by=by,
    )  # fmt: skip


def take_stock(county: Division, staff: Staff) -> None:
    """This year's sheet, of which a part is counted; one asset is short of what the book says."""
    sheet = start_stocktake(
        county=county, year=timezone.localdate().year, as_of=timezone.localdate(),
        by=staff.of(Role.PROJECT_CLERK, county),
    )  # fmt: skip
    lines = sheet.lines.select_related("stocktake", "asset__division")
    for number, line in enumerate(lines.order_by("pk")[:COUNTED]):
        by = keeper_of(line.asset, staff)
        shot = store_photo(f"盘点 {line.asset}", division=line.asset.division, by=by)
        facts: dict[str, Any] = {
            "counted_quantity": line.book_quantity,
            "condition": line.asset.condition,
            "photo": shot,
        }
        if line.asset.condition != Asset.Condition.IN_USE:
            facts |= {"reason": "承租方停产，未续租", "opinion": Asset.Remedy.REVIVE}
        if number == 0:
            less = line.book_quantity - Decimal("0.5")
            facts |= {"counted_quantity": less, "reason": "实地丈量少 0.5 亩", "opinion": "settle"}
        count_asset(line=line, by=by, facts=facts)


def put_forward(asset: Asset, staff: Staff) -> None:
    """Decided by the village and announced, waiting for the township."""
    by = keeper_of(asset, staff)
    facts = {"cause": "age", "way": "scrap", "reason": "出水量不足，机泵老化，无修复价值"}
    disposal = start_disposal(asset=asset, by=by, facts=facts)
    minutes = store_sheet(f"处置会议纪要 {disposal.number}", division=asset.division, by=by)
    decided = {"decided_on": days_ago(35), "opinion": "同意报废", "minutes_files": [minutes]}
    act(disposal, "decide", by, "按村民代表会议决定", decided)
    announce(disposal, "N14", by, posted=30, taken_down=16)
    act(disposal, "submit", by, "公示期满无异议，上报审核")
