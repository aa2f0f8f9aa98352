from typing import Any

from django.core.management.base import BaseCommand

from approvals.workflow import WORKFLOWS, Transition, Workflow
from organizations.policies import role_names


class Command(BaseCommand):
    help = "Print each life whole: steps, roles, questions, conditions and clauses."

    def handle(self, *args: Any, **options: Any) -> None:
        for workflow in WORKFLOWS.values():
            self.stdout.write(f"\n# {workflow.name} ({workflow.life})")
            for transition in workflow.transitions:
                self.show(workflow, transition)

    def show(self, workflow: Workflow, step: Transition) -> None:
        sources = "、".join(workflow.label_of(s) for s in step.sources)
        self.stdout.write(
            f"{sources} → {workflow.label_of(step.target)}：{step.label}（{step.action}）"
            f" 由{role_names(step.roles)}，职责“{step.duty.label}”"
            + (f"，{step.clause}" if step.clause else "")
        )
        for criterion in step.criteria:
            self.stdout.write(f"    逐项：{criterion.label} {criterion.clause}")
        if step.needs_comment:
            self.stdout.write("    须写明意见")
        for condition in workflow.conditions.get(step.action, ()):
            self.stdout.write(f"    条件：{condition.name} {condition.clause}")
