"""What a project's last step asks of the register of assets, and the lives of an asset there:
移交, 收益分配, 清查 and 处置."""

from __future__ import annotations

from approvals.models import Duty
from approvals.workflow import Condition, Transition, Workflow, register, require
from funds.policies import REVERSERS, bind_vouchers
from organizations.models import Role
from projects.asset_statements import read_assets_with
from projects.models import Project

from . import effects, policies
from .forms import steps as forms
from .models import Disposal, Distribution, Handover, Stocktake
from .policies import CLAUSE, OWNERS, not_registered, statement_of

H, D, Y, T = Handover.Status, Disposal.Status, Distribution.Status, Stocktake.Status

read_assets_with(statement_of)
bind_vouchers(policies.bound_to_disposal)
require(
    Project.life(),
    "register_assets",
    Condition("资产原值合计等于项目支付，或说明不形成资产", not_registered, CLAUSE),
)


HANDOVER = register(
    Workflow(
        Handover,
        name="资产移交",
        start=H.DRAFT,
        role_by={H.RECEIPT: ("receiver_level", policies.RECEIVERS)},
        transitions=(
            Transition(
                "hand_over", "移交方签署", (H.DRAFT,), H.RECEIPT,
                (Role.TOWNSHIP_REVIEWER,), Duty.IMPLEMENT, clause=CLAUSE,
            ),
            Transition(
                "cancel", "作废", (H.DRAFT,), H.CANCELLED,
                (Role.TOWNSHIP_CLERK, Role.TOWNSHIP_REVIEWER), Duty.PROPOSE,
                needs_comment=True, is_return=True, style="danger",
            ),
            Transition(
                "receive", "接收方签署", (H.RECEIPT,), H.SUPERVISION,
                (Role.VILLAGE_CADRE, Role.TOWNSHIP_CLERK, Role.INDUSTRY_REVIEWER), Duty.RECEIVE,
                clause=CLAUSE, needs_comment=True,
            ),
            Transition(
                "return", "退回", (H.RECEIPT,), H.DRAFT,
                (Role.VILLAGE_CADRE, Role.TOWNSHIP_CLERK, Role.INDUSTRY_REVIEWER), Duty.RECEIVE,
                needs_comment=True, is_return=True, style="secondary",
                copy_to=(Role.TOWNSHIP_REVIEWER,),
            ),
            Transition(
                "supervise", "监交方签署", (H.SUPERVISION,), H.CLOSED,
                (Role.PROJECT_REVIEWER,), Duty.DEPARTMENT_REVIEW, clause=CLAUSE,
                needs_comment=True, copy_to=(Role.VILLAGE_CADRE, Role.TOWNSHIP_CLERK),
            ),
            Transition(
                "return", "退回", (H.SUPERVISION,), H.RECEIPT,
                (Role.PROJECT_REVIEWER,), Duty.DEPARTMENT_REVIEW, return_to=(H.DRAFT,),
                needs_comment=True, is_return=True, style="secondary",
                copy_to=(Role.VILLAGE_CADRE, Role.TOWNSHIP_REVIEWER),
            ),
        ),
    )
)  # fmt: skip


