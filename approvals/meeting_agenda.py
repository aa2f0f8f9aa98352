"""Making the agenda of a meeting, and changing it while the meeting sits."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from organizations.models import Role, User
from organizations.personal_data import refuse_personal_data
from organizations.policies import Refused, demand

from .agenda import demand_kind, digest_of, keep_version, kind_of, subject_of, text_of
from .meeting_rules import SECRETARY
from .models import AgendaItem, Meeting, Subject

S = Meeting.Status
SECRETARIES = (Role.GROUP_SECRETARY,)


def lock_meeting(meeting: Meeting, *statuses: str) -> Meeting:
    """Everything about a meeting waits for its row, before any subject of it."""
    locked = Meeting.objects.select_for_update(of=("self",)).get(pk=meeting.pk)
    if locked.status not in statuses:
        raise Refused(f"会议现为“{locked.get_status_display()}”，不能办理", who_can_clear=SECRETARY)
    locked.division = meeting.division
    return locked


def lock_item(item: AgendaItem, *statuses: str) -> AgendaItem:
    """As it stands now, with its meeting locked. Raises Refused."""
    meeting = lock_meeting(item.meeting, *statuses)
    locked = AgendaItem.objects.get(pk=item.pk)
    locked.meeting = meeting
    if locked.is_removed:
        raise Refused(f"议题“{locked}”已撤出议程", who_can_clear=SECRETARY)
    return locked


@transaction.atomic
def add_item(*, meeting: Meeting, subject: Subject, by: User) -> AgendaItem:
    """At the end of the agenda, as it stands now."""
    demand(by, SECRETARIES, meeting.division)
    meeting = lock_meeting(meeting, S.PREPARING)
    kind = demand_kind(subject)
    if not kind.ready(meeting.division).filter(pk=subject.pk).exists():
        raise Refused(f"“{subject}”不在待审定的环节，或不属本县", who_can_clear="现办理人")
    last = meeting.items.order_by("-position").first()
    item = AgendaItem(
        meeting=meeting,
        position=last.position + 1 if last else 1,
        subject_type=subject.life(),
        subject_id=subject.pk,
        title=str(subject)[:160],
    )
    # Read anew: what is kept is what the database says, not what the caller holds.
    item.digest = digest_of(text_of(subject_of(item), item))
    try:
        with transaction.atomic():
            item.save()
    except IntegrityError as error:
        raise Refused(
            f"“{subject}”已列入本次或另一次尚未闭会的会议议程", who_can_clear=SECRETARY
        ) from error
    return item


@transaction.atomic
def add_items(*, meeting: Meeting, subjects: Sequence[Subject], by: User) -> list[AgendaItem]:
    """In their order, all or none."""
    return [add_item(meeting=meeting, subject=subject, by=by) for subject in subjects]


@transaction.atomic
def move_item(*, item: AgendaItem, by: User, up: bool) -> None:
    """Change places with its neighbour; at the end of the agenda nothing happens."""
    demand(by, SECRETARIES, item.meeting.division)
    item = lock_item(item, S.PREPARING)
    beside = item.meeting.items.filter(is_removed=False)
    if up:
        neighbour = beside.filter(position__lt=item.position).order_by("-position").first()
    else:
        neighbour = beside.filter(position__gt=item.position).order_by("position").first()
    if neighbour:
        item.position, neighbour.position = neighbour.position, item.position
        for moved in (item, neighbour):
            moved.save(update_fields=["position"])


@transaction.atomic
def remove_item(*, item: AgendaItem, by: User, reason: str = "") -> None:
    """Off the agenda that is being made; out of a meeting that sits only with a reason, which
    stays on record with the votes. The thing may then come before another meeting."""
    demand(by, SECRETARIES, item.meeting.division)
    item = lock_item(item, S.PREPARING, S.OPEN)
    if item.meeting.status == S.PREPARING:
        kind_of(item).release(item)
        item.delete()
        return
    item.removal_reason = reason.strip()
    if not item.removal_reason:
        raise Refused("会议进行中撤出议题须写明事由", who_can_clear="领导小组办公室（写明事由）")
    refuse_personal_data(item.removal_reason)
    item.is_removed = True
    item.save(update_fields=["is_removed", "removal_reason"])


@transaction.atomic
def amend_item(*, item: AgendaItem, by: User, amendment: str) -> AgendaItem:
    """Say what the meeting changes in the thing; votes on the former version no longer count."""
    demand(by, SECRETARIES, item.meeting.division)
    item = lock_item(item, S.OPEN)
    set_amendment(item, amendment)
    return renew_digest(item)


def set_amendment(item: AgendaItem, amendment: str) -> None:
    """The words of a change made while the meeting sits. Raises Refused, ValidationError."""
    item.amendment = amendment.strip()
    if item.meeting.status == S.OPEN and not item.amendment:
        raise Refused("会议进行中修改议题须写明修改内容", who_can_clear=SECRETARY)
    refuse_personal_data(item.amendment)


def renew_digest(item: AgendaItem) -> AgendaItem:
    """After anything that the members decide on has changed. With the meeting locked; once it
    sits, each change is a version of its own and the item counts as amended."""
    subject = subject_of(item)
    if item.meeting.status == S.OPEN:
        item.is_amended = keep_version(item, subject) or item.is_amended
    else:
        item.digest = digest_of(text_of(subject, item))
    item.save(update_fields=["digest", "amendment", "is_amended"])
    return item


@transaction.atomic
def number_reply(*, item: AgendaItem, number: str, by: User) -> AgendaItem:
    """批复文号, where the reply does not take the number of the minutes with the item's."""
    demand(by, SECRETARIES, item.meeting.division)
    item = lock_item(item, S.PREPARING, S.OPEN)
    same = AgendaItem.objects.filter(
        meeting__division=item.meeting.division, reply_document=number, is_removed=False
    ).exclude(pk=item.pk)
    if number and same.exists():
        raise Refused(f"批复文号 {number} 已用于“{same[0].title}”", who_can_clear=SECRETARY)
    item.reply_document = number
    item.save(update_fields=["reply_document"])
    return item
