"""What an office does around a step: 转办, 加签, 催办. None of it moves the subject."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from organizations.models import Organization, Post, Role, User
from organizations.models.divisions import Level
from organizations.policies import Refusal, Refused, WrongRole, role_names

from .models import Assignment, Reminder, Seat, Subject
from .seats import assignment_of, is_bound, names_of, seats_of, set_seats, stay_of
from .separation import DutiesDone, duties_done_by
from .transitions import Transition, WrongState
from .workflow import Workflow, posts_for, workflow_of

Kind = Organization.Kind
# Who signs for a unit that is asked for its opinion.
SIGNING_ROLES: dict[str, Role] = {
    Kind.TOWNSHIP: Role.TOWNSHIP_REVIEWER,
    Kind.PROJECT_DEPARTMENT: Role.PROJECT_REVIEWER,
    Kind.INDUSTRY: Role.INDUSTRY_REVIEWER,
    Kind.FINANCE: Role.FINANCE_REVIEWER,
    Kind.LEADING_GROUP: Role.GROUP_SECRETARY,
}


class AlreadyDone(Refused):
    """Once was enough for today."""


def steps_by_hand(workflow: Workflow, status: str) -> list[Transition]:
    """The steps forward that somebody takes on a page of their own."""
    return [step for step in workflow.forward(status) if not step.only_in]


@dataclass(frozen=True)
class Holding:
    """By which post this person has the present step in hand, and which steps that post takes."""

    post: Post
    steps: tuple[Transition, ...]

    @property
    def roles(self) -> set[str]:
        return {role for step in self.steps for role in step.roles}


def holding(subject: Subject, user: User) -> Holding | None:
    """Nothing where the step was handed over to somebody else, or is taken in a meeting."""
    steps = steps_by_hand(workflow_of(subject), subject.status)
    taken = [
        Holding(post, mine)
        for post in user.posts_today
        if (mine := tuple(step for step in steps if post in posts_for(subject, step, user)))
    ]
    handed = assignment_of(subject) if taken else None
    return next((h for h in taken if not is_bound(h.steps, handed, h.post)), None)


def demand_holding(subject: Subject, user: User) -> Holding:
    """Raises WrongRole, or WrongState where nobody holds the step by hand."""
    held = holding(subject, user)
    if held:
        return held
    workflow = workflow_of(subject)
    steps = steps_by_hand(workflow, subject.status)
    if not steps:
        refusal = refuse_nothing_in_hand(workflow, subject)
        raise WrongState(refusal.reason, who_can_clear=refusal.who_can_clear)
    handed = assignment_of(subject)
    if handed:
        raise WrongRole(f"本步已转办给{handed.post}", who_can_clear=str(handed.post))
    roles = role_names(sorted({role for step in steps for role in step.roles}))
    raise WrongRole(f"由本步的办理人办理（{roles}）", who_can_clear=roles)


def refuse_nothing_in_hand(workflow: Workflow, subject: Subject) -> Refusal:
    label = workflow.label_of(subject.status)
    elsewhere = [step.only_in for step in workflow.forward(subject.status) if step.only_in]
    if elsewhere:
        return Refusal(f"“{label}”在{elsewhere[0]}办理", who_can_clear=elsewhere[0])
    return Refusal(f"“{label}”没有待办的步骤", who_can_clear="本人（无须再办）")


# --- 转办 -------------------------------------------------------------------------------------


def may_hand_over(subject: Subject, user: User) -> Holding:
    """Who holds the step, and who handed it over and wants it back. Raises Refused."""
    steps = steps_by_hand(workflow_of(subject), subject.status)
    if any(step.by_seats for step in steps):
        seated = names_of([s for s in seats_of(subject) if s.signature_id is None])
        raise WrongState("会签由各席位单位自己签署，不能转办", who_can_clear=seated)
    handed = assignment_of(subject)
    if handed and handed.by_id == user.pk and handed.by_post in user.posts_today:
        mine = tuple(s for s in steps if handed.post.role in s.roles)
        if mine and handed.by_post:
            return Holding(handed.by_post, mine)
    return demand_holding(subject, user)


def possible_assignees(subject: Subject, held: Holding) -> list[Post]:
    """Posts in force that could take the step instead: over the subject, and of people whom the
    separation of duties does not keep from it."""
    handed = assignment_of(subject)
    taken = handed.post_id if handed else held.post.pk
    posts = (
        Post.objects.in_force()
        .over(subject.division)
        .filter(role__in=held.roles)
        .exclude(pk=taken)
        .select_related("user", "organization__division")
        .order_by("organization_id", "user__real_name")
    )
    done = duties_done_by({post.user_id for post in posts}, subject.case_keys())
    return [post for post in posts if not _separated(subject, held, post, done[post.user_id])]


def _separated(subject: Subject, held: Holding, post: Post, done: DutiesDone) -> bool:
    mine = [step for step in held.steps if post.role in step.roles]
    return all(done.clash(step.duty, subject.case_keys()) for step in mine)


@transaction.atomic
def hand_over(*, subject: Subject, to: Post, reason: str, by: User) -> Assignment:
    """转办: from now on this step is the named post's, until it is taken or handed on."""
    subject = lock(subject)
    held = may_hand_over(subject, by)
    if to not in possible_assignees(subject, held):
        raise Refused(
            "所选人员不能办理本步：没有所需岗位，或与其已办职责不相容，或本步已在其手中",
            who_can_clear=role_names(sorted(held.roles)),
        )
    return Assignment.objects.create(
        **_here(subject), post=to, reason=_said(reason), by=by, by_post=held.post
    )


