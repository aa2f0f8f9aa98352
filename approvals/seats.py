"""会签、加签、转办: who else must sign before a step, and whose step it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Q, QuerySet

from organizations.models import Organization, Post, Role, User
from organizations.policies import Refusal, WrongRole

from .models import Assignment, Decision, Seat, Subject
from .transitions import Transition


def stay_of(subject: Subject) -> Decision | None:
    """The decision that brought the subject to its present status; taking back is no arrival."""
    return (
        Decision.objects.about(subject.life(), subject.pk)
        .filter(to_status=subject.status)
        .exclude(from_status=subject.status)
        .exclude(action="withdraw")
        .order_by("-id")
        .first()
    )


def seats_of(subject: Subject) -> QuerySet[Seat]:
    """Of the present stay, in the order in which they were set."""
    rows = Seat.objects.filter(
        subject_type=subject.life(), subject_id=subject.pk, status=subject.status
    )
    if not rows.exists():
        return rows
    return rows.filter(stay=stay_of(subject)).select_related("organization", "signature")


def unsigned(subject: Subject) -> list[Seat]:
    return [seat for seat in seats_of(subject) if seat.signature_id is None]


def set_seats(
    subject: Subject,
    organizations: Iterable[Organization],
    *,
    status: str,
    stay: Decision | None,
    role: Role,
    reason: str,
    by: User,
) -> None:
    """Inside the transaction of the decision that opens the stay, or of 加签."""
    Seat.objects.bulk_create(
        Seat(
            subject_type=subject.life(),
            subject_id=subject.pk,
            status=status,
            stay=stay,
            organization=organization,
            role=role,
            reason=reason[:200],
            by=by,
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
    """Nobody signs for two units, himself or by a delegate; a trigger on seats holds the same."""
    people = {by.pk, post.user_id}
    signed = seats_of(subject).exclude(pk=seat.pk).filter(signature__isnull=False)
    other = signed.filter(Q(signature__by__in=people) | Q(signature__post__user__in=people)).first()
    if other is None:
        return None
    return Refusal(
        f"同一人已代表{other.organization.name}会签，不能再代表另一单位会签",
        "不相容岗位分离",
        f"{seat.organization.name}的其他{Role(seat.role).label}",
    )


def refuse_seatless(subject: Subject) -> WrongRole:
    seats = list(seats_of(subject))
    left = [seat for seat in seats if seat.signature_id is None]
    reason = f"会签单位为{names_of(seats)}，您的单位不在其中或已会签" if seats else "未设会签单位"
    return WrongRole(reason, who_can_clear=names_of(left))


def assignment_of(subject: Subject) -> Assignment | None:
    """To whom the present step was handed over, if it was."""
    latest = (
        Assignment.objects.filter(
            subject_type=subject.life(), subject_id=subject.pk, status=subject.status
        )
        .select_related("post__user", "post__organization__division")
        .first()
    )
    if latest is None:
        return None
    stay = stay_of(subject)
    return latest if latest.stay_id == (stay.pk if stay else None) else None
