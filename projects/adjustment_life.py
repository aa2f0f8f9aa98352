"""项目调整: what was approved changes by the procedure that approved it."""

from __future__ import annotations

from approvals.agenda import meeting_steps
from approvals.models import Duty
from approvals.workflow import Condition, Transition, Workflow, register, require
from organizations.models import Role

from . import adjusting, criteria, negative
from . import adjustment_effects as adjusted
from .forms import adjustment_steps
from .models import Adjustment, Project
from .workflow import CLAUSE, VILLAGE

A = Adjustment.Status


ADJUSTMENT = register(
    Workflow(
        Adjustment,
        name="项目调整",
        start=A.DRAFT,
        waits_for={A.DETERMINATION: (Role.GROUP_SECRETARY,)},
        transitions=(
            Transition(
                "put_forward", "提交村级意见", (A.DRAFT,), A.VILLAGE_NOTICE,
                (Role.TOWNSHIP_CLERK,), Duty.PROPOSE, clause=f"{CLAUSE}“一上”",
                form=adjustment_steps.VillageOpinionForm, effect=adjusted.put_forward,
                is_withdrawable=True,
            ),
            Transition(
                "cancel", "作废", (A.DRAFT,), A.CANCELLED,
                (Role.TOWNSHIP_CLERK,), Duty.PROPOSE, needs_comment=True, is_return=True,
                style="danger",
            ),
            # The notice of the new values is asked for here, by the app that posts notices.
            Transition(
                "submit", "上报乡镇审核", (A.VILLAGE_NOTICE,), A.TOWNSHIP_REVIEW,
                (Role.TOWNSHIP_CLERK,), Duty.PROPOSE, clause=f"{CLAUSE}“一上”",
                is_withdrawable=True,
            ),
            Transition(
                "return", "退回填报", (A.VILLAGE_NOTICE,), A.DRAFT,
                (Role.TOWNSHIP_CLERK,), Duty.PROPOSE,
                needs_comment=True, is_return=True, style="secondary",
            ),
            Transition(
                "endorse", "审核同意并上报", (A.TOWNSHIP_REVIEW,), A.APPRAISAL,
                (Role.TOWNSHIP_REVIEWER,), Duty.TOWNSHIP_REVIEW, clause=f"{CLAUSE}“一上”",
                criteria=criteria.TOWNSHIP, is_withdrawable=True,
            ),
            Transition(
                "return", "退回", (A.TOWNSHIP_REVIEW,), A.DRAFT,
                (Role.TOWNSHIP_REVIEWER,), Duty.TOWNSHIP_REVIEW,
                needs_comment=True, is_return=True, style="secondary",
                copy_to=(Role.TOWNSHIP_CLERK,),
            ),
            Transition(
                "appraise", "论证通过", (A.APPRAISAL,), A.DEPARTMENT_REVIEW,
                (Role.PROJECT_CLERK,), Duty.APPRAISE, clause=f"{CLAUSE}“二下”",
                criteria=negative.prohibited_after(criteria.APPRAISAL), needs_comment=True,
                effect=negative.with_hits(), is_withdrawable=True,
            ),
            Transition(
                "return", "退回", (A.APPRAISAL,), A.TOWNSHIP_REVIEW,
                (Role.PROJECT_CLERK,), Duty.APPRAISE, return_to=(A.DRAFT,),
                needs_comment=True, is_return=True, style="secondary",
                copy_to=(Role.TOWNSHIP_CLERK,),
            ),
            Transition(
                "approve", "审核同意", (A.DEPARTMENT_REVIEW,), A.DETERMINATION,
                (Role.PROJECT_REVIEWER,), Duty.DEPARTMENT_REVIEW,
                clause=f"{criteria.DOCUMENT} 二(五)", needs_comment=True, is_withdrawable=True,
            ),
            Transition(
                "return", "退回", (A.DEPARTMENT_REVIEW,), A.APPRAISAL,
                (Role.PROJECT_REVIEWER,), Duty.DEPARTMENT_REVIEW,
                return_to=(A.TOWNSHIP_REVIEW, A.DRAFT),
                needs_comment=True, is_return=True, style="secondary",
                copy_to=(Role.TOWNSHIP_CLERK,),
            ),
            *meeting_steps(
                A.DETERMINATION, agreed=A.PUBLICATION, agreed_or=(A.RECOVERY,),
                deferred=A.APPRAISAL, rejected=A.REJECTED, clause=f"{CLAUSE}“二下”、二(二)",
                amount=adjusted.added_amount, effect=adjusted.approve,
                copy_to=(
                    *VILLAGE, Role.TOWNSHIP_REVIEWER, Role.FINANCE_CLERK, Role.FINANCE_REVIEWER,
                    Role.PROJECT_CLERK,
                ),
            ),
            Transition(
                "recover", "收回资金", (A.RECOVERY,), A.PUBLICATION,
                (Role.FINANCE_REVIEWER,), Duty.SETTLE, clause=f"{criteria.DOCUMENT} 二(二)",
                amount=adjusted.recovered_amount, effect=adjusted.recover,
                copy_to=(Role.TOWNSHIP_CLERK, Role.PROJECT_CLERK),
            ),
            Transition(
                "publish", "登记再备案与公布", (A.PUBLICATION,), A.CLOSED,
                (Role.PROJECT_CLERK,), Duty.FILE, clause=f"{criteria.DOCUMENT} 二(三)、二(四)",
                form=adjustment_steps.PublicationForm, effect=adjusted.record_publication,
            ),
        ),
    )
)  # fmt: skip


require(
    Adjustment.life(),
    "put_forward",
    Condition("项目在可以调整的环节", adjusting.stands_adjustable),
)
require(
    Adjustment.life(),
    "put_forward",
    Condition("调减不超过已分配未核拨的资金", adjusting.within_unreleased),
)
for step in ("complete", "pass_preliminary", "accept", "verify_settlement", "settle"):
    require(Project.life(), step, Condition("没有尚未办结的项目调整", adjusting.nothing_awaited))
