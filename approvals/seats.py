"""会签、加签、转办、催办: who else must sign before a step, whose step it is, who asks for it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Max, Q, QuerySet

from organizations.models import Organization, Post, Role, User
from organizations.policies import Refusal, WrongRole

from .models import Assignment, Decision, Reminder, Seat, Subject
from .transitions import Transition

Key = tuple[str, int]  # life, id


def about(subjects: Iterable[Subject]) -> Q:
    """Rows about any of these subjects, of mixed lives, at the status where each stands."""
    wanted: dict[tuple[str, str], list[int]] = defaultdict(list)
    for subject in subjects:
        wanted[subject.life(), subject.status].append(subject.pk)
    found = Q(pk__in=[])
    for (life, status), ids in wanted.items():
        found |= Q(subject_type=life, status=status, subject_id__in=ids)
    return found


def arrivals() -> QuerySet[Decision]:
    """The decisions that brought a subject somewhere; taking back is no arrival."""
    return Decision.objects.exclude(from_status=F("to_status")).exclude(action="withdraw")


def stay_of(subject: Subject) -> Decision | None:
    """The decision that brought the subject to its present status."""
    here = arrivals().filter(
        subject_type=subject.life(), subject_id=subject.pk, to_status=subject.status
    )
    return here.order_by("-id").first()


# --- Seats ------------------------------------------------------------------------------------


def seats_of(subject: Subject) -> QuerySet[Seat]:
    """Of the present stay, in the order in which they were set."""
    rows = Seat.objects.filter(about([subject]))
    if not rows.exists():
        return rows
    return rows.filter(stay=stay_of(subject)).select_related("organization", "signature")


def unsigned(subject: Subject) -> list[Seat]:
    return [seat for seat in seats_of(subject) if seat.signature_id is None]


def seats_waiting(subjects: Iterable[Subject]) -> dict[Key, list[Seat]]:
    """The unsigned seats of each subject's present stay; two queries, however many subjects."""
    page = list(subjects)
    rows = Seat.objects.filter(about(page), signature__isnull=True).order_by("id")
    seats = list(rows.select_related("organization"))
    if not seats:
        return {}
    ids = {seat.subject_id for seat in seats}
    latest: Any = (
        arrivals()
        .filter(subject_type__in={s.subject_type for s in seats}, subject_id__in=ids)
        .values_list("subject_type", "subject_id", "to_status")
        .annotate(latest=Max("id"))
        .order_by()
    )
    stays = {(life, pk, status): stay for life, pk, status, stay in latest}
    found: dict[Key, list[Seat]] = defaultdict(list)
    for seat in seats:
        if seat.stay_id == stays.get((seat.subject_type, seat.subject_id, seat.status)):
            found[seat.subject_type, seat.subject_id].append(seat)
    return found


def set_seats(
    subject: Subject,
    organizations: Iterable[Organization],
    *,
    status: str,
    stay: Decision | None,
    role: Role,
    reason: str,
    by: User,
    by_post: Post | None = None,
) -> list[Seat]:
    """Inside the transaction of the decision that opens the stay, or of 加签."""
    return Seat.objects.bulk_create(
        Seat(
            subject_type=subject.life(),
            subject_id=subject.pk,
            status=status,
            stay=stay,
            organization=organization,
            role=role,
            reason=reason[:200],
            by=by,
            by_post=by_post or (stay.post if stay else None),
        )
        for organization in organizations
    )


def names_of(seats: Sequence[Seat]) -> str:
    return "、".join(seat.organization.name for seat in seats)


def refuse_unsigned(subject: Subject, transition: Transition) -> Refusal | None:
    """A step forward waits for every seat; the step of the seats themselves does not."""
    if transition.by_seats or transition.is_return or transition.target == subject.status:
        return None
    waiting = unsigned(subject)
    if not waiting:
        return None
    return Refusal(f"待{names_of(waiting)}会签", who_can_clear=names_of(waiting))


