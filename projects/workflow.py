"""两上两下: the life of a project (新扶贫领字〔2018〕76号 二(三)), of a payment request and of the
annual plan that they wait for.

The status names what is awaited. Notices and performance targets add their own conditions
from their apps; `manage.py show_workflows` prints each life whole.
"""

from __future__ import annotations

from approvals.agenda import meeting_steps
from approvals.models import Duty
from approvals.workflow import Condition, Criterion, Transition, Workflow, register, require
from organizations.models import Role

from . import (
    accepting,
    charging,
    criteria,
    effects,
    library,
    negative,
    payment_caps,
    payment_papers,
    plans,
    settling,
)
from .asset_statements import state_assets
from .bureaux import CLAUSE as REVIEW_CLAUSE
from .bureaux import refuse_bureaux
from .forms import acceptances as finishing
from .forms import steps as forms
from .forms.library import LeaveLibraryForm
from .forms.refunds import RefundForm
from .models import (
    AnnualPlan,
    Completion,
    PaymentRequest,
    Project,
    ProjectVersion,
)
from .responsible import CLAUSE as NAMES_CLAUSE
from .responsible import payment_unnamed, refuse_unnamed
from .versions import differences_unread
from .village import refuse_without_analyses

S = Project.Status
P = PaymentRequest.Status
A = AnnualPlan.Status
Round = ProjectVersion.Round
CLAUSE = f"{criteria.DOCUMENT} 二(三)"
VILLAGE = (Role.VILLAGE_CADRE, Role.WORK_TEAM, Role.TOWNSHIP_CLERK)


def seen_and_prohibited(request: PaymentRequest) -> tuple[Criterion, ...]:
    """合规审查: each paper looked at, each prohibition answered."""
    return (*payment_papers.papers_to_see(request), *negative.prohibited(request))


