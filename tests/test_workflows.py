"""Every registered life: state × action × person, exactly as its table says."""

from __future__ import annotations

import pytest
from django.db import transaction

from approvals.models import Decision, IncompatibleDuties, Subject
from approvals.workflow import (
    WORKFLOWS,
    ConditionUnmet,
    IncompatibleDuty,
    Transition,
    Workflow,
    WrongState,
)
from organizations.models import Role, User
from organizations.policies import WrongRole
from tests import lives
from tests.cast import PEOPLE, Cast

# Who acts over the subjects of these tests: 下岔河村 in 永宁镇, and its county's ledger.
OUTSIDE = {
    "other_township_clerk", "other_village_cadre", "other_finance_clerk",
    "other_finance_reviewer", "other_finance_head", "other_group_member", "nobody",
}  # fmt: skip
ANYBODY = ("township_reviewer", "finance_head", "nobody")
IN_VILLAGE_AND_TOWNSHIP = {"village_cadre", "work_team", "township_clerk", "township_reviewer"}
ROLE_OF = {name: role for name, _, role, *_ in PEOPLE}
STEPS = [
    pytest.param(workflow, step, id=f"{workflow.life}-{step.action}-{'-'.join(step.sources)}")
    for workflow in WORKFLOWS.values()
    for step in workflow.transitions
]


@pytest.fixture(params=sorted(WORKFLOWS))
def workflow(request: pytest.FixtureRequest) -> Workflow:
    return WORKFLOWS[str(request.param)]


def may(step: Transition, name: str, workflow: Workflow) -> bool:
    """Told from the cast alone, not from the code under test."""
    if name in OUTSIDE:
        return False
    if workflow.life == "funds.month" and name in IN_VILLAGE_AND_TOWNSHIP:
        return False
    return ROLE_OF[name] in step.roles


def arrive(subject: Subject, status: str, cast: Cast, workflow: Workflow) -> None:
    """Where a step waits for several units, they all have their seat."""
    lives.place(subject, status, cast)
    for step in workflow.leaving(status):
        if step.by_seats:
            lives.seat_everyone(subject, step)


def outcome(workflow: Workflow, subject: Subject, action: str, user: User) -> str:
    """What stops this person first: state, post, separation, or nothing of the three."""
    try:
        workflow.demand(subject, action, user)
    except (WrongState, WrongRole, IncompatibleDuty) as refusal:
        return type(refusal).__name__
    except ConditionUnmet:
        return "past"
    return "past"


def test_the_subjects_of_these_tests_cover_every_life() -> None:
    assert set(lives.SUBJECTS) == set(WORKFLOWS)


def test_every_state_action_and_person(
    cast: Cast, everyone: dict[str, User], workflow: Workflow
) -> None:
    subject = lives.SUBJECTS[workflow.life](cast)
    table = {(s, step.action): step for step in workflow.transitions for s in step.sources}
    barred = {step.duty: clashing(subject, step) for step in workflow.transitions}
    seen: set[str] = set()
    for status in lives.statuses(workflow):
        arrive(subject, status, cast, workflow)
        for action in lives.actions(workflow):
            step = table.get((status, action))
            # The state is looked at before the person.
            asked = everyone if step else {name: everyone[name] for name in ANYBODY}
            for name, user in asked.items():
                found = outcome(workflow, subject, action, user)
                if step is None:
                    wanted = "WrongState"
                elif not may(step, name, workflow):
                    wanted = "WrongRole"
                else:
                    wanted = "IncompatibleDuty" if user.pk in barred[step.duty] else "past"
                assert found == wanted, (status, action, name, found)
                seen.add(found)
    assert {"past", "WrongState", "WrongRole"} <= seen


def clashing(subject: Subject, step: Transition) -> set[int]:
    """Who of those that walked the subject here did what may not be joined with this step."""
    found = set()
    for pair in IncompatibleDuties.objects.all():
        if step.duty in (pair.first, pair.second):
            other = pair.second if pair.first == step.duty else pair.first
            keys = [k for k in subject.case_keys() if k.startswith(f"{pair.case_kind}:")]
            done = Decision.objects.filter(duty=other, cases__overlap=keys)
            found |= set(done.values_list("by_id", flat=True))
    return found


@pytest.mark.parametrize(("workflow", "step"), STEPS)
def test_each_step_through_the_door(
    cast: Cast, everyone: dict[str, User], workflow: Workflow, step: Transition
) -> None:
    """`perform` refuses the wrong person and the wrong state, and writes nothing then. Whom it
    takes for wrong is told of everybody above."""
    subject = lives.SUBJECTS[workflow.life](cast)
    wrong_states = [s for s in lives.statuses(workflow) if not workflow.find(step.action, s)]
    for status in (*step.sources, *wrong_states[:1], *wrong_states[-1:]):
        arrive(subject, status, cast, workflow)
        right_state = status in step.sources
        for name in wrong_people(workflow, step) if right_state else ["region_clerk"]:
            with pytest.raises(WrongRole if right_state else WrongState), transaction.atomic():
                perform(workflow, subject, step, everyone[name])
        fresh = type(subject)._default_manager.get(pk=subject.pk)
        assert fresh.status == status


def wrong_people(workflow: Workflow, step: Transition) -> list[str]:
    """Three, others for each step; and who has the post, but elsewhere."""
    wrong = [*(name for name in ROLE_OF if not may(step, name, workflow)), "nobody"]
    elsewhere = [name for name in wrong if ROLE_OF.get(name) in step.roles]
    turn = 3 * workflow.transitions.index(step)
    return list(dict.fromkeys([*elsewhere, *(wrong[(turn + n) % len(wrong)] for n in range(3))]))


def perform(workflow: Workflow, subject: Subject, step: Transition, by: User) -> None:
    workflow.perform(
        subject, step.action, by=by, comment="同意。", opinions=lives.good_answers(step, subject)
    )


@pytest.mark.parametrize(("workflow", "step"), STEPS)
def test_nobody_joins_a_duty_that_may_not_be_joined(
    cast: Cast, workflow: Workflow, step: Transition
) -> None:
    subject = lives.SUBJECTS[workflow.life](cast)
    arrive(subject, step.sources[0], cast, workflow)
    kinds = {key.split(":")[0] for key in subject.case_keys()}
    name = next(name for name in cast.users if may(step, name, workflow))
    for pair in IncompatibleDuties.objects.filter(case_kind__in=kinds):
        if step.duty not in (pair.first, pair.second):
            continue
        other = pair.second if pair.first == step.duty else pair.first
        keys = [k for k in subject.case_keys() if k.startswith(f"{pair.case_kind}:")]
        with lives.undone():
            did_before(cast[name], other, subject, keys)
            assert outcome(workflow, subject, step.action, cast[name]) == "IncompatibleDuty"


def did_before(user: User, duty: str, subject: Subject, keys: list[str]) -> None:
    if not user.decisions.filter(duty=duty, cases__overlap=keys).exists():
        lives.decide(subject, user, duty, cases=keys)


def test_every_status_is_left_by_somebody_or_is_an_end(workflow: Workflow) -> None:
    ends = {
        "answered", "approved", "dismissed", "finding", "settled",
        "cancelled", "closed", "left_library", "paid", "published",
        "received", "refunded", "rejected", "sent_back", "withdrawn",
    }  # fmt: skip
    for status in lives.statuses(workflow):
        assert workflow.next_roles(status) or status in ends, status


def test_every_role_in_a_table_is_a_role(workflow: Workflow) -> None:
    assert all(isinstance(role, Role) for step in workflow.transitions for role in step.roles)
