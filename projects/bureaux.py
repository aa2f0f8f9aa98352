"""Which bureaux join the review of a project, by its type; and how far each review has come."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from approvals.models import Decision, Seat
from organizations.models import Organization
from organizations.policies import Refusal, Refused

from .criteria import DOCUMENT
from .models import Project, TypeBureau

CLAUSE = f"{DOCUMENT} 二(三)“二下”：会同相关行业部门审核确定"


def industries_for(project: Project) -> list[str]:
    """Of the type itself, else of the type above it."""
    in_force = TypeBureau.objects.in_force()
    codes = [project.type.code, project.type.parent.code if project.type.parent else ""]
    for code in codes:
        found = list(in_force.filter(type_code=code).values_list("industry", flat=True))
        if found:
            return sorted(found)
    return []


def bureaux_for(project: Project) -> list[Organization]:
    """Raises Refused where the county lacks a bureau that must sign."""
    refusal = refuse_bureaux(project)
    if refusal:
        raise Refused(refusal.reason, clause=refusal.clause, who_can_clear=refusal.who_can_clear)
    return list(_bureaux(project))


def refuse_bureaux(project: Project) -> Refusal | None:
    industries = industries_for(project)
    if not industries:
        return Refusal(
            f"项目类型“{project.type}”没有设定会审行业", CLAUSE, "系统管理（装载参考数据）"
        )
    present = {unit.industry for unit in _bureaux(project)}
    missing = [str(Organization.Industry(i).label) for i in industries if i not in present]
    if not missing:
        return None
    return Refusal(
        f"{project.county.name}没有登记{'、'.join(missing)}主管单位，无法会审",
        CLAUSE,
        "系统管理（登记单位和行业）",
    )


def _bureaux(project: Project) -> list[Organization]:
    units = Organization.objects.filter(
        division=project.county,
        kind=Organization.Kind.INDUSTRY,
        industry__in=industries_for(project),
        is_active=True,
    )
    return list(units.order_by("name"))


@dataclass(frozen=True)
class Review:
    """One stay at the bureaux' review. Signatures of a stay that was not finished are void."""

    stay: Decision
    seats: Sequence[Seat]
    ended_by: Decision | None  # the last signature, or the return

    @property
    def is_agreed(self) -> bool:
        return all(seat.signature_id for seat in self.seats)

    @property
    def in_words(self) -> str:
        if self.is_agreed:
            return "会审同意"
        if self.ended_by is None:
            return f"会审中，已会签 {self.signed} 家，共 {len(self.seats)} 家"
        return f"{self.ended_by.action_label}，本轮会签作废"

    @property
    def signed(self) -> int:
        return sum(seat.signature_id is not None for seat in self.seats)

    @property
    def rows(self) -> list[tuple[Seat, int]]:
        """Each seat with the whole days that it took, or takes until now."""
        return [(seat, (self._until(seat) - self.stay.at).days) for seat in self.seats]

    def _until(self, seat: Seat) -> dt.datetime:
        end = seat.signature or self.ended_by
        return end.at if end else timezone.now()


def reviews_of(project: Project) -> list[Review]:
    """Newest first; each return to an earlier step opens a new one, with signatures of its own."""
    here = Project.Status.JOINT_REVIEW
    seats = Seat.objects.filter(
        subject_type=project.life(), subject_id=project.pk, status=here, stay__isnull=False
    ).select_related("organization", "signature", "stay")
    stays: dict[Decision, list[Seat]] = {}
    for seat in seats:
        assert seat.stay
        stays.setdefault(seat.stay, []).append(seat)
    left = Decision.objects.about(project.life(), project.pk).filter(from_status=here)
    ends = list(left.exclude(to_status=here).order_by("id")) if stays else []
    return [
        Review(stay, found, next((end for end in ends if end.pk > stay.pk), None))
        for stay, found in reversed(stays.items())
    ]
