"""How a thing moves. A life is a table of transitions; `perform` is the only door.

Each app declares its lives in its own `workflow.py`; an app further up adds conditions to
a lower app's life with `require`. The same table draws the buttons, fills the inbox,
documents the life (`manage.py show_workflows`) and drives the tests.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from django.db import transaction
from django.utils import timezone

from organizations.models import Post, Role, User
from organizations.policies import (
    Refusal,
    Refused,
    WrongRole,
    refuse_acting_for,
    role_names,
)
from organizations.signature import sign

from .attempts import await_commit, keeping_refusals
from .decisions import move, send_copies, write_decision
from .keys import KeyedRequest, earlier_decision
from .models import Decision, Duty, Seat, Subject
from .seats import (
    arrivals,
    assignment_of,
    is_bound,
    refuse_seatless,
    refuse_second_signature,
    refuse_unsigned,
    seat_for,
    unsigned,
)
from .separation import separation_refusal
from .transitions import (
    Condition,
    ConditionUnmet,
    Criterion,
    Effect,
    IncompatibleDuty,
    Opinions,
    Transition,
    WrongState,
    check_comment,
    check_opinions,
)

__all__ = [
    "Condition",
    "ConditionUnmet",
    "Criterion",
    "Effect",
    "IncompatibleDuty",
    "Opinions",
    "Transition",
    "Workflow",
    "WrongState",
    "check_opinions",
    "move",
    "register",
    "require",
    "separation_refusal",
    "workflow_of",
]

WITHDRAW = "withdraw"
COUNTERSIGN = "countersign"


@dataclass(frozen=True)
class Said:
    """What came along with a step: words, answers, what its form recorded, papers, copies."""

    comment: str
    opinions: Opinions
    data: Mapping[str, Any]
    evidence: Sequence[str]
    copy_to: Sequence[int]


@dataclass
class Workflow:
    """The life of one model. `start` is the status of a new row; `waits_for` names who holds a
    subject at a status whose steps are taken elsewhere, in a meeting say; `limit_keys` are the
    parameters that limit a status under another key than limit.<life>.<status>; `role_by` names
    the field, of the subject or of a row that it points to (`division__level`), whose value tells
    which one of a step's roles holds the subject at a status."""

    model: type[Subject]
    name: str
    start: str
    transitions: tuple[Transition, ...]
    waits_for: Mapping[str, tuple[Role, ...]] = field(default_factory=dict)
    limit_keys: Mapping[str, str] = field(default_factory=dict)
    role_by: Mapping[str, tuple[str, Mapping[str, Role]]] = field(default_factory=dict)
    conditions: dict[str, list[Condition]] = field(default_factory=dict)

    @property
    def life(self) -> str:
        return self.model.life()

    def find(self, action: str, status: str) -> Transition | None:
        for transition in self.transitions:
            if transition.action == action and status in transition.sources:
                return transition
        return None

    def leaving(self, status: str) -> list[Transition]:
        return [t for t in self.transitions if status in t.sources]

    def label_of(self, status: str) -> str:
        choices = self.model._meta.get_field("status").choices or ()
        return str(dict(choices).get(status, status))

    def action_label(self, action: str) -> str:
        beside = {WITHDRAW: "撤回", COUNTERSIGN: "会签"}
        labels = (t.label for t in self.transitions if t.action == action)
        return next(labels, beside.get(action, action))

    def forward(self, status: str) -> list[Transition]:
        """The steps that a subject at this status waits for."""
        return [t for t in self.leaving(status) if not t.is_return and t.target != status]

    def next_roles(self, status: str, *, lent: bool = False) -> set[str]:
        """Who holds a subject at this status: the roles that can move it forward. `lent` leaves
        out the steps that nobody takes for another."""
        if status in self.waits_for:
            return set(self.waits_for[status])
        forward = [t for t in self.forward(status) if not (lent and t.in_person)]
        return {role for transition in forward for role in transition.roles}

    def roles_holding(self, subject: Subject, *, lent: bool = False) -> set[str]:
        """As `next_roles`, of this one subject."""
        held = self.next_roles(subject.status, lent=lent)
        if subject.status in self.role_by:
            name, roles = self.role_by[subject.status]
            held &= {roles[attrgetter(name.replace("__", "."))(subject)]}
        return held

    def seated(self) -> set[str]:
        """The statuses that wait for the signature of several units."""
        return {s for t in self.transitions if t.by_seats for s in t.sources}

    def main_path(self) -> list[str]:
        """The statuses of a life in which nothing is ever sent back."""
        path = [self.start]
        while ahead := [t.target for t in self.forward(path[-1]) if t.target not in path]:
            path.append(ahead[0])
        return path

    def perform(
        self,
        subject: Subject,
        action: str,
        *,
        by: User,
        comment: str = "",
        opinions: Opinions = (),
        data: Mapping[str, Any] | None = None,
        evidence: Sequence[str] = (),
        seen_status: str = "",
        key: str | None = None,
        body_digest: str = "",
        copy_to: Sequence[int] = (),
    ) -> Decision:
        """Move `subject` by one step, or raise Refused with the reason; all or nothing.

        The same `key` and `body_digest` a second time return the first decision.
        `seen_status` is what the person looked at; when it is no longer so, WrongState.
        `copy_to` are users whom the actor wants to know of it, beside those whom the step names.
        """
        said = Said(comment, opinions, data or {}, evidence, copy_to)
        label, status = self.action_label(action), subject.status
        keeping = keeping_refusals(subject, action, label, by)
        with keeping, transaction.atomic():
            locked = self.lock(subject)
            request = KeyedRequest(action, by, key, body_digest)
            earlier = earlier_decision(locked, request)
            if earlier:
                subject.status, subject.status_since = locked.status, locked.status_since
                return earlier
            if seen_status and locked.status != seen_status:
                raise self.wrong_state(locked, action)
            decision = self._take(locked, request, said)
        await_commit(subject, status, action, label, by)
        subject.status, subject.status_since = locked.status, locked.status_since
        return decision

    def _take(self, locked: Subject, request: KeyedRequest, said: Said) -> Decision:
        if request.action == WITHDRAW:
            return self._withdraw(locked, request, said)
        if request.action == COUNTERSIGN:
            return self._countersign(locked, request, said)
        transition, post = self.demand(locked, request.action, request.by)
        answers = check_opinions(transition, locked, said.opinions)
        check_comment(transition, said.comment)
        target = transition.chosen_target(said.data)
        seat = seat_for(locked, [post]) if transition.by_seats else None
        if seat and len(unsigned(locked)) > 1:
            target = locked.status
        decision = write_decision(
            locked,
            transition,
            target=target,
            by=request.by,
            post=post,
            comment=said.comment,
            opinions=answers,
            amount=transition.amount(locked, said.data) if transition.amount else None,
            evidence=said.evidence,
            request=request,
        )
        if seat:
            take_seat(seat[0], decision)
        send_copies(locked, decision, transition.copy_to, said.copy_to)
        # The county's book is locked from the effect on, so it comes as late as it can.
        changed = transition.effect(locked, decision, said.data) if transition.effect else ()
        sign(locked, request.by, transition.label)
        move(locked, target, also=changed)
        return decision

    def lock(self, subject: Subject) -> Subject:
        """As the database has it now; nobody else changes it before the transaction ends."""
        rows = self.model._default_manager.select_related(*self.model.locked_with)
        return rows.select_for_update(of=("self",)).get(pk=subject.pk)

    def demand(self, subject: Subject, action: str, by: User) -> tuple[Transition, Post]:
        """The step and the post that allows it, or Refused: state, post, separation, conditions."""
        transition = self.find(action, subject.status)
        if transition is None:
            raise self.wrong_state(subject, action)
        try:
            post = self._demand_post(subject, transition, by)
            self._demand_separation(subject, transition, by, post)
            self._demand_conditions(subject, transition, by)
        except Refused as refused:
            refused.refusal = refused.refusal.resting_on(transition.clause)
            raise
        return transition, post

    def wrong_state(self, subject: Subject, action: str) -> WrongState:
        """Names who took the step already: most often the same person's second click."""
        label = self.action_label(action)
        reason = f"“{subject}”现为“{self.label_of(subject.status)}”，此时不能办理“{label}”"
        taken = Decision.objects.about(self.life, subject.pk).filter(action=action).last()
        if taken:
            at = timezone.localtime(taken.at)
            reason += (
                f"；“{taken.action_label}”已由{taken.by_unit}{taken.signed_by}"
                f"于 {at:%Y-%m-%d %H:%M} 办理，没有重复办理"
            )
        holders = role_names(sorted(self.roles_holding(subject)))
        step = next((t for t in self.transitions if t.action == action), None)
        return WrongState(
            reason,
            clause=step.clause if step else "",
            who_can_clear=holders or "本人（无须再办）",
        )

    def _demand_post(self, subject: Subject, transition: Transition, by: User) -> Post:
        """The post that allows the step: where it was handed over, only the named one."""
        posts = posts_for(subject, transition, by)
        if not posts:
            refusal = refuse_postless(subject, transition, by)
            raise WrongRole(
                refusal.reason, clause=refusal.clause, who_can_clear=refusal.who_can_clear
            )
        if transition.by_seats:
            return self._demand_seat(subject, posts, by)[1]
        handed = assignment_of(subject)
        for post in posts:
            if not is_bound((transition,), handed, post):
                return post
        assert handed
        raise WrongRole(
            f"本步已转办给{handed.post}",
            clause=transition.clause,
            who_can_clear=f"{handed.post.user}（或由{handed.by}收回）",
        )

    def _demand_seat(self, subject: Subject, posts: Sequence[Post], by: User) -> tuple[Seat, Post]:
        seated = seat_for(subject, posts)
        if seated is None:
            raise refuse_seatless(subject)
        second = refuse_second_signature(subject, *seated, by)
        if second:
            raise IncompatibleDuty(
                second.reason, clause=second.clause, who_can_clear=second.who_can_clear
            )
        return seated

    def _demand_separation(
        self, subject: Subject, transition: Transition, by: User, post: Post
    ) -> None:
        refusal = separation_refusal(subject, transition, by, post)
        if refusal:
            raise IncompatibleDuty(
                refusal.reason, clause=refusal.clause, who_can_clear=refusal.who_can_clear
            )

    def _demand_conditions(self, subject: Subject, transition: Transition, by: User) -> None:
        refusal = self.unmet(subject, transition, by)
        if refusal:
            raise ConditionUnmet(
                refusal.reason,
                clause=refusal.clause,
                who_can_clear=refusal.who_can_clear,
                url=refusal.url,
            )

    def unmet(self, subject: Subject, transition: Transition, by: User) -> Refusal | None:
        """The first thing that must come before this step and has not."""
        waiting = refuse_unsigned(subject, transition)
        if waiting:
            return waiting
        for condition in self.conditions.get(transition.action, ()):
            refusal = condition.refusal(subject, by)
            if refusal:
                return refusal
        return None

    def countersigning(self, subject: Subject, by: User) -> tuple[Transition, Post, Seat]:
        """The signature that 加签 asked of this person's unit. Raises WrongState, WrongRole."""
        if not unsigned(subject):
            raise WrongState("没有待会签的席位", who_can_clear="本步的办理人（加签）")
        over = [post for post in by.posts_today if post.division.contains(subject.division)]
        seat, post = self._demand_seat(subject, over, by)
        step = countersignature(subject, Role(seat.role))
        self._demand_separation(subject, step, by, post)
        return step, post, seat

    def _countersign(self, locked: Subject, request: KeyedRequest, said: Said) -> Decision:
        step, post, seat = self.countersigning(locked, request.by)
        check_comment(step, said.comment)
        decision = write_decision(
            locked, step, target=locked.status, by=request.by, post=post, comment=said.comment,
            evidence=said.evidence, request=request,
        )  # fmt: skip
        take_seat(seat, decision)
        send_copies(locked, decision, (), said.copy_to)
        return decision

    def _withdraw(self, locked: Subject, request: KeyedRequest, said: Said) -> Decision:
        last = self.demand_withdrawable(locked, request.by)
        step = withdrawal(locked, last)
        check_comment(step, said.comment)
        decision = write_decision(
            locked, step, target=last.from_status, by=request.by, post=last.post,
            comment=said.comment, request=request,
        )  # fmt: skip
        send_copies(locked, decision, (), said.copy_to)
        sign(locked, request.by, step.label)
        move(locked, last.from_status, self._since(last))
        return decision

    def _since(self, taken_back: Decision) -> dt.datetime:
        """When the status before a withdrawn step began: its notices and its clock still count."""
        before = (
            arrivals()
            .filter(subject_type=self.life, subject_id=taken_back.subject_id)
            .filter(to_status=taken_back.from_status, id__lt=taken_back.pk)
            .last()
        )
        return before.at if before else timezone.now()

    def demand_withdrawable(self, subject: Subject, by: User) -> Decision:
        last = self.withdrawable_decision(subject, by)
        if last is None:
            raise WrongState(
                "只有上一步的办理人，在下一步办理之前可以撤回；涉及资金的步骤不能撤回",
                who_can_clear="上一步的办理人；已办下一步的，由现办理人退回",
            )
        return last

    def withdrawable_decision(self, subject: Subject, by: User) -> Decision | None:
        """The latest decision, when this person took it, or it was taken in his name, and it may
        still be taken back."""
        last = (
            Decision.objects.about(self.life, subject.pk)
            .select_related("post")
            .order_by("-id")
            .first()
        )
        if last is None or last.to_status != subject.status:
            return None
        if by.pk not in (last.by_id, last.post.user_id) or last.post not in by.posts_today:
            return None
        step = self.find(last.action, last.from_status)
        return last if step and step.is_withdrawable else None


