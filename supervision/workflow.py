"""The life of a problem: 登记 → 交办 → 方案 → 整改 → 申请销号 → 复核 → 销号."""

from __future__ import annotations

from approvals.models import Duty
from approvals.workflow import Condition, Criterion, Transition, Workflow, register, require
from organizations.models import Role

from .disposal import not_gone
from .effects import kept
from .forms import steps as forms
from .models import Alert, Finding
from .policies import (
    ALERT_OWNERS,
    ASSIGNERS,
    CLAUSE,
    OVERSIGHT_CLAUSE,
    REGISTRARS,
    REVIEWERS,
    SECOND,
    UNIT_ROLES,
    not_of_the_unit,
    not_recovered,
    not_the_owner,
    not_the_registrar,
    not_the_reviewer,
    refuse_cancelling,
)

F, A = Finding.Status, Alert.Status
BY_UNIT: dict[str, Role] = {role: role for role in UNIT_ROLES}
BY_REVIEWER: dict[str, Role] = {role: role for role in REVIEWERS}
REVIEW = (
    Criterion("solved", "问题已整改到位", CLAUSE),
    Criterion("money", "应追回的资金已追回入账", CLAUSE),
    Criterion("evidence", "佐证材料齐全、真实", CLAUSE),
)


FINDING = register(
    Workflow(
        Finding,
        name="问题整改",
        start=F.REGISTERED,
        role_by={
            F.ASSIGNED: ("rectifier", BY_UNIT),
            F.RECTIFYING: ("rectifier", BY_UNIT),
            F.REVIEW: ("reviewer", BY_REVIEWER),
        },
        transitions=(
            Transition(
                "assign", "交办", (F.REGISTERED,), F.ASSIGNED, ASSIGNERS, Duty.SIGN,
                clause=CLAUSE, form=forms.AssignForm, effect=kept("term", "due_on", "to_recover"),
                copy_to=UNIT_ROLES,
            ),
            Transition(
                "cancel", "撤销登记", (F.REGISTERED,), F.CANCELLED, REGISTRARS, Duty.INVESTIGATE,
                needs_comment=True, is_return=True, style="danger",
            ),
            Transition(
                "recall", "收回交办", (F.ASSIGNED, F.RECTIFYING), F.REGISTERED, ASSIGNERS,
                Duty.SIGN, needs_comment=True, is_return=True, style="secondary",
                copy_to=UNIT_ROLES,
            ),
            Transition(
                "plan", "报整改方案", (F.ASSIGNED,), F.RECTIFYING, UNIT_ROLES, Duty.IMPLEMENT,
                clause=CLAUSE, form=forms.PlanForm, effect=kept("measures"), copy_to=ASSIGNERS,
            ),
            Transition(
                "apply", "申请销号", (F.RECTIFYING,), F.REVIEW, UNIT_ROLES, Duty.IMPLEMENT,
                clause=CLAUSE, form=forms.ResultForm, effect=kept("result", "result_papers"),
            ),
            Transition(
                "close", "复核同意，销号", (F.REVIEW,), F.CLOSED, REVIEWERS, Duty.EXAMINE,
                clause=CLAUSE, needs_comment=True, criteria=REVIEW, copy_to=UNIT_ROLES,
            ),
            Transition(
                "return", "退回整改", (F.REVIEW,), F.RECTIFYING, REVIEWERS, Duty.EXAMINE,
                return_to=(F.ASSIGNED,), needs_comment=True, is_return=True, style="secondary",
                copy_to=UNIT_ROLES,
            ),
        ),
    )
)  # fmt: skip


BY_OWNER: dict[str, Role] = {role: role for role in ALERT_OWNERS}
ALERT = register(
    Workflow(
        Alert,
        name="预警处置",
        start=A.OPEN,
        role_by={A.OPEN: ("owner", BY_OWNER), A.CHECKING: ("owner", BY_OWNER)},
        transitions=(
            Transition(
                "claim", "认领", (A.OPEN,), A.CHECKING, ALERT_OWNERS, Duty.RECEIVE,
                clause=OVERSIGHT_CLAUSE,
            ),
            Transition(
                "settle", "已整改", (A.CHECKING,), A.SETTLED, ALERT_OWNERS, Duty.FILL_IN,
                clause=OVERSIGHT_CLAUSE, needs_comment=True,
            ),
            Transition(
                "dispute", "误报，送复核", (A.CHECKING,), A.DISPUTED, ALERT_OWNERS, Duty.FILL_IN,
                clause=OVERSIGHT_CLAUSE, needs_comment=True, style="secondary", copy_to=SECOND,
            ),
            Transition(
                "convert", "转问题清单", (A.OPEN, A.CHECKING), A.FINDING, REGISTRARS,
                Duty.INVESTIGATE, clause=CLAUSE, effect=kept("finding"), only_in="登记问题",
            ),
            Transition(
                "agree", "同意为误报", (A.DISPUTED,), A.DISMISSED, SECOND, Duty.EXAMINE,
                clause=OVERSIGHT_CLAUSE, needs_comment=True,
            ),
            Transition(
                "return", "不同意，退回核实", (A.DISPUTED,), A.CHECKING, SECOND, Duty.EXAMINE,
                needs_comment=True, is_return=True, style="secondary", copy_to=ALERT_OWNERS,
            ),
        ),
    )
)  # fmt: skip


require(Finding.life(), "cancel", Condition("由登记人撤销", None, check_person=not_the_registrar))
require(Finding.life(), "cancel", Condition("没有预警和追回资金", refuse_cancelling))
for _action in ("plan", "apply"):
    require(
        Finding.life(),
        _action,
        Condition("由责任部门办理", None, CLAUSE, check_person=not_of_the_unit),
    )
require(Finding.life(), "apply", Condition("应追回的资金已有凭证", not_recovered, CLAUSE))
require(Finding.life(), "close", Condition("应追回的资金已有凭证", not_recovered, CLAUSE))
for _action in ("close", "return"):
    require(
        Finding.life(),
        _action,
        Condition("由复核单位办理", None, CLAUSE, check_person=not_the_reviewer),
    )
for _action in ("claim", "settle", "dispute"):
    require(
        Alert.life(),
        _action,
        Condition("由规则规定的岗位处置", None, check_person=not_the_owner),
    )
require(Alert.life(), "settle", Condition("规则已不再触发", not_gone))
