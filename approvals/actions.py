"""The buttons: what one person could do to one subject now, or why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.urls import reverse

from organizations.models import User
from organizations.policies import Refusal, Refused, role_names

from .models import Subject
from .office import AlreadyDone, may_ask, may_hand_over, may_remind
from .transitions import Transition, WrongState
from .workflow import (
    COUNTERSIGN,
    WITHDRAW,
    Workflow,
    posts_for,
    refuse_postless,
    workflow_of,
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
    clear_url: str = ""


def available(subject: Subject, user: User) -> list[Action]:
    """The buttons for this person: forward and back, the impossible ones with their reason.

    A step that needs another post than the person holds is shown only when it is the next
    step forward, so that everyone sees who must act, and nobody a wall of dead buttons.
    """
    workflow = workflow_of(subject)
    actions = []
    for transition in workflow.leaving(subject.status):
        refusal = _refusal(workflow, subject, transition, user)
        aside = transition.is_return or transition.target == subject.status
        held = posts_for(subject, transition, user, lent_too=True)
        if aside and (transition.only_in or not held):
            continue
        actions.append(_action(subject, transition, refusal))
    if _may_countersign(workflow, subject, user):
        url = act_url(subject, COUNTERSIGN)
        actions.append(Action(COUNTERSIGN, "会签", True, "primary", url=url))
    if workflow.withdrawable_decision(subject, user):
        url = act_url(subject, WITHDRAW)
        actions.append(Action(WITHDRAW, "撤回", True, "secondary", url=url))
    return actions


def office_actions(subject: Subject, user: User) -> list[Action]:
    """转办, 加签 for whoever holds the step, 催办 for whoever waits for it."""
    return [
        *_beside(subject, user, "assign", "转办", may_hand_over),
        *_beside(subject, user, "ask", "加签", may_ask),
        *_beside(subject, user, "remind", "催办", may_remind),
    ]


def _beside(
    subject: Subject, user: User, name: str, label: str, check: Callable[[Subject, User], object]
) -> Iterator[Action]:
    """Shown only where it is this person's to do; refused only where he has done it already."""
    url = reverse(f"office_{name}", args=(subject.life(), subject.pk))
    try:
        check(subject, user)
    except AlreadyDone as error:
        why = error.refusal
        yield Action(name, label, False, "secondary", why.reason, "", why.who_can_clear, url)
    except Refused:
        return
    else:
        yield Action(name, label, True, "secondary", url=url)


def buttons(subject: Subject, user: User) -> list[Action]:
    """Everything for the page of a thing: its steps, and what goes on around them."""
    return [*available(subject, user), *office_actions(subject, user)]


def _refusal(
    workflow: Workflow, subject: Subject, transition: Transition, user: User
) -> Refusal | None:
    """What stops this person first, in words for a button."""
    if not posts_for(subject, transition, user):
        if posts_for(subject, transition, user, lent_too=True):
            return refuse_postless(subject, transition, user)
        roles = role_names(transition.roles)
        return Refusal(f"由{roles}办理", transition.clause, roles)
    if transition.only_in:
        return Refusal(f"在{transition.only_in}办理", transition.clause, transition.only_in)
    try:
        workflow.demand(subject, transition.action, user)
    except Refused as error:
        return error.refusal
    return None


def _may_countersign(workflow: Workflow, subject: Subject, user: User) -> bool:
    if any(step.by_seats for step in workflow.leaving(subject.status)):
        return False
    try:
        workflow.countersigning(subject, user)
    except Refused:
        return False
    return True


def demand_by_hand(workflow: Workflow, subject: Subject, action: str, user: User) -> Transition:
    """A step that has a button of its own; the steps of a meeting are taken in the meeting."""
    step = workflow.demand(subject, action, user)[0]
    if step.only_in:
        raise WrongState(f"“{step.label}”在{step.only_in}办理", who_can_clear=step.only_in)
    return step


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
        clear_url=refusal.url if refusal else "",
        url=act_url(subject, transition.action),
    )
