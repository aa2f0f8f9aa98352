"""How a thing moves. A life is a table of transitions; `perform` is the only door.

Each app declares its lives in its own `workflow.py`; an app further up adds conditions to
a lower app's life with `require`. The same table draws the buttons, fills the inbox,
documents the life (`manage.py show_workflows`) and drives the tests.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from organizations.models import Post, Role, User
from organizations.policies import Refusal, Refused, WrongRole, holds, role_names
from organizations.signature import sign

from .constraints import naming_the_constraint
from .keys import KeyedRequest, earlier_decision
from .models import CarbonCopy, Decision, Duty, Subject
from .separation import duties_done

Opinions = Sequence[Mapping[str, str]]
WITHDRAW = "withdraw"


class WrongState(Refused):
    """The subject is not at a step where this action exists."""


class ConditionUnmet(Refused):
    """Everything else is right, but something that must come first has not happened."""


class IncompatibleDuty(Refused):
    """The same person already acted in this case in a duty that may not be joined with this one."""

    status_code = 403


@dataclass(frozen=True)
class Criterion:
    """One question that the actor answers with pass or fail; a fail needs words."""

    code: str
    label: str
    clause: str = ""


@dataclass(frozen=True)
class Condition:
    """What must be true of the subject before the action. `check` answers None or why not."""

    name: str
    check: Callable[[Any], Refusal | None]
    clause: str = ""


# Runs with the decision written and before the status is saved; answers the fields of the
# subject that it changed, which are saved together with the status.
Effect = Callable[[Any, Decision, Mapping[str, Any]], Iterable[str]]


@dataclass(frozen=True)
class Transition:
    action: str
    label: str
    sources: tuple[str, ...]
    target: str
    roles: tuple[Role, ...]
    duty: Duty
    clause: str = ""
    needs_comment: bool = False
    criteria: tuple[Criterion, ...] = ()
    pass_label: str = "符合"  # noqa: S105
    fail_label: str = "不符合"
    form: Any = None  # a StepForm class: what must be recorded with this step
    amount: Callable[[Any, Mapping[str, Any]], Decimal] | None = None
    effect: Effect | None = None
    copy_to: tuple[Role, ...] = ()
    is_return: bool = False
    is_withdrawable: bool = False
    style: str = "primary"


@dataclass
class Workflow:
    """The life of one model. `start` is the status of a new row."""

    model: type[Subject]
    name: str
    start: str
    transitions: tuple[Transition, ...]
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

    def forward(self, status: str) -> list[Transition]:
        """The steps that a subject at this status waits for."""
        return [t for t in self.leaving(status) if not t.is_return and t.target != status]

    def next_roles(self, status: str) -> set[str]:
        """Who holds a subject at this status: the roles that can move it forward."""
        return {role for transition in self.forward(status) for role in transition.roles}

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
    ) -> Decision:
        """Move `subject` by one step, or raise Refused with the reason; all or nothing.

        The same `key` and `body_digest` a second time return the first decision.
        `seen_status` is what the person looked at; when it is no longer so, WrongState.
        """
        with transaction.atomic():
            locked = self._lock(subject)
            request = KeyedRequest(action, by, key, body_digest)
            earlier = earlier_decision(locked, request)
            if earlier:
                subject.status, subject.status_since = locked.status, locked.status_since
                return earlier
            if seen_status and locked.status != seen_status:
                raise self.wrong_state(locked, action)
            if action == WITHDRAW:
                return self._withdraw(locked, subject, request, comment=comment)
            transition, post = self.demand(locked, action, by)
            answers = check_opinions(transition, opinions)
            check_comment(transition, comment)
            given = data or {}
            decision = write_decision(
                locked,
                transition,
                by=by,
                post=post,
                comment=comment,
                opinions=answers,
                amount=transition.amount(locked, given) if transition.amount else None,
                evidence=evidence,
                request=request,
            )
            send_copies(locked, decision, transition.copy_to)
            # The county's book is locked from the effect on, so it comes as late as it can.
            changed = transition.effect(locked, decision, given) if transition.effect else ()
            sign(locked, by, transition.label)
            move(locked, transition.target, also=changed)
        subject.status, subject.status_since = locked.status, locked.status_since
        return decision

    def _lock(self, subject: Subject) -> Subject:
        rows = self.model._default_manager.select_related(*self.model.locked_with)
        return rows.select_for_update(of=("self",)).get(pk=subject.pk)

    def demand(self, subject: Subject, action: str, by: User) -> tuple[Transition, Post]:
        """The step and the post that allows it, or Refused: state, post, separation, conditions."""
        transition = self.find(action, subject.status)
        if transition is None:
            raise self.wrong_state(subject, action)
        post = self._demand_post(subject, transition, by)
        self._demand_separation(subject, transition, by)
        self._demand_conditions(subject, action)
        return transition, post

    def wrong_state(self, subject: Subject, action: str) -> WrongState:
        """Names who took the step already: most often the same person's second click."""
        label = next((t.label for t in self.transitions if t.action == action), action)
        reason = f"“{subject}”现为“{self.label_of(subject.status)}”，此时不能办理“{label}”"
        taken = Decision.objects.about(self.life, subject.pk).filter(action=action).last()
        if taken:
            at = timezone.localtime(taken.at)
            reason += (
                f"；“{taken.action_label}”已由{taken.by_unit}{taken.by_name}"
                f"于 {at:%Y-%m-%d %H:%M} 办理，没有重复办理"
            )
        return WrongState(reason, who_can_clear=role_names(sorted(self.next_roles(subject.status))))

    def _demand_post(self, subject: Subject, transition: Transition, by: User) -> Post:
        post = holds(by, transition.roles, subject.division)
        if post is None:
            raise WrongRole(
                f"“{transition.label}”由{role_names(transition.roles)}办理，"
                f"您在{subject.division.name}没有这一岗位",
                clause=transition.clause,
                who_can_clear=role_names(transition.roles),
            )
        return post

    def _demand_separation(self, subject: Subject, transition: Transition, by: User) -> None:
        refusal = separation_refusal(subject, transition, by)
        if refusal:
            raise IncompatibleDuty(
                refusal.reason, clause=refusal.clause, who_can_clear=refusal.who_can_clear
            )

    def _demand_conditions(self, subject: Subject, action: str) -> None:
        for condition in self.conditions.get(action, ()):
            refusal = condition.check(subject)
            if refusal:
                raise ConditionUnmet(
                    refusal.reason,
                    clause=refusal.clause or condition.clause,
                    who_can_clear=refusal.who_can_clear,
                )

    def _withdraw(
        self, locked: Subject, subject: Subject, request: KeyedRequest, *, comment: str
    ) -> Decision:
        last = self.demand_withdrawable(locked, request.by)
        step = withdrawal(locked, last)
        check_comment(step, comment)
        decision = write_decision(
            locked, step, by=request.by, post=last.post, comment=comment, request=request
        )
        sign(locked, request.by, step.label)
        move(locked, last.from_status, self._since(last))
        subject.status, subject.status_since = locked.status, locked.status_since
        return decision

    def _since(self, taken_back: Decision) -> dt.datetime:
        """When the status before a withdrawn step began: its notices and its clock still count."""
        trail = Decision.objects.about(self.life, taken_back.subject_id)
        before = trail.filter(to_status=taken_back.from_status, id__lt=taken_back.pk).last()
        return before.at if before else timezone.now()

    def demand_withdrawable(self, subject: Subject, by: User) -> Decision:
        last = self.withdrawable_decision(subject, by)
        if last is None:
            raise WrongState("只有上一步的办理人，在下一步办理之前可以撤回；涉及资金的步骤不能撤回")
        return last

    def withdrawable_decision(self, subject: Subject, by: User) -> Decision | None:
        """The latest decision, when it is this person's own and may still be taken back."""
        last = (
            Decision.objects.about(self.life, subject.pk)
            .select_related("post")
            .order_by("-id")
            .first()
        )
        if last is None or last.by_id != by.pk or last.to_status != subject.status:
            return None
        if last.post not in by.posts_today:
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


