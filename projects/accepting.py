"""初验, 验收, 整改: who may inspect, what is recorded, what is to be put right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from approvals.decisions import readers_of
from approvals.evidence import claim_photos
from approvals.holders import limits
from approvals.models import Decision, Duty
from organizations.calendar import working_days_after
from organizations.models import Parameter, Post
from organizations.policies import Refusal

from .effects import Changed, Data
from .models import (
    Acceptance,
    AcceptanceLine,
    AcceptanceMember,
    Project,
    Rectification,
    RectificationAnswer,
    RectificationItem,
)

S = Project.Status
C = Acceptance.Conclusion
MEMBERS_MIN = "acceptance.members_min"
MEMBERS_ODD = "acceptance.members_odd"
STAGE_AT: dict[str, Acceptance.Stage] = {
    S.PRELIMINARY_ACCEPTANCE: Acceptance.Stage.PRELIMINARY,
    S.ACCEPTANCE: Acceptance.Stage.FINAL,
}


@dataclass(frozen=True)
class Member:
    """Somebody in a post (its id), or told by unit and title."""

    post: int | None = None
    unit: str = ""
    title: str = ""


def could_inspect(project: Project) -> list[Post]:
    """Posts of today over the project, but of nobody who implements it."""
    implementing = implementers(project)
    posts = readers_of(project).exclude(user__in=implementing)
    return list(posts.select_related("user", "organization").order_by("organization_id", "id"))


def implementers(project: Project) -> set[int]:
    """Who took steps of implementing this project, or had them taken in his name."""
    steps = Decision.objects.filter(cases__overlap=project.case_keys(), duty=Duty.IMPLEMENT)
    return {user for row in steps.values_list("by", "post__user") for user in row}


def completed_on(project: Project) -> dt.date | None:
    done = project.completions.first()
    return done.completed_on if done else None


def refuse_group(
    project: Project, members: Sequence[Member], on: dt.date | None = None
) -> Refusal | None:
    """Why these can not be the group; triggers hold the same."""
    least = Parameter.objects.number(MEMBERS_MIN, on)
    if len(members) < least:
        return Refusal(
            f"验收组 {len(members)} 人，不足 {least} 人", who_can_clear="办理人（补充成员）"
        )
    if Parameter.objects.number(MEMBERS_ODD, on) and len(members) % 2 == 0:
        return Refusal(
            f"验收组 {len(members)} 人，须为单数", who_can_clear="办理人（增减一名成员）"
        )
    done = project.completions.first()
    if done and any(member.unit == done.contractor for member in members):
        return Refusal(
            f"承建单位“{done.contractor}”不能参加验收", who_can_clear="办理人（另选成员）"
        )
    return None


def rectification_due() -> dt.date:
    """The last day by default: so many working days from today as the step may take."""
    days = limits().get((Project.life(), S.RECTIFICATION), 15)
    return working_days_after(timezone.localdate(), days)


def record_acceptance(project: Project, decision: Decision, data: Data) -> Changed:
    """合格, or 整改后合格 where an earlier inspection of this stage asked for something."""
    return record(project, decision, data, qualified=True)


def record_rectify(project: Project, decision: Decision, data: Data) -> Changed:
    return record(project, decision, data, qualified=False)


def record(project: Project, decision: Decision, data: Data, *, qualified: bool) -> Changed:
    stage = STAGE_AT[project.status]
    earlier = project.acceptances.filter(stage=stage).count()
    again = project.acceptances.filter(conclusion=C.RECTIFY).exists()
    inspection = Acceptance.objects.create(
        project=project,
        decision=decision,
        stage=stage,
        number=earlier + 1,
        accepted_on=data["accepted_on"],
        lead_unit=data["lead_unit"],
        conclusion=(C.RECTIFIED if again else C.QUALIFIED) if qualified else C.RECTIFY,
        quality=data["quality"],
        due_on=None if qualified else data["due_on"],
        report_file=data["report_file"][0],
        photos=data["photos"],
    )
    record_members(inspection, data["members"])
    AcceptanceLine.objects.bulk_create(
        AcceptanceLine(
            acceptance=inspection, position=position, name=item.name, unit=item.unit,
            planned=item.quantity, done=done, reason=reason,
        )
        for position, item, done, reason in data["lines"]
    )  # fmt: skip
    if not qualified:
        RectificationItem.objects.bulk_create(
            RectificationItem(acceptance=inspection, position=position, text=text)
            for position, text in enumerate(data["items"], start=1)
        )
    claim_photos(data["photos"], subject=project, shown_for=str(inspection), by=decision.by)
    return ()


def record_members(inspection: Acceptance, members: Iterable[Member]) -> None:
    AcceptanceMember.objects.bulk_create(
        AcceptanceMember(
            acceptance=inspection, position=position, post_id=member.post, unit=member.unit,
            title=member.title,
        )
        for position, member in enumerate(members, start=1)
    )  # fmt: skip


def open_inspection(project: Project) -> Acceptance | None:
    """The latest one, where it asked for something that nobody has answered yet."""
    return project.acceptances.filter(conclusion=C.RECTIFY, rectification__isnull=True).first()


def items_to_rectify(project: Project) -> tuple[Acceptance | None, list[RectificationItem]]:
    inspection = open_inspection(project)
    return inspection, list(inspection.items.all()) if inspection else []


def record_rectification(project: Project, decision: Decision, data: Data) -> Changed:
    """`answers`: by the id of each item, what was done about it and the photos of it."""
    inspection = open_inspection(project)
    assert inspection  # the project stands in 整改 by that very record
    rectification = Rectification.objects.create(
        project=project,
        decision=decision,
        acceptance=inspection,
        finished_on=data["finished_on"],
    )
    RectificationAnswer.objects.bulk_create(
        RectificationAnswer(rectification=rectification, item_id=item, text=text, photos=photos)
        for item, (text, photos) in data["answers"].items()
    )
    photos = [photo for _, shown in data["answers"].values() for photo in shown]
    claim_photos(photos, subject=project, shown_for=f"整改 {inspection}", by=decision.by)
    return ()
