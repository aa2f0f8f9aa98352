"""一上 in the village: the four analyses, and the meeting of the villagers' representatives."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from fractions import Fraction

from django.utils import timezone

from organizations.models import Parameter
from organizations.policies import Refusal

from .criteria import DOCUMENT
from .models import Project, VillageMeeting

CLAUSE = f"{DOCUMENT} 二(三)“一上”"
ANALYSES = {
    "causes": "致贫原因分析",
    "resources": "资源禀赋分析",
    "funding": "资金保障分析",
    "needs": "脱贫需求分析",
}
# What the law of the villagers' committees asks, whatever the parameter says.
MAJORITY_FLOOR = Fraction(1, 2)


def refuse_without_analyses(project: Project) -> Refusal | None:
    missing = [label for name, label in ANALYSES.items() if not getattr(project, name).strip()]
    if not missing:
        return None
    return Refusal(
        f"尚未填写{'、'.join(missing)}，不能召开村民代表会议确定申报项目",
        CLAUSE,
        "申报人（修改内容）",
    )


@dataclass(frozen=True)
class Share:
    """A dated share of heads. `basis` is what may be shown as where it comes from."""

    fraction: Fraction
    basis: str

    def __str__(self) -> str:
        return f"{self.fraction}{f'（{self.basis}）' if self.basis else ''}"


def share_of(key: str, on: dt.date | None = None) -> Share | None:
    """The share in force on a day (default today); None where none was yet."""
    day = on or timezone.localdate()
    row = Parameter.objects.filter(key=key, valid_from__lte=day).order_by("-valid_from").first()
    if row is None:
        return None
    is_rule = row.source in (Parameter.Source.FOUNDING, Parameter.Source.VERIFIED)
    return Share(Fraction(row.setting), row.clause if is_rule else "")


def quorum(on: dt.date | None = None) -> Share | None:
    """到会: at least this share of those due."""
    return share_of("village_meeting.quorum", on)


def majority(on: dt.date | None = None) -> Share | None:
    """同意: more than this share of those present, and never half or less."""
    share = share_of("village_meeting.majority", on)
    return share and Share(max(share.fraction, MAJORITY_FLOOR), share.basis)


def photos_shown_for(project: Project, held_on: dt.date | None) -> set[str]:
    """Of this very meeting: a step taken back and taken again shows them once more."""
    if held_on is None:
        return set()
    earlier = VillageMeeting.objects.filter(project=project, held_on=held_on)
    return {photo for photos in earlier.values_list("photos", flat=True) for photo in photos}