DISPOSAL = register(
    Workflow(
        Disposal,
        name="资产处置",
        start=D.DRAFT,
        transitions=(
            Transition(
                "decide", "登记产权人决策", (D.DRAFT,), D.NOTICE, OWNERS, Duty.PROPOSE,
                clause=CLAUSE, form=forms.OwnerDecisionForm,
                effect=effects.kept("decided_on", "opinion", "minutes_files"),
            ),
            Transition(
                "cancel", "作废", (D.DRAFT,), D.CANCELLED, OWNERS, Duty.PROPOSE,
                needs_comment=True, is_return=True, style="danger",
            ),
            Transition(
                "submit", "上报乡镇", (D.NOTICE,), D.TOWNSHIP_REVIEW, OWNERS, Duty.PROPOSE,
                clause=CLAUSE,
            ),
            Transition(
                "endorse", "审核同意", (D.TOWNSHIP_REVIEW,), D.DEPARTMENT_REVIEW,
                (Role.TOWNSHIP_REVIEWER,), Duty.TOWNSHIP_REVIEW, clause=CLAUSE, needs_comment=True,
            ),
            Transition(
                "return", "退回", (D.TOWNSHIP_REVIEW,), D.DRAFT,
                (Role.TOWNSHIP_REVIEWER,), Duty.TOWNSHIP_REVIEW,
                needs_comment=True, is_return=True, style="secondary", copy_to=OWNERS,
            ),
            Transition(
                "approve", "审核同意", (D.DEPARTMENT_REVIEW,), D.FINANCE_REVIEW,
                (Role.PROJECT_REVIEWER,), Duty.DEPARTMENT_REVIEW, clause=CLAUSE,
                needs_comment=True,
            ),
            Transition(
                "return", "退回", (D.DEPARTMENT_REVIEW,), D.TOWNSHIP_REVIEW,
                (Role.PROJECT_REVIEWER,), Duty.DEPARTMENT_REVIEW, return_to=(D.DRAFT,),
                needs_comment=True, is_return=True, style="secondary", copy_to=OWNERS,
            ),
            Transition(
                "agree", "同意处置", (D.FINANCE_REVIEW,), D.EXECUTION,
                (Role.FINANCE_REVIEWER,), Duty.COMPLIANCE, clause=CLAUSE, needs_comment=True,
                copy_to=OWNERS,
            ),
            Transition(
                "return", "退回", (D.FINANCE_REVIEW,), D.DEPARTMENT_REVIEW,
                (Role.FINANCE_REVIEWER,), Duty.COMPLIANCE, return_to=(D.DRAFT,),
                needs_comment=True, is_return=True, style="secondary", copy_to=OWNERS,
            ),
            Transition(
                "execute", "登记处置结果", (D.EXECUTION,), D.PROCEEDS,
                (Role.TOWNSHIP_CLERK,), Duty.IMPLEMENT, clause=CLAUSE,
                form=forms.DisposalResultForm,
                effect=effects.kept("disposed_on", "sold_price", "buyer", "sale_document"),
                copy_to=(Role.FINANCE_CLERK,),
            ),
            Transition(
                "book", "登记处置收入并退出台账", (D.PROCEEDS,), D.CLOSED,
                (Role.FINANCE_CLERK,), Duty.RECEIVE, clause=CLAUSE, form=forms.ProceedsForm,
                amount=effects.sold_price, effect=effects.book_proceeds, copy_to=OWNERS,
            ),
            Transition(
                "take_back", "冲销处置收入", (D.CLOSED,), D.PROCEEDS, REVERSERS, Duty.REVERSE,
                return_to=(D.EXECUTION,), needs_comment=True, is_return=True, style="danger",
                amount=effects.sold_price, effect=effects.take_back_proceeds,
                copy_to=(*OWNERS, Role.FINANCE_CLERK),
            ),
        ),
    )
)  # fmt: skip


DISTRIBUTION = register(
    Workflow(
        Distribution,
        name="收益分配",
        start=Y.DRAFT,
        transitions=(
            Transition(
                "decide", "登记村民代表会议议定", (Y.DRAFT,), Y.NOTICE, OWNERS, Duty.PROPOSE,
                clause=CLAUSE, form=forms.VillageDecisionForm,
                effect=effects.decide_distribution,
            ),
            Transition(
                "cancel", "作废", (Y.DRAFT,), Y.CANCELLED, OWNERS, Duty.PROPOSE,
                needs_comment=True, is_return=True, style="danger",
            ),
            Transition(
                "complete", "登记分配完成", (Y.NOTICE,), Y.CLOSED,
                (Role.TOWNSHIP_REVIEWER,), Duty.TOWNSHIP_REVIEW, clause=CLAUSE,
                needs_comment=True, copy_to=OWNERS,
            ),
            Transition(
                "return", "退回", (Y.NOTICE,), Y.DRAFT,
                (Role.TOWNSHIP_REVIEWER,), Duty.TOWNSHIP_REVIEW,
                needs_comment=True, is_return=True, style="secondary", copy_to=OWNERS,
            ),
        ),
    )
)  # fmt: skip


STOCKTAKE = register(
    Workflow(
        Stocktake,
        name="资产清查",
        start=T.COUNTING,
        transitions=(
            Transition(
                "submit", "盘点完成送审", (T.COUNTING,), T.REVIEW,
                (Role.PROJECT_CLERK,), Duty.IMPLEMENT, clause=CLAUSE,
            ),
            Transition(
                "close", "监盘审核并办结", (T.REVIEW,), T.CLOSED,
                (Role.PROJECT_REVIEWER,), Duty.DEPARTMENT_REVIEW, clause=CLAUSE,
                needs_comment=True, effect=effects.close_stocktake,
            ),
            Transition(
                "return", "退回重盘", (T.REVIEW,), T.COUNTING,
                (Role.PROJECT_REVIEWER,), Duty.DEPARTMENT_REVIEW,
                needs_comment=True, is_return=True, style="secondary",
            ),
        ),
    )
)  # fmt: skip


require(Handover.life(), "hand_over", Condition("移交单列明资产", policies.nothing_to_hand_over))
require(
    Handover.life(),
    "receive",
    Condition("由产权人一方接收", None, check_person=policies.not_the_receiver),
)
require(
    Disposal.life(),
    "decide",
    Condition("由产权人决定", None, check_person=policies.not_the_owner),
)
require(Disposal.life(), "take_back", Condition("有入池的收入", policies.nothing_to_take_back))
require(Distribution.life(), "decide", Condition("不超过实收未分配的收益", policies.beyond_income))
require(Stocktake.life(), "submit", Condition("全部资产已盘点", policies.not_counted))
