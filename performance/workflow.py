"""The lives of 绩效管理, and what they ask of the lives below: no approved targets, no
leading-group meeting (新扶贫领字〔2018〕76号 二(六))."""

from __future__ import annotations

from approvals.models import Duty
from approvals.workflow import Condition, Criterion, Transition, Workflow, register, require
from organizations.models import Role
from projects.models import PaymentRequest, Project

from . import effects, evaluating, hold_policies, monitoring, sampling, targets
from .forms.evaluations import ApplyForm, ReviewForm
from .forms.monitorings import MendedForm
from .models import Declaration, Evaluation, Monitoring, PaymentHold
from .policies import CLAUSE, MONITORS, SETTERS

D, M, H = Declaration.Status, Monitoring.Status, PaymentHold.Status
E = Evaluation.Status
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
                needs_comment=True, effect=effects.keep_lines, copy_to=SETTERS,
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


MONITORING = register(
    Workflow(
        Monitoring,
        name="绩效监控",
        start=M.DRAFT,
        transitions=(
            Transition(
                "submit", "送审", (M.DRAFT,), M.REVIEW,
                MONITORS, Duty.FILL_IN, clause=CLAUSE, is_withdrawable=True,
            ),
            Transition(
                "approve", "审核通过", (M.REVIEW,), M.APPROVED,
                (Role.PROJECT_REVIEWER,), Duty.EXAMINE, clause=CLAUSE, needs_comment=True,
                copy_to=(Role.TOWNSHIP_CLERK, Role.PROJECT_CLERK, Role.FINANCE_REVIEWER),
            ),
            Transition(
                "return", "退回", (M.REVIEW,), M.DRAFT,
                (Role.PROJECT_REVIEWER,), Duty.EXAMINE,
                needs_comment=True, is_return=True, style="secondary", copy_to=MONITORS,
            ),
        ),
    )
)  # fmt: skip

HOLD = register(
    Workflow(
        PaymentHold,
        name="暂缓（停止）拨款",
        start=H.DRAFT,
        transitions=(
            Transition(
                "submit", "提请财政决定", (H.DRAFT,), H.DECISION,
                hold_policies.HOLDERS, Duty.PROPOSE, clause=CLAUSE,
            ),
            Transition(
                "cancel", "作废", (H.DRAFT,), H.CANCELLED,
                hold_policies.HOLDERS, Duty.PROPOSE,
                needs_comment=True, is_return=True, style="danger",
            ),
            Transition(
                "decide", "决定执行", (H.DECISION,), H.HELD,
                (Role.FINANCE_HEAD,), Duty.SIGN, clause=CLAUSE, needs_comment=True,
                copy_to=(Role.TOWNSHIP_CLERK, Role.PROJECT_REVIEWER, Role.TREASURY_CLERK),
            ),
            Transition(
                "return", "退回", (H.DECISION,), H.DRAFT,
                (Role.FINANCE_HEAD,), Duty.SIGN,
                needs_comment=True, is_return=True, style="secondary",
                copy_to=hold_policies.HOLDERS,
            ),
            Transition(
                "report", "报告整改、申请解除", (H.HELD,), H.LIFTING,
                MONITORS, Duty.IMPLEMENT, clause=CLAUSE, form=MendedForm,
                effect=effects.keep_mended,
            ),
            Transition(
                "lift", "解除", (H.LIFTING,), H.CLOSED,
                (Role.FINANCE_HEAD,), Duty.SIGN, clause=CLAUSE, needs_comment=True,
                copy_to=(Role.TOWNSHIP_CLERK, Role.PROJECT_CLERK, Role.TREASURY_CLERK),
            ),
            Transition(
                "return", "退回继续整改", (H.LIFTING,), H.HELD,
                (Role.FINANCE_HEAD,), Duty.SIGN,
                needs_comment=True, is_return=True, style="secondary", copy_to=MONITORS,
            ),
        ),
    )
)  # fmt: skip

EVALUATION = register(
    Workflow(
        Evaluation,
        name="绩效评价",
        start=E.DRAFT,
        transitions=(
            Transition(
                "submit", "送县级复评", (E.DRAFT,), E.REVIEW,
                evaluating.EVALUATORS, Duty.FILL_IN, clause=CLAUSE, is_withdrawable=True,
            ),
            Transition(
                "review", "复评", (E.REVIEW,), E.RESULT_USE,
                evaluating.REVIEWERS, Duty.EXAMINE, clause=CLAUSE, needs_comment=True,
                form=ReviewForm, effect=effects.keep_review, copy_to=evaluating.EVALUATORS,
            ),
            Transition(
                "return", "退回", (E.REVIEW,), E.DRAFT,
                evaluating.REVIEWERS, Duty.EXAMINE,
                needs_comment=True, is_return=True, style="secondary",
                copy_to=evaluating.EVALUATORS,
            ),
            Transition(
                "apply", "决定结果应用", (E.RESULT_USE,), E.CLOSED,
                evaluating.USERS, Duty.SIGN, clause=CLAUSE, needs_comment=True,
                form=ApplyForm, effect=effects.write_uses,
                copy_to=(Role.TOWNSHIP_CLERK, Role.PROJECT_CLERK, Role.GROUP_SECRETARY),
            ),
        ),
    )
)  # fmt: skip

require(Evaluation.life(), "submit", Condition("资金数与总台账一致", evaluating.stale))
OTHER_PERSON = Condition("由抽查人以外的人决定", check_person=sampling.checked_by_oneself)
require(Evaluation.life(), "apply", Condition("抽中的已经抽查", sampling.unchecked))
require(Evaluation.life(), "apply", OTHER_PERSON)
require(Monitoring.life(), "submit", Condition("资金数与总台账一致", monitoring.stale))
NOT_STOPPED = Condition("没有停止拨款", hold_policies.stopped, CLAUSE)
NOT_HELD = Condition("没有暂缓（停止）拨款", hold_policies.held, CLAUSE)
for step in ("submit", "endorse", "approve", "pass_compliance"):
    require(PaymentRequest.life(), step, NOT_STOPPED)
for step in ("release", "pay"):
    require(PaymentRequest.life(), step, NOT_HELD)