def separation_refusal(subject: Subject, transition: Transition, by: User) -> Refusal | None:
    """Why this person may not take this duty in this case; a trigger holds the same rule."""
    keys = subject.case_keys()
    other = duties_done(by, keys).clash(transition.duty, keys)
    if other is None:
        return None
    return Refusal(
        f"不相容职责：您已在本事项中办理过“{other.label}”，不能再办理“{transition.duty.label}”",
        clause="不相容岗位分离",
        who_can_clear=f"其他{role_names(transition.roles)}",
    )


def check_opinions(transition: Transition, opinions: Opinions) -> list[dict[str, str]]:
    """Every criterion answered; a step forward needs each of them passed."""
    given = {answer.get("code", ""): answer for answer in opinions}
    answers = []
    for criterion in transition.criteria:
        answer = given.get(criterion.code)
        if answer is None or answer.get("result") not in {"pass", "fail"}:
            raise Refused(f"“{criterion.label}”尚未逐项表明意见", clause=criterion.clause)
        if answer["result"] == "fail":
            raise Refused(
                f"“{criterion.label}”结论为“{transition.fail_label}”，不能{transition.label}，请退回并写明意见",
                clause=criterion.clause,
            )
        answers.append(
            {
                "code": criterion.code,
                "label": criterion.label,
                "result": transition.pass_label,
                "text": answer.get("text", ""),
            }
        )
    return answers


