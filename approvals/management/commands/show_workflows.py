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
        for criterion in () if callable(step.criteria) else step.criteria:
            self.stdout.write(f"    逐项：{criterion.label} {criterion.clause}")
        if callable(step.criteria):
            self.stdout.write("    逐项：当日生效的清单")
        if step.by_seats:
            self.stdout.write("    每个会签单位各自签署，全部签署后生效")
        if step.return_to:
            others = "、".join(workflow.label_of(status) for status in step.return_to)
            self.stdout.write(f"    也可退到：{others}")
        if step.only_in:
            self.stdout.write(f"    只在{step.only_in}办理")
        if step.needs_comment:
            self.stdout.write("    须写明意见")
        for condition in workflow.conditions.get(step.action, ()):
            self.stdout.write(f"    条件：{condition.name} {condition.clause}")