PROJECT = register(
    Workflow(
        Project,
        name="项目",
        start=S.DRAFT,
        # The secretary brings it before the meeting, whose members decide there.
        waits_for={S.DETERMINATION: (Role.GROUP_SECRETARY,)},
        transitions=(
            Transition(
                "record_meeting", "登记村民代表会议", (S.DRAFT,), S.VILLAGE_NOTICE,
                VILLAGE, Duty.PROPOSE, clause=f"{CLAUSE}“一上”",
                criteria=negative.prohibited, form=forms.VillageMeetingForm,
                effect=negative.with_hits(effects.record_village_meeting), is_withdrawable=True,
            ),
            Transition(
                "submit", "上报乡镇", (S.VILLAGE_NOTICE,), S.TOWNSHIP_REVIEW,
                VILLAGE, Duty.PROPOSE, clause=f"{CLAUSE}“一上”", is_withdrawable=True,
                effect=effects.keep_version(Round.FIRST),
            ),
            Transition(
                "endorse", "审核同意并上报", (S.TOWNSHIP_REVIEW,), S.COUNTY_APPRAISAL,
                (Role.TOWNSHIP_REVIEWER,), Duty.TOWNSHIP_REVIEW, clause=f"{CLAUSE}“一上”",
                criteria=criteria.TOWNSHIP, is_withdrawable=True,
            ),
            Transition(
                "return", "退回", (S.TOWNSHIP_REVIEW,), S.DRAFT,
                (Role.TOWNSHIP_REVIEWER,), Duty.TOWNSHIP_REVIEW,
                needs_comment=True, is_return=True, style="secondary", copy_to=VILLAGE,
            ),
            Transition(
                "appraise", "论证通过", (S.COUNTY_APPRAISAL,), S.FEEDBACK,
                (Role.PROJECT_CLERK,), Duty.APPRAISE, clause=f"{CLAUSE}“一下”",
                criteria=criteria.APPRAISAL, needs_comment=True, is_withdrawable=True,
            ),
            Transition(
                "return", "退回", (S.COUNTY_APPRAISAL,), S.TOWNSHIP_REVIEW,
                (Role.PROJECT_CLERK,), Duty.APPRAISE, return_to=(S.DRAFT,),
                needs_comment=True, is_return=True, style="secondary", copy_to=VILLAGE,
            ),
            Transition(
                "feed_back", "发出反馈意见书", (S.FEEDBACK,), S.REVISION,
                (Role.PROJECT_REVIEWER,), Duty.FEED_BACK, clause=f"{CLAUSE}“一下”",
                form=forms.FeedbackForm, effect=effects.send_letter,
                copy_to=(*VILLAGE, Role.TOWNSHIP_REVIEWER),
            ),
            Transition(
                "return", "退回", (S.FEEDBACK,), S.COUNTY_APPRAISAL,
                (Role.PROJECT_REVIEWER,), Duty.FEED_BACK, return_to=(S.TOWNSHIP_REVIEW, S.DRAFT),
                needs_comment=True, is_return=True, style="secondary",
            ),
            Transition(
                "revise", "完成修改", (S.REVISION,), S.REVISION_NOTICE,
                VILLAGE, Duty.PROPOSE, clause=f"{CLAUSE}“二上”",
                form=forms.RevisionForm, effect=effects.answer_letter, is_withdrawable=True,
            ),
            Transition(
                "resubmit", "二次上报", (S.REVISION_NOTICE,), S.SECOND_APPRAISAL,
                (Role.TOWNSHIP_REVIEWER,), Duty.TOWNSHIP_REVIEW, clause=f"{CLAUSE}“二上”",
                effect=effects.keep_version(Round.SECOND), is_withdrawable=True,
            ),
            Transition(
                "return", "退回", (S.REVISION_NOTICE,), S.REVISION,
                (Role.TOWNSHIP_REVIEWER,), Duty.TOWNSHIP_REVIEW,
                needs_comment=True, is_return=True, style="secondary", copy_to=VILLAGE,
            ),
            Transition(
                "appraise_again", "再次论证通过", (S.SECOND_APPRAISAL,), S.JOINT_REVIEW,
                (Role.PROJECT_CLERK,), Duty.APPRAISE, clause=f"{CLAUSE}“二下”",
                criteria=negative.prohibited_after(criteria.APPRAISAL), needs_comment=True,
                effect=negative.with_hits(effects.seat_bureaux), is_withdrawable=True,
            ),
            Transition(
                "return", "退回", (S.SECOND_APPRAISAL,), S.REVISION,
                (Role.PROJECT_CLERK,), Duty.APPRAISE,
                return_to=(S.COUNTY_APPRAISAL, S.TOWNSHIP_REVIEW, S.DRAFT),
                needs_comment=True, is_return=True, style="secondary",
                copy_to=(*VILLAGE, Role.TOWNSHIP_REVIEWER),
            ),
            Transition(
                "review_jointly", "会审同意", (S.JOINT_REVIEW,), S.DETERMINATION,
                (Role.INDUSTRY_REVIEWER,), Duty.JOINT_REVIEW, clause=f"{CLAUSE}“二下”",
                needs_comment=True, by_seats=True,
            ),
            Transition(
                "return", "退回", (S.JOINT_REVIEW,), S.SECOND_APPRAISAL,
                (Role.INDUSTRY_REVIEWER,), Duty.JOINT_REVIEW, return_to=(S.REVISION,),
                needs_comment=True, is_return=True, style="secondary",
            ),
            Transition(
                "check_prohibited", "复核负面清单", (S.DETERMINATION,), S.DETERMINATION,
                (Role.GROUP_SECRETARY,), Duty.CONVENE, clause=negative.CLAUSE,
                criteria=negative.prohibited, effect=negative.with_hits(),
            ),
            *meeting_steps(
                S.DETERMINATION, agreed=S.RESULT_FEEDBACK, deferred=S.SECOND_APPRAISAL,
                rejected=S.REJECTED, clause=f"{CLAUSE}“二下”、二(二)",
                amount=effects.approved_amount, effect=effects.allocate,
                copy_to=(*VILLAGE, Role.TOWNSHIP_REVIEWER, Role.FINANCE_CLERK, Role.PROJECT_CLERK),
            ),
            Transition(
                "announce_result", "反馈乡村", (S.RESULT_FEEDBACK,), S.IMPLEMENTATION,
                (Role.PROJECT_REVIEWER,), Duty.FEED_BACK, clause=f"{CLAUSE}“二下”",
                needs_comment=True, copy_to=(*VILLAGE, Role.TOWNSHIP_REVIEWER),
            ),
            # Past completion and acceptance, by the decision on the adjustment.
            Transition(
                "terminate", "终止", (S.RESULT_FEEDBACK, S.IMPLEMENTATION), S.SETTLEMENT,
                (Role.GROUP_MEMBER,), Duty.DETERMINE, clause=f"{criteria.DOCUMENT} 二(二)",
                needs_comment=True, is_return=True, style="danger", only_in="项目调整",
            ),
            Transition(
                "complete", "报告完工", (S.IMPLEMENTATION,), S.PRELIMINARY_ACCEPTANCE,
                (Role.TOWNSHIP_CLERK,), Duty.IMPLEMENT, clause=CLAUSE,
                form=finishing.CompletionForm, effect=effects.recorded(Completion),
            ),
            Transition(
                "pass_preliminary", "初验合格", (S.PRELIMINARY_ACCEPTANCE,), S.ACCEPTANCE,
                (Role.TOWNSHIP_REVIEWER,), Duty.PRELIMINARY_ACCEPT, clause=CLAUSE,
                form=finishing.AcceptanceForm, effect=accepting.record_acceptance,
            ),
            Transition(
                "rectify", "责令整改", (S.PRELIMINARY_ACCEPTANCE,), S.RECTIFICATION,
                (Role.TOWNSHIP_REVIEWER,), Duty.PRELIMINARY_ACCEPT, clause=CLAUSE, is_return=True,
                form=finishing.RectifyForm, effect=accepting.record_rectify, style="secondary",
                copy_to=(Role.TOWNSHIP_CLERK,),
            ),
            Transition(
                "return", "退回", (S.PRELIMINARY_ACCEPTANCE,), S.IMPLEMENTATION,
                (Role.TOWNSHIP_REVIEWER,), Duty.PRELIMINARY_ACCEPT,
                needs_comment=True, is_return=True, style="secondary",
                copy_to=(Role.TOWNSHIP_CLERK,),
            ),
            # Both inspections come again after it.
            Transition(
                "report_rectified", "报告整改完成", (S.RECTIFICATION,), S.PRELIMINARY_ACCEPTANCE,
                (Role.TOWNSHIP_CLERK,), Duty.IMPLEMENT, clause=CLAUSE,
                form=finishing.RectificationForm, effect=accepting.record_rectification,
            ),
            Transition(
                "accept", "验收合格", (S.ACCEPTANCE,), S.SETTLEMENT,
                (Role.PROJECT_REVIEWER,), Duty.ACCEPT, clause=CLAUSE,
                form=finishing.AcceptanceForm, effect=accepting.record_acceptance,
            ),
            Transition(
                "rectify", "责令整改", (S.ACCEPTANCE,), S.RECTIFICATION,
                (Role.PROJECT_REVIEWER,), Duty.ACCEPT, clause=CLAUSE, is_return=True,
                form=finishing.RectifyForm, effect=accepting.record_rectify, style="secondary",
                copy_to=(Role.TOWNSHIP_CLERK, Role.TOWNSHIP_REVIEWER),
            ),
            Transition(
                "return", "退回", (S.ACCEPTANCE,), S.PRELIMINARY_ACCEPTANCE,
                (Role.PROJECT_REVIEWER,), Duty.ACCEPT, return_to=(S.IMPLEMENTATION,),
                needs_comment=True, is_return=True, style="secondary",
                copy_to=(Role.TOWNSHIP_CLERK,),
            ),
            # Both bureaux sign: the department the audited amount, finance the surplus with it.
            Transition(
                "verify_settlement", "核定决算", (S.SETTLEMENT,), S.SETTLEMENT_REVIEW,
                (Role.PROJECT_REVIEWER,), Duty.VERIFY_SETTLEMENT, clause=CLAUSE,
                form=finishing.SettlementAuditForm, effect=settling.verify_settlement,
            ),
            Transition(
                "settle", "会签决算并收回结余", (S.SETTLEMENT_REVIEW,), S.ASSET_REGISTRATION,
                (Role.FINANCE_REVIEWER,), Duty.SETTLE, clause=CLAUSE,
                form=finishing.SettlementForm, amount=settling.surplus_amount,
                effect=settling.settle,
            ),
            Transition(
                "return", "退回", (S.SETTLEMENT_REVIEW,), S.SETTLEMENT,
                (Role.FINANCE_REVIEWER,), Duty.SETTLE,
                needs_comment=True, is_return=True, style="secondary",
            ),
            Transition(
                "check_assets", "资产负面清单核查", (S.ASSET_REGISTRATION,), S.ASSET_REGISTRATION,
                (Role.TOWNSHIP_CLERK,), Duty.IMPLEMENT, clause=negative.CLAUSE,
                criteria=negative.prohibited, effect=negative.with_hits(), style="secondary",
            ),
            Transition(
                "leave_library", "出库", library.UNDETERMINED, S.LEFT,
                library.KEEPERS, Duty.KEEP_LIBRARY, clause=library.CLAUSE,
                form=LeaveLibraryForm, effect=library.leave_library, is_return=True,
                style="danger", copy_to=(*VILLAGE, Role.TOWNSHIP_REVIEWER),
            ),
            Transition(
                "register_assets", "登记资产并办结", (S.ASSET_REGISTRATION,), S.CLOSED,
                (Role.TOWNSHIP_CLERK,), Duty.IMPLEMENT, clause=CLAUSE,
                criteria=negative.prohibited, effect=state_assets,
            ),
        ),
    )
)  # fmt: skip