def check_comment(transition: Transition, comment: str) -> None:
    if transition.needs_comment and not comment.strip():
        raise Refused(f"“{transition.label}”须写明意见")


def write_decision(
    subject: Subject,
    transition: Transition,
    *,
    by: User,
    post: Post,
    comment: str = "",
    opinions: list[dict[str, str]] | None = None,
    amount: Decimal | None = None,
    evidence: Sequence[str] = (),
    request: KeyedRequest | None = None,
) -> Decision:
    decision = Decision(
        subject_type=subject.life(),
        subject_id=subject.pk,
        subject_title=str(subject)[:160],
        division=subject.division,
        cases=subject.case_keys(),
        action=transition.action,
        action_label=transition.label,
        duty=transition.duty,
        from_status=subject.status,
        to_status=transition.target,
        by=by,
        post=post,
        by_name=by.real_name,
        by_unit=post.organization.name,
        by_title=post.title,
        comment=comment.strip(),
        opinions=opinions or [],
        amount=amount,
        evidence=list(evidence),
        key=request.key if request else None,
        body_digest=request.body_digest if request else "",
    )
    try:
        decision.save(force_insert=True)
    except DatabaseError as error:
        refusal = refused_by_trigger(error)
        if refusal is None:
            raise
        raise refusal from error
    return decision


def refused_by_trigger(error: DatabaseError) -> Refused | None:
    """What the trigger on decisions refused because another request came in between."""
    cause: Any = error.__cause__
    kind = {"YC002": WrongRole, "YC003": IncompatibleDuty}.get(getattr(cause, "sqlstate", ""))
    return kind(cause.diag.message_primary) if kind else None


def move(
    subject: Subject, status: str, since: dt.datetime | None = None, also: Iterable[str] = ()
) -> None:
    """Set the status. Called with a decision just written, which a trigger checks."""
    subject.status = status
    subject.status_since = since or timezone.now()
    with naming_the_constraint(subject):
        subject.save(update_fields=["status", "status_since", *also])


def send_copies(subject: Subject, decision: Decision, roles: Iterable[str]) -> None:
    wanted = list(roles)
    if not wanted:
        return
    posts = Post.objects.in_force().over(subject.division).filter(role__in=wanted)
    users = set(posts.values_list("user_id", flat=True)) - {decision.by_id}
    CarbonCopy.objects.bulk_create(
        [CarbonCopy(decision=decision, user_id=user) for user in sorted(users)]
    )


@dataclass(frozen=True)
class Action:
    """A button: what one person could do to one subject now, or why not."""

    action: str
    label: str
    allowed: bool
    style: str
    reason: str = ""
    clause: str = ""
    who_can_clear: str = ""
    url: str = ""


def available(subject: Subject, user: User) -> list[Action]:
    """The buttons for this person: forward and back, the impossible ones with their reason.

    A step that needs another post than the person holds is shown only when it is the next
    step forward, so that everyone sees who must act, and nobody a wall of dead buttons.
    """
    workflow = workflow_of(subject)
    actions = []
    for transition in workflow.leaving(subject.status):
        if holds(user, transition.roles, subject.division) is None:
            if transition.is_return or transition.target == subject.status:
                continue
            actions.append(
                _action(
                    subject,
                    transition,
                    Refusal(
                        f"由{role_names(transition.roles)}办理",
                        transition.clause,
                        role_names(transition.roles),
                    ),
                )
            )
            continue
        refusal = _first_refusal(workflow, subject, transition, user)
        actions.append(_action(subject, transition, refusal))
    if workflow.withdrawable_decision(subject, user):
        url = act_url(subject, WITHDRAW)
        actions.append(Action(WITHDRAW, "撤回", True, "secondary", url=url))
    return actions


def _first_refusal(
    workflow: Workflow, subject: Subject, transition: Transition, user: User
) -> Refusal | None:
    refusal = separation_refusal(subject, transition, user)
    if refusal:
        return refusal
    for condition in workflow.conditions.get(transition.action, ()):
        refusal = condition.check(subject)
        if refusal:
            return (
                refusal
                if refusal.clause
                else Refusal(refusal.reason, condition.clause, refusal.who_can_clear)
            )
    return None


def act_url(subject: Subject, action: str) -> str:
    """The page on which the step is taken."""
    return reverse("act", args=(subject.life(), subject.pk, action))


def _action(subject: Subject, transition: Transition, refusal: Refusal | None) -> Action:
    return Action(
        action=transition.action,
        label=transition.label,
        allowed=refusal is None,
        style=transition.style,
        reason=refusal.reason if refusal else "",
        clause=refusal.clause if refusal else transition.clause,
        who_can_clear=refusal.who_can_clear if refusal else "",
        url=act_url(subject, transition.action),
    )
