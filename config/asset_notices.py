"""Notices of what is decided about assets. Publicity and the register stand beside each other and
know nothing of one another; the bridge between them stands above both."""

from __future__ import annotations

from functools import partial
from typing import Any

from approvals.models import Subject
from approvals.workflow import Condition, require
from assets.models import Asset, Disposal, Distribution
from assets.views.lives import visible_disposal, visible_distribution
from funds.money import format_yuan
from organizations.models import Organization
from publicity import composers
from publicity.addresses import PREFIXES
from publicity.composers import ADMINISTRATORS, HOTLINE, Composer, Line, in_chinese, where
from publicity.policies import not_yet_announced
from publicity.views.notices import FINDERS

OWNERS = "村“两委”或乡镇经办"


def distribution_lines(distribution: Distribution) -> list[Line]:
    asset = distribution.asset
    uses = [
        f"{line.use} {format_yuan(line.amount)} 元"
        + (f"，{line.households} 户 {line.people} 人" if line.people else "")
        for line in distribution.lines.select_related("use")
    ]
    meeting = distribution.held_on and (
        f"{in_chinese(distribution.held_on)}，应到 {distribution.due} 人，"
        f"实到 {distribution.present} 人，同意 {distribution.in_favour} 人"
    )
    return [
        *about(asset),
        Line("收益年度", f"{distribution.year}年度"),
        Line("分配金额", f"{format_yuan(distribution.total)} 元", OWNERS),
        Line("分配方案", "\n".join(uses), OWNERS),
        Line("村民代表会议", meeting or "", OWNERS),
        hotline(asset),
    ]


def disposal_lines(disposal: Disposal) -> list[Line]:
    asset = disposal.asset
    assessed = (
        f"{format_yuan(disposal.assessed_value)} 元（{disposal.assessment_document}）"
        if disposal.assessed_value
        else "未评估"
    )
    return [
        *about(asset),
        Line("资产原值", f"{format_yuan(asset.original_value)} 元"),
        Line("处置情形", str(disposal.get_cause_display())),
        Line("处置方式", str(disposal.get_way_display())),
        Line("处置事由", disposal.reason, OWNERS),
        Line("评估价", assessed),
        Line("产权人决策", disposal.opinion, OWNERS),
        hotline(asset),
    ]


def about(asset: Asset) -> list[Line]:
    return [
        Line("资产名称", asset.name),
        Line("资产编号", asset.number),
        Line("坐落", f"{where(asset.division)}{asset.address}"),
        Line("产权人", asset.owner, OWNERS),
    ]


def hotline(asset: Asset) -> Line:
    """Of the unit that supervises it, where it is one of the county's; else of the office."""
    units = Organization.objects.filter(
        division__path__startswith=asset.county.path, name=asset.supervisor_unit, is_active=True
    )
    numbers = units.values_list("office_phone", flat=True)
    return Line(HOTLINE, composers.reachable(asset.county, numbers), ADMINISTRATORS)


BRIDGES: tuple[tuple[str, str, type[Subject], Any, Any, str], ...] = (
    ("distribution", "N11", Distribution, distribution_lines, visible_distribution, "complete"),
    ("disposal", "N14", Disposal, disposal_lines, visible_disposal, "submit"),
)


for name, code, model, lines, finder, action in BRIDGES:
    composers.register(code, Composer(model, lines, ("notice",), is_round=True))
    PREFIXES[model.life()] = f"{name}_"
    FINDERS[name] = finder
    gate = partial(not_yet_announced, code=code)
    require(model.life(), action, Condition("公示期满无异议", gate))
