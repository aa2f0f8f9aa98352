"""An asset in use: handed over, earning, counted, disposed of."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from assets.disposals import start_disposal
from assets.distributions import draw_up_distribution, record_income
from assets.handovers import start_handover, to_hand_over
from assets.models import Asset, Disposal, Distribution, Handover, IncomeUse, Stocktake
from assets.stocktakes import count_asset, start_stocktake
from config.demo.photos import store_photo, store_sheet
from projects.models import Project
from tests import factories as make
from tests.assets import registering as reg
from tests.cast import Cast

# What the tables demand from a status on.
DECIDED: dict[str, Any] = {
    "decided_on": dt.date(2026, 1, 10), "opinion": "同意处置", "minutes_files": ["0" * 64],
}  # fmt: skip
SCRAPPED: dict[str, Any] = {
    "disposed_on": dt.date(2026, 2, 1), "sold_price": 0, "sale_document": "处置记录1号",
}  # fmt: skip
VOTED: dict[str, Any] = {
    "held_on": dt.date(2026, 1, 10), "due": 45, "present": 40, "in_favour": 38,
    "minutes_files": ["0" * 64],
}  # fmt: skip


def paper(cast: Cast, who: str = "village_cadre") -> str:
    return store_sheet(f"纪要 {uuid.uuid4()}", division=cast.village, by=cast[who])


def photo(cast: Cast, who: str = "village_cadre") -> str:
    return store_photo(f"现场 {uuid.uuid4()}", division=cast.village, by=cast[who])


def owned(cast: Cast, **changes: Any) -> Asset:
    """Of a project whose assets are being registered: 400,000 yuan, the village's."""
    return reg.registered(cast, reg.awaiting(cast), **changes)


def handover(cast: Cast, project: Project | None = None) -> Handover:
    project = project or owned(cast).project
    assert project
    facts = {"handed_on": make.today(), "attachments": "验收报告、决算"}
    assets = list(to_hand_over(project))
    return start_handover(project=project, assets=assets, by=cast["township_clerk"], facts=facts)


def sign(cast: Cast, sheet: Handover) -> Handover:
    """By all three."""
    for action, who in (
        ("hand_over", "township_reviewer"),
        ("receive", "village_cadre"),
        ("supervise", "project_reviewer"),
    ):
        make.do(sheet, action, cast, who)
    return sheet


def income(cast: Cast, asset: Asset, amount: str | int = 40_000, year: int = 2026) -> Any:
    return record_income(
        asset=asset, year=year, amount=make.yuan(amount), received_on=dt.date(2026, 2, 1),
        document=f"收据{uuid.uuid4().hex[:8]}", by=cast["village_cadre"],
    )  # fmt: skip


def use(code: str) -> IncomeUse:
    return IncomeUse.objects.in_force().get(code=code)


def lines(*amounts: tuple[str, str | int]) -> list[dict[str, Any]]:
    return [
        {"use": use(code), "amount": make.yuan(amount), "households": 12, "people": 40}
        for code, amount in amounts
    ]


def distribution(cast: Cast, asset: Asset | None = None) -> Distribution:
    asset = asset or owned(cast)
    income(cast, asset)
    wanted = lines(("Y1", 20_000), ("Y2", 12_000))
    return draw_up_distribution(asset=asset, year=2026, lines=wanted, by=cast["village_cadre"])


def decided_distribution(cast: Cast, asset: Asset | None = None) -> Distribution:
    plan = distribution(cast, asset)
    facts = {**VOTED, "minutes_files": [paper(cast)]}
    make.do(plan, "decide", cast, "village_cadre", facts)
    return plan


def disposal(cast: Cast, asset: Asset | None = None, **changes: Any) -> Disposal:
    facts = {"cause": "age", "way": "scrap", "reason": "设备老化，无法修复", **changes}
    asset = asset or reg.earlier(cast)
    return start_disposal(asset=asset, by=cast["village_cadre"], facts=facts)


SALE = {
    "way": "sale",
    "assessed_value": make.yuan(30_000),
    "assessment_document": "焉评报〔2026〕3号",
}


def agreed_disposal(cast: Cast, asset: Asset | None = None, **changes: Any) -> Disposal:
    """Announced in the village, and agreed to by township, department and finance."""
    subject = disposal(cast, asset, **changes)
    facts = {**DECIDED, "minutes_files": [paper(cast)]}
    make.do(subject, "decide", cast, "village_cadre", facts)
    make.run_notice(cast, subject)
    for action, who in (
        ("submit", "village_cadre"),
        ("endorse", "township_reviewer"),
        ("approve", "project_reviewer"),
        ("agree", "finance_reviewer"),
    ):
        make.do(subject, action, cast, who)
    return subject


def stocktake(cast: Cast) -> Stocktake:
    reg.earlier(cast)
    return start_stocktake(
        county=cast.county, year=2026, as_of=make.today(), by=cast["project_clerk"]
    )


def count(cast: Cast, sheet: Stocktake, **changes: Any) -> None:
    """Every line as the book has it, but for `changes`."""
    for line in sheet.lines.select_related("stocktake", "asset__division"):
        facts = {
            "counted_quantity": line.book_quantity, "condition": "in_use", "photo": photo(cast),
            **changes,
        }  # fmt: skip
        count_asset(line=line, by=cast["village_cadre"], facts=facts)