PAYMENT = register(
    Workflow(
        PaymentRequest,
        name="拨付申请",
        start=P.DRAFT,
        # What came back stays released until somebody takes the release back.
        waits_for={P.REFUNDED: (Role.FINANCE_HEAD,)},
        transitions=(
            Transition(
                "submit", "送审", (P.DRAFT,), P.TOWNSHIP_REVIEW,
                (Role.TOWNSHIP_CLERK,), Duty.APPLY, is_withdrawable=True,
            ),
            Transition(
                "cancel", "作废", (P.DRAFT,), P.CANCELLED,
                (Role.TOWNSHIP_CLERK,), Duty.APPLY, needs_comment=True, is_return=True,
                style="danger",
            ),
            Transition(
                "endorse", "乡镇审核同意", (P.TOWNSHIP_REVIEW,), P.DEPARTMENT_REVIEW,
                (Role.TOWNSHIP_REVIEWER,), Duty.TOWNSHIP_REVIEW, is_withdrawable=True,
            ),
            Transition(
                "return", "退回", (P.TOWNSHIP_REVIEW,), P.DRAFT,
                (Role.TOWNSHIP_REVIEWER,), Duty.TOWNSHIP_REVIEW,
                needs_comment=True, is_return=True, style="secondary",
                copy_to=(Role.TOWNSHIP_CLERK,),
            ),
            Transition(
                "approve", "审核同意", (P.DEPARTMENT_REVIEW,), P.COMPLIANCE,
                (Role.PROJECT_REVIEWER,), Duty.DEPARTMENT_REVIEW,
                clause=f"{criteria.DOCUMENT} 二(五)", is_withdrawable=True,
            ),
            Transition(
                "return", "退回", (P.DEPARTMENT_REVIEW,), P.DRAFT,
                (Role.PROJECT_REVIEWER,), Duty.DEPARTMENT_REVIEW,
                needs_comment=True, is_return=True, style="secondary",
                copy_to=(Role.TOWNSHIP_CLERK,),
            ),
            Transition(
                "pass_compliance", "合规审查通过", (P.COMPLIANCE,), P.RELEASE,
                (Role.FINANCE_REVIEWER,), Duty.COMPLIANCE, clause=f"{criteria.DOCUMENT} 一、二(五)",
                criteria=seen_and_prohibited, effect=negative.with_hits(), is_withdrawable=True,
            ),
            Transition(
                "return", "退回", (P.COMPLIANCE,), P.DRAFT,
                (Role.FINANCE_REVIEWER,), Duty.COMPLIANCE,
                needs_comment=True, is_return=True, style="secondary",
                copy_to=(Role.TOWNSHIP_CLERK, Role.PROJECT_REVIEWER),
            ),
            Transition(
                "release", "核拨", (P.RELEASE,), P.PAYMENT,
                (Role.FINANCE_HEAD,), Duty.RELEASE, clause=f"{criteria.DOCUMENT} 二(二)",
                amount=effects.whole_amount, effect=effects.release,
            ),
            Transition(
                "return", "退回", (P.RELEASE,), P.COMPLIANCE,
                (Role.FINANCE_HEAD,), Duty.RELEASE,
                needs_comment=True, is_return=True, style="secondary",
            ),
            Transition(
                "pay", "支付", (P.PAYMENT,), P.PAID,
                (Role.TREASURY_CLERK,), Duty.PAY, clause=f"{criteria.DOCUMENT} 二(二)",
                amount=effects.whole_amount, effect=effects.pay,
                copy_to=(Role.TOWNSHIP_CLERK,),
            ),
            Transition(
                "refund", "登记退回", (P.PAID, P.WITHDRAWN), P.REFUNDED,
                (Role.TREASURY_CLERK,), Duty.REFUND, needs_comment=True, is_return=True,
                form=RefundForm, amount=effects.refund_amount, effect=effects.refund,
                style="secondary",
            ),
            Transition(
                "withdraw_release", "收回核拨", (P.PAYMENT, P.REFUNDED), P.WITHDRAWN,
                (Role.FINANCE_HEAD,), Duty.WITHDRAW_RELEASE, needs_comment=True, is_return=True,
                amount=effects.unpaid_amount, effect=effects.withdraw_release, style="secondary",
            ),
            Transition(
                "reverse_payment", "红字冲销支付", (P.PAID,), P.PAYMENT,
                (Role.FINANCE_REVIEWER, Role.FINANCE_HEAD), Duty.REVERSE, needs_comment=True,
                is_return=True, amount=effects.whole_amount, effect=effects.reverse_payment,
                style="danger",
            ),
        ),
    )
)  # fmt: skip