# --- 加签 -------------------------------------------------------------------------------------


def may_ask(subject: Subject, user: User) -> Holding:
    return demand_holding(subject, user)


def units_to_ask(subject: Subject, held: Holding) -> list[Organization]:
    """Units of the township and the county that have somebody to sign, and no seat yet."""
    paths = subject.division.paths_above()
    units = Organization.objects.filter(
        division__path__in=paths,
        division__level__in=(Level.COUNTY, Level.TOWNSHIP),
        kind__in=SIGNING_ROLES,
        is_active=True,
    ).exclude(pk=held.post.organization_id)
    seated = {seat.organization_id for seat in seats_of(subject)}
    signers = set(
        Post.objects.in_force()
        .filter(organization__in=units, role__in=SIGNING_ROLES.values())
        .values_list("organization_id", "role")
    )
    wanted = {role for step in held.steps if step.by_seats for role in step.roles}
    return [
        unit
        for unit in units.select_related("division").order_by("division__code", "name")
        if unit.pk not in seated
        and (unit.pk, str(SIGNING_ROLES[unit.kind])) in signers
        and (not wanted or SIGNING_ROLES[unit.kind] in wanted)
    ]


@transaction.atomic
def ask_to_countersign(
    *, subject: Subject, organization: Organization, reason: str, by: User
) -> Seat:
    """加签: the step forward waits for this unit's signature. It can not be taken away again; a
    return clears it."""
    subject = lock(subject)
    held = may_ask(subject, by)
    if organization not in units_to_ask(subject, held):
        raise Refused(
            "所选单位不能会签本事项：不是本县（乡镇）的其他单位、没有会签岗位在任，或已有席位",
            who_can_clear="系统管理员（岗位任职）",
        )
    (seat,) = set_seats(
        subject,
        [organization],
        status=subject.status,
        stay=stay_of(subject),
        role=SIGNING_ROLES[organization.kind],
        reason=_said(reason),
        by=by,
        by_post=held.post,
    )
    return seat


# --- 催办 -------------------------------------------------------------------------------------


def may_remind(subject: Subject, user: User) -> Post:
    """The post in whose territory the subject lies. Raises Refused."""
    workflow = workflow_of(subject)
    if not workflow.roles_holding(subject):
        refusal = refuse_nothing_in_hand(workflow, subject)
        raise WrongState(refusal.reason, who_can_clear=refusal.who_can_clear)
    over = [
        post
        for post in user.posts_today
        if post.role != Role.SYSTEM_ADMIN and post.division.contains(subject.division)
    ]
    if not over:
        raise WrongRole(
            f"催办由管辖{subject.division.name}的业务岗位办理，您没有这样的岗位",
            who_can_clear=f"管辖{subject.division.name}的业务岗位",
        )
    if holding(subject, user):
        raise Refused("本步在您手中，不必催办", who_can_clear="本人（办理本步）")
    today = _about(subject).filter(by=user, day=timezone.localdate()).first()
    if today:
        at = timezone.localtime(today.at)
        raise AlreadyDone(f"您今天 {at:%H:%M} 已催办过，每人每天一次", who_can_clear="本人（明天）")
    return over[0]


@transaction.atomic
def remind(*, subject: Subject, message: str, by: User) -> Reminder:
    """催办, once a day for each person and subject."""
    subject = lock(subject)
    post = may_remind(subject, by)
    try:
        with transaction.atomic():
            return Reminder.objects.create(
                **_here(subject), message=_said(message), by=by, by_post=post
            )
    except IntegrityError as error:
        raise AlreadyDone("您今天已催办过，每人每天一次", who_can_clear="本人（明天）") from error


# --- Common -----------------------------------------------------------------------------------


def lock(subject: Subject) -> Subject:
    return workflow_of(subject).lock(subject)


def _about(subject: Subject) -> QuerySet[Reminder]:
    return Reminder.objects.filter(subject_type=subject.life(), subject_id=subject.pk)


def _here(subject: Subject) -> dict[str, object]:
    return {
        "subject_type": subject.life(),
        "subject_id": subject.pk,
        "status": subject.status,
        "stay": stay_of(subject),
    }


def _said(words: str) -> str:
    said = words.strip()
    if not said:
        raise Refused("请写明事由", who_can_clear="本人")
    return said[:200]