def seat_for(subject: Subject, posts: Iterable[Post]) -> tuple[Seat, Post] | None:
    """The unsigned seat that the first of these posts may sign; one's own come before lent ones."""
    free = {(seat.organization_id, seat.role): seat for seat in unsigned(subject)}
    for post in posts:
        seat = free.get((post.organization_id, post.role))
        if seat:
            return seat, post
    return None


def refuse_second_signature(subject: Subject, seat: Seat, post: Post, by: User) -> Refusal | None:
    """Nobody signs for two units, nor what he himself asked for, himself or by a delegate; a
    trigger on seats holds the same."""
    people = {by.pk, post.user_id}
    who = f"{seat.organization.name}的其他{Role(seat.role).label}"
    asked_by = {seat.by_id, seat.by_post.user_id} if seat.by_post else {seat.by_id}
    if people & asked_by:
        return Refusal("会签是本人或委派人请求的，不能自己签署", "不相容岗位分离", who)
    signed = seats_of(subject).exclude(pk=seat.pk).filter(signature__isnull=False)
    other = signed.filter(Q(signature__by__in=people) | Q(signature__post__user__in=people)).first()
    if other is None:
        return None
    return Refusal(
        f"同一人已代表{other.organization.name}会签，不能再代表另一单位会签", "不相容岗位分离", who
    )


def refuse_seatless(subject: Subject) -> WrongRole:
    seats = list(seats_of(subject))
    left = [seat for seat in seats if seat.signature_id is None]
    reason = f"会签单位为{names_of(seats)}，您的单位不在其中或已会签" if seats else "未设会签单位"
    return WrongRole(reason, who_can_clear=names_of(left) or "上一步的办理人（设会签单位）")


# --- 转办 -------------------------------------------------------------------------------------


def assignments_of(subjects: Iterable[Subject]) -> dict[Key, Assignment]:
    """To whom the present step of each was handed over last, where it was. It lapses when the
    named one leaves the post."""
    page = {(s.life(), s.pk): s for s in subjects}
    # Few steps are handed over, and every page asks: nothing is joined where none is.
    rows = Assignment.objects.filter(about(page.values())).order_by("id")
    latest = {
        (life, pk): row
        for row, life, pk, at in rows.values_list("id", "subject_type", "subject_id", "at")
        if at >= page[life, pk].status_since
    }
    if not latest:
        return {}
    of_posts = ("by", "post__user", "post__organization__division")
    found = Assignment.objects.select_related(*of_posts).in_bulk(latest.values())
    standing = {key: found[row] for key, row in latest.items()}
    return {key: row for key, row in standing.items() if row.post.is_in_force}


def assignment_of(subject: Subject) -> Assignment | None:
    return assignments_of([subject]).get((subject.life(), subject.pk))


def assigned_posts(subjects: Iterable[Subject]) -> dict[Key, Post]:
    """For “现由谁办理”: the post whose step it is now."""
    return {key: row.post for key, row in assignments_of(subjects).items()}


def is_bound(steps: Iterable[Transition], handed: Assignment | None, post: Post) -> bool:
    """Whether these steps of a post are another's, because they were handed over to him."""
    return (
        handed is not None
        and handed.post_id != post.pk
        and any(handed.post.role in step.roles for step in steps)
    )


# --- 催办 -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Urgings:
    """How often somebody asked for the present step to be taken, and on which day last."""

    count: int
    last: dt.date

    def __str__(self) -> str:
        return f"催办 {self.count} 次，最近 {self.last}"


def urgings_of(subjects: Iterable[Subject]) -> dict[Key, Urgings]:
    page = {(s.life(), s.pk): s for s in subjects}
    rows = Reminder.objects.filter(about(page.values())).order_by("id")
    days: dict[Key, list[dt.date]] = defaultdict(list)
    for life, pk, at, day in rows.values_list("subject_type", "subject_id", "at", "day"):
        if at >= page[life, pk].status_since:
            days[life, pk].append(day)
    return {key: Urgings(len(found), max(found)) for key, found in days.items()}