PLAN = register(
    Workflow(
        AnnualPlan,
        name="年度项目计划",
        start=A.DRAFT,
        waits_for={A.DETERMINATION: (Role.GROUP_SECRETARY,)},
        transitions=(
            Transition(
                "submit", "送审", (A.DRAFT,), A.DEPARTMENT_REVIEW,
                (Role.PROJECT_CLERK,), Duty.PLAN, clause=CLAUSE, is_withdrawable=True,
            ),
            Transition(
                "approve", "审核同意并提交领导小组", (A.DEPARTMENT_REVIEW,), A.DETERMINATION,
                (Role.PROJECT_REVIEWER,), Duty.DEPARTMENT_REVIEW, clause=CLAUSE,
                needs_comment=True, copy_to=(Role.GROUP_SECRETARY,),
            ),
            Transition(
                "return", "退回", (A.DEPARTMENT_REVIEW,), A.DRAFT,
                (Role.PROJECT_REVIEWER,), Duty.DEPARTMENT_REVIEW,
                needs_comment=True, is_return=True, style="secondary",
                copy_to=(Role.PROJECT_CLERK,),
            ),
            *meeting_steps(
                A.DETERMINATION, agreed=A.APPROVED, deferred=A.DRAFT, rejected=A.DRAFT,
                clause=plans.CLAUSE, amount=plans.whole_amount, effect=plans.approve_plan,
                copy_to=(Role.PROJECT_CLERK, Role.PROJECT_REVIEWER, Role.FINANCE_CLERK),
            ),
        ),
    )
)  # fmt: skip


