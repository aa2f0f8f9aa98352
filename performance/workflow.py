"""The lives of 绩效管理, and what they ask of the lives below: no approved targets, no
leading-group meeting (新扶贫领字〔2018〕76号 二(六))."""

from __future__ import annotations

from approvals.models import Duty
from approvals.workflow import Condition, Criterion, Transition, Workflow, register, require
from organizations.models import Role
from projects.models import Project

from . import targets
from .models import Declaration
from .policies import CLAUSE, SETTERS

D = Declaration.Status
# 四性 of a declaration.
FOUR = (
    Criterion("complete", "完整性：内容、指标和资金是否完整"),
    Criterion("relevant", "相关性：目标与建设内容、资金用途是否相关"),
    Criterion("proper", "适当性：目标值与资金规模是否相当，有无明显偏低"),
    Criterion("feasible", "可行性：目标能否按期实现，数据能否取得"),
)

DECLARATION = register(
    Workflow(
        Declaration,
        name="绩效目标",
        start=D.DRAFT,
        transitions=(
            Transition(
                "submit", "送审", (D.DRAFT,), D.FINANCE_REVIEW,
                SETTERS, Duty.PROPOSE, clause=CLAUSE, is_withdrawable=True,
            ),
            Transition(
                "endorse", "审核同意", (D.FINANCE_REVIEW,), D.DEPARTMENT_REVIEW,
                (Role.FINANCE_REVIEWER,), Duty.COMPLIANCE, clause=CLAUSE, criteria=FOUR,
                needs_comment=True, is_withdrawable=True,
            ),
            Transition(
                "return", "退回", (D.FINANCE_REVIEW,), D.DRAFT,
                (Role.FINANCE_REVIEWER,), Duty.COMPLIANCE,
                needs_comment=True, is_return=True, style="secondary", copy_to=SETTERS,
            ),
            Transition(
                "approve", "审核通过", (D.DEPARTMENT_REVIEW,), D.APPROVED,
                (Role.PROJECT_REVIEWER,), Duty.DEPARTMENT_REVIEW, clause=CLAUSE,
                needs_comment=True, effect=targets.keep_lines, copy_to=SETTERS,
            ),
            Transition(
                "return", "退回", (D.DEPARTMENT_REVIEW,), D.FINANCE_REVIEW,
                (Role.PROJECT_REVIEWER,), Duty.DEPARTMENT_REVIEW, return_to=(D.DRAFT,),
                needs_comment=True, is_return=True, style="secondary", copy_to=SETTERS,
            ),
        ),
    )
)  # fmt: skip

require(Declaration.life(), "submit", Condition("指标齐全", targets.incomplete, CLAUSE))
require(
    Project.life(), "review_jointly", Condition("绩效目标已审核通过", targets.unapproved, CLAUSE)
)
