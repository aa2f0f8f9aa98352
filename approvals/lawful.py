"""The tables of transitions, written into the database for its trigger on decisions."""

from __future__ import annotations

from collections.abc import Iterator

from .models import LawfulStep
from .transitions import Transition
from .workflow import WITHDRAW, WORKFLOWS, Workflow


def load_lawful_steps() -> int:
    """As the owner of the tables, after migrations; answers how many steps there are."""
    LawfulStep.objects.all().delete()
    return len(LawfulStep.objects.bulk_create(lawful_steps()))


def lawful_steps() -> list[LawfulStep]:
    found: dict[tuple[str, str, str, str, str], LawfulStep] = {}
    for workflow in WORKFLOWS.values():
        for transition in workflow.transitions:
            for step in rows_of(workflow, transition):
                found[step.life, step.action, step.from_status, step.to_status, step.role] = step
    return list(found.values())


def rows_of(workflow: Workflow, transition: Transition) -> Iterator[LawfulStep]:
    questions = () if callable(transition.criteria) else transition.criteria
    for source in transition.sources:
        targets = {*transition.targets, *([source] if transition.by_seats else [])}
        for target in sorted(targets):
            for role in transition.roles:
                made = LawfulStep(
                    life=workflow.life,
                    action=transition.action,
                    from_status=source,
                    to_status=target,
                    role=role,
                    duty=transition.duty,
                    is_forward=not transition.is_return and target != source,
                    criteria=[criterion.code for criterion in questions],
                )
                yield made
                if transition.is_withdrawable:
                    yield LawfulStep(
                        life=workflow.life,
                        action=WITHDRAW,
                        from_status=target,
                        to_status=source,
                        role=role,
                        duty=transition.duty,
                    )