def withdrawal(subject: Subject, last: Decision) -> Transition:
    """The step that takes back a decision, as if it stood in the table."""
    return Transition(
        WITHDRAW,
        "撤回",
        (subject.status,),
        last.from_status,
        (Role(last.post.role),),
        Duty(last.duty),
        needs_comment=True,
        style="secondary",
    )


def countersignature(subject: Subject, role: Role) -> Transition:
    """The step of a seat, as if it stood in the table: an opinion that moves nothing."""
    return Transition(
        COUNTERSIGN,
        "会签",
        (subject.status,),
        subject.status,
        (role,),
        Duty.COUNTERSIGN,
        needs_comment=True,
        style="secondary",
    )


def take_seat(seat: Seat, decision: Decision) -> None:
    seat.signature = decision
    seat.save(update_fields=["signature"])


def posts_for(
    subject: Subject, transition: Transition, by: User, *, lent_too: bool = False
) -> list[Post]:
    """The person's posts of today with one of the step's roles over the subject; those lent to
    him only where the step may be taken for another."""
    return [
        post
        for post in by.posts_today
        if post.role in transition.roles
        and post.division.contains(subject.division)
        and (lent_too or post.user_id == by.pk or not transition.in_person)
    ]


def refuse_postless(subject: Subject, transition: Transition, by: User) -> Refusal:
    """Why nobody's posts allow this person the step."""
    lent = posts_for(subject, transition, by, lent_too=True)
    if lent:
        refusal = refuse_acting_for(lent[0])
        return Refusal(refusal.reason, transition.clause, refusal.who_can_clear)
    return Refusal(
        f"“{transition.label}”由{role_names(transition.roles)}办理，"
        f"您在{subject.division.name}没有这一岗位",
        transition.clause,
        role_names(transition.roles),
    )


WORKFLOWS: dict[str, Workflow] = {}


def register(workflow: Workflow) -> Workflow:
    WORKFLOWS[workflow.life] = workflow
    return workflow


def workflow_of(subject: Subject) -> Workflow:
    return WORKFLOWS[subject.life()]


def require(life: str, action: str, condition: Condition) -> None:
    """Add a condition to another app's transition. LookupError when there is no such action."""
    workflow = WORKFLOWS[life]
    if not any(t.action == action for t in workflow.transitions):
        raise LookupError(f"{life} has no action {action}")
    workflow.conditions.setdefault(action, []).append(condition)
