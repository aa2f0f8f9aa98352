"""No refusal without its reason and without somebody who can clear it: every life, status, person
and action, and every place in the code that makes one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.actions import buttons
from approvals.models import Subject
from approvals.office import may_ask, may_hand_over, may_remind
from approvals.workflow import COUNTERSIGN, WITHDRAW, WORKFLOWS, Workflow
from organizations.models import User
from organizations.policies import Refusal, Refused
from tests import lives
from tests.cast import Cast
from tests.test_architecture import short, sources, tree_of
from tests.test_workflows import ANYBODY, OUTSIDE, arrive

RAISED = {
    "AlreadyDone", "ConditionUnmet", "IncompatibleDuty", "Refused", "WrongRole", "WrongState",
}  # fmt: skip


@pytest.mark.parametrize("life", sorted(WORKFLOWS))
def test_every_refusal_says_why_and_who_can_clear_it(
    cast: Cast, everyone: dict[str, User], life: str
) -> None:
    workflow = WORKFLOWS[life]
    subject = lives.SUBJECTS[life](cast)
    seen = 0
    for status in lives.statuses(workflow):
        with lives.undone():
            arrive(subject, status, cast, workflow)
            for name, user in everyone.items():
                if name in OUTSIDE - {"other_finance_clerk", "nobody"}:
                    continue  # refused alike
                for what, refusal, clause in refusals(workflow, subject, user):
                    told = (status, name, what, refusal)
                    assert refusal.reason.strip() and refusal.who_can_clear.strip(), told
                    assert refusal.clause or not clause, told
                    seen += 1
    assert seen > 100


def refusals(
    workflow: Workflow, subject: Subject, user: User
) -> Iterator[tuple[str, Refusal, str]]:
    """What was asked, what was answered, and the clause of the step that was asked for."""
    clauses = {t.action: t.clause for t in workflow.leaving(subject.status)}
    for button in buttons(subject, user):
        if not button.allowed:
            refusal = Refusal(button.reason, button.clause, button.who_can_clear)
            yield f"button {button.action}", refusal, clauses.get(button.action, "")
    for action in lives.actions(workflow):
        if workflow.find(action, subject.status) is None and user.username not in ANYBODY:
            continue  # the state is looked at before the person
        try:
            workflow.demand(subject, action, user)
        except Refused as refused:
            yield action, refused.refusal, clauses.get(action, "")
    for label, ask in (
        (WITHDRAW, workflow.demand_withdrawable),
        (COUNTERSIGN, workflow.countersigning),
        ("assign", may_hand_over),
        ("ask", may_ask),
        ("remind", may_remind),
    ):
        try:
            ask(subject, user)
        except Refused as refused:
            yield label, refused.refusal, ""


def test_none_is_made_without_a_remedy() -> None:
    """In the code itself: a call that leaves out who can clear it."""
    wrong = [f"{short(path)}:{line}" for path in sources() for line in without_remedy(path)]
    # What the ledger's own functions refuse is told by their code, in funds/ledger.py.
    assert [place for place in wrong if not place.startswith("funds/ledger.py")] == []


def without_remedy(path: Path) -> Iterator[int]:
    for node in ast.walk(tree_of(path)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        named = {keyword.arg for keyword in node.keywords}
        given = "who_can_clear" in named or None in named
        positional = node.func.id == "Refusal" and len(node.args) >= 3
        if node.func.id in RAISED | {"Refusal"} and not given and not positional:
            yield node.lineno
