"""The words of a life's table: steps, the questions they ask, the conditions they wait for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from organizations.models import Role, User
from organizations.policies import Refusal, Refused

from .models import Decision, Duty

Opinions = Sequence[Mapping[str, str]]


class WrongState(Refused):
    """The subject is not at a step where this action exists."""


class ConditionUnmet(Refused):
    """Everything else is right, but something that must come first has not happened."""


class IncompatibleDuty(Refused):
    """The same person already acted in this case in a duty that may not be joined with this one."""

    status_code = 403


@dataclass(frozen=True)
class Criterion:
    """One question that the actor answers with pass or fail; a fail needs words.

    `hint` is what should be looked at before answering, and where it is set `needs_words` asks
    for words with a pass too. The labels stand instead of the step's own.
    """

    code: str
    label: str
    clause: str = ""
    hint: str = ""
    needs_words: bool = False
    pass_label: str = ""
    fail_label: str = ""


@dataclass(frozen=True)
class Condition:
    """What must be true of the subject before the action. `check` answers None or why not.

    A personal one depends on who acts: `check_person` takes the subject and the person.
    """

    name: str
    check: Callable[[Any], Refusal | None] | None = None
    clause: str = ""
    check_person: Callable[[Any, User], Refusal | None] | None = None

    def refusal(self, subject: Any, by: User) -> Refusal | None:
        found = self.check(subject) if self.check else None
        if found is None and self.check_person:
            found = self.check_person(subject, by)
        if found is None or found.clause:
            return found
        return replace(found, clause=self.clause)


# Runs with the decision written and before the status is saved; answers the fields of the
# subject that it changed, which are saved together with the status.
Effect = Callable[[Any, Decision, Mapping[str, Any]], Iterable[str]]
Questions = tuple[Criterion, ...] | Callable[[Any], tuple[Criterion, ...]]


@dataclass(frozen=True)
class Transition:
    """A step. `return_to` are the earlier statuses that the actor may choose instead of
    `target`; `by_seats` waits for every unit with a seat, the last signature moves the subject;
    `only_in` names the place without which the step can not be taken, so it has no button."""

    action: str
    label: str
    sources: tuple[str, ...]
    target: str
    roles: tuple[Role, ...]
    duty: Duty
    clause: str = ""
    needs_comment: bool = False
    criteria: Questions = ()
    pass_label: str = "符合"  # noqa: S105
    fail_label: str = "不符合"
    form: Any = None  # a StepForm class: what must be recorded with this step
    amount: Callable[[Any, Mapping[str, Any]], Decimal] | None = None
    effect: Effect | None = None
    copy_to: tuple[Role, ...] = ()
    is_return: bool = False
    is_withdrawable: bool = False
    style: str = "primary"
    return_to: tuple[str, ...] = ()
    by_seats: bool = False
    only_in: str = ""

    def questions(self, subject: Any) -> tuple[Criterion, ...]:
        """Those of today where they are dated data, for this subject."""
        return self.criteria(subject) if callable(self.criteria) else self.criteria

    @property
    def in_person(self) -> bool:
        """What posts to the ledger rests on the actor's own post, none that was lent to him."""
        return self.amount is not None

    @property
    def targets(self) -> tuple[str, ...]:
        return (self.target, *self.return_to)

    def chosen_target(self, data: Mapping[str, Any]) -> str:
        wanted = str(data.get("return_to") or self.target)
        if wanted not in self.targets:
            raise Refused(
                f"“{self.label}”不能退到这一环节", who_can_clear="办理人（在所列环节中选择）"
            )
        return wanted


def check_opinions(
    transition: Transition, subject: Any, opinions: Opinions
) -> list[dict[str, str]]:
    """Every criterion answered; a step forward needs each of them passed."""
    given = {answer.get("code", ""): answer for answer in opinions}
    answers = []
    for criterion in transition.questions(subject):
        answer = given.get(criterion.code)
        if answer is None or answer.get("result") not in {"pass", "fail"}:
            raise Refused(
                f"“{criterion.label}”尚未逐项表明意见",
                clause=criterion.clause,
                who_can_clear="办理人（逐项表明意见）",
            )
        if answer["result"] == "fail":
            raise Refused(
                f"“{criterion.label}”结论为“{criterion.fail_label or transition.fail_label}”，"
                f"不能{transition.label}，请退回并写明意见",
                clause=criterion.clause,
                who_can_clear="办理人（退回并写明意见）",
            )
        if criterion.needs_words and not answer.get("text", "").strip():
            raise Refused(
                f"“{criterion.label}”：{criterion.hint}，须写明说明",
                clause=criterion.clause,
                who_can_clear="办理人（写明说明）",
            )
        answers.append(
            {
                "code": criterion.code,
                "label": criterion.label,
                "result": criterion.pass_label or transition.pass_label,
                "text": answer.get("text", ""),
            }
        )
    return answers


def check_comment(transition: Transition, comment: str) -> None:
    if transition.needs_comment and not comment.strip():
        raise Refused(f"“{transition.label}”须写明意见", who_can_clear="办理人（写明意见）")
