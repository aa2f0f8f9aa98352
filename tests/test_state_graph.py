"""No way to an approved project that misses a step: asked of the steps that the database knows."""

from __future__ import annotations

from collections import defaultdict

import pytest

from approvals.lawful import lawful_steps
from approvals.models import LawfulStep, StepProof
from approvals.workflow import WORKFLOWS
from projects.models import PaymentRequest, Project
from projects.procedure import STAGES

Edge = tuple[str, str, str]  # from, action, to
P = PaymentRequest.Status
# To the 批复, and to the first yuan that reaches a payee.
BEFORE_APPROVAL = [stage.action for stage in STAGES[:10]]
SIGNATURES = ("verify_settlement", "settle")
BEFORE_CLOSING = ["complete", "pass_preliminary", "accept", *SIGNATURES, "register_assets"]
BEFORE_PAYMENT = ["submit", "endorse", "approve", "pass_compliance", "release", "pay"]


def edges(life: str) -> set[Edge]:
    rows = LawfulStep.objects.filter(life=life).exclude(action="withdraw")
    return set(rows.values_list("from_status", "action", "to_status"))


def reachable(start: str, found: set[Edge]) -> set[str]:
    ahead: dict[str, set[str]] = defaultdict(set)
    for source, _, target in found:
        ahead[source].add(target)
    seen, waiting = {start}, [start]
    while waiting:
        for target in ahead[waiting.pop()] - seen:
            seen.add(target)
            waiting.append(target)
    return seen


@pytest.mark.parametrize("action", BEFORE_APPROVAL)
def test_no_project_is_approved_without(db: None, action: str) -> None:
    every = edges(Project.life())
    assert Project.Status.RESULT_FEEDBACK in reachable("draft", every)
    without = {edge for edge in every if edge[1] != action}
    assert Project.Status.RESULT_FEEDBACK not in reachable("draft", without)
    assert Project.Status.IMPLEMENTATION not in reachable("draft", without)


@pytest.mark.parametrize("action", BEFORE_PAYMENT)
def test_nobody_is_paid_without(db: None, action: str) -> None:
    every = edges(PaymentRequest.life())
    assert P.PAID in reachable("draft", every)
    assert P.PAID not in reachable("draft", {edge for edge in every if edge[1] != action})


@pytest.mark.parametrize("action", BEFORE_CLOSING)
def test_no_project_closes_without(db: None, action: str) -> None:
    """Only a termination, decided by a meeting, leaves out the inspections; never a signature."""
    every = edges(Project.life())
    assert Project.Status.CLOSED in reachable("implementation", every)
    without = {edge for edge in every if edge[1] not in (action, "terminate")}
    assert Project.Status.CLOSED not in reachable("draft", without)
    if action in SIGNATURES:
        terminating = {edge for edge in every if edge[1] != action}
        assert Project.Status.CLOSED not in reachable("draft", terminating)


def test_after_a_rectification_both_inspections_come_again(db: None) -> None:
    every = edges(Project.life())
    for action in ("report_rectified", "pass_preliminary", "accept"):
        without = {edge for edge in every if edge[1] not in (action, "terminate")}
        assert Project.Status.SETTLEMENT not in reachable("rectification", without)


def test_after_a_return_every_step_behind_it_is_taken_again(db: None) -> None:
    """From any status before the approval, the way there leads through all that lies between."""
    every = edges(Project.life())
    order = [stage.status for stage in STAGES[:10]]
    for index, status in enumerate(order):
        for action in BEFORE_APPROVAL[index:]:
            without = {edge for edge in every if edge[1] != action}
            assert Project.Status.RESULT_FEEDBACK not in reachable(status, without), action


def test_taking_a_step_back_only_leads_back(db: None) -> None:
    """A withdrawal is the mirror of a step that the life has, by the same post."""
    rows = LawfulStep.objects.all()
    forward = {(s.life, s.from_status, s.to_status, s.role) for s in rows if s.action != "withdraw"}
    for step in rows.filter(action="withdraw"):
        assert (step.life, step.to_status, step.from_status, step.role) in forward


def test_the_database_knows_the_very_steps_of_the_code(db: None) -> None:
    def told(step: LawfulStep) -> tuple[object, ...]:
        place = (step.life, step.action, step.from_status, step.to_status)
        return (*place, step.role, step.duty, tuple(step.criteria))

    assert {told(s) for s in LawfulStep.objects.all()} == {told(s) for s in lawful_steps()}


def test_every_proof_belongs_to_a_step(db: None) -> None:
    actions = {(w.life, t.action) for w in WORKFLOWS.values() for t in w.transitions}
    assert set(StepProof.objects.values_list("life", "action")) <= actions