require(
    PaymentRequest.life(),
    "submit",
    Condition("项目已经领导小组审定", effects.project_is_approved, f"{criteria.DOCUMENT} 二(二)"),
)
require(
    PaymentRequest.life(),
    "submit",
    Condition(
        "不超过项目已分配未核拨的金额", effects.within_allocation, f"{criteria.DOCUMENT} 二(二)"
    ),
)
require(
    Project.life(),
    "record_meeting",
    Condition("四项分析齐全", refuse_without_analyses, f"{CLAUSE}“一上”"),
)
require(
    Project.life(),
    "register_assets",
    Condition("没有未办结的拨付申请", effects.no_open_payments),
)
require(
    Project.life(),
    "appraise_again",
    Condition(
        "已打开“一上”与“二上”的对照", None, f"{CLAUSE}“二下”", check_person=differences_unread
    ),
)
require(
    Project.life(),
    "appraise_again",
    Condition("项目类型要求的会审单位齐全", refuse_bureaux, REVIEW_CLAUSE),
)
require(AnnualPlan.life(), "submit", Condition("计划已列入项目", plans.no_projects, plans.CLAUSE))
require(
    Project.life(),
    "announce_result",
    Condition("项目列入已批准的年度项目计划", plans.not_in_plan, plans.CLAUSE),
)
require(
    PaymentRequest.life(),
    "submit",
    Condition("项目列入已批准的年度项目计划", plans.payment_not_in_plan, plans.CLAUSE),
)
require(
    Project.life(),
    "review_jointly",
    Condition("入库项目基本内容齐全", library.refuse_entry, library.CLAUSE),
)
require(
    Project.life(), "leave_library", Condition("不在会议议程和年度计划中", library.refuse_leaving)
)
require(
    Project.life(),
    "announce_result",
    Condition("责任领导、责任人已确定并在任", refuse_unnamed, NAMES_CLAUSE),
)
require(
    PaymentRequest.life(),
    "submit",
    Condition("责任领导、责任人已确定并在任", payment_unnamed, NAMES_CLAUSE),
)
require(
    PaymentRequest.life(),
    "submit",
    Condition("资金来源按审定的规则分摊", charging.refuse_other_shares, charging.CLAUSE),
)
for action in ("submit", "release"):
    require(
        PaymentRequest.life(),
        action,
        Condition("应附报账材料齐全", payment_papers.refuse_lacking),
    )
require(
    PaymentRequest.life(), "submit", Condition("材料日期顺序相符", payment_papers.refuse_disorder)
)
require(
    PaymentRequest.life(),
    "submit",
    Condition("验收表日期与验收登记相符", payment_papers.refuse_other_day),
)
require(
    PaymentRequest.life(),
    "submit",
    Condition("发票金额不少于申请金额", payment_papers.refuse_invoices),
)
for action in ("submit", "pass_compliance", "release"):
    require(
        PaymentRequest.life(),
        action,
        Condition("付给合同的承包单位，不超过合同、质保金和管理费的上限", payment_caps.refuse_caps),
    )
