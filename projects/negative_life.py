"""The life of a waiver, and what the negative list asks of the lives of projects, of their
adjustments and payments."""

from __future__ import annotations

from approvals.agenda import meeting_steps
from approvals.models import Duty
from approvals.workflow import Condition, Transition, Workflow, register, require
from organizations.models import Role

from . import negative, waivers
from .criteria import DOCUMENT
from .forms.negative import PublicationForm
from .models import Adjustment, NegativeWaiver, PaymentRequest, Project
from .workflow import VILLAGE

W = NegativeWaiver.Status

WAIVER = register(
    Workflow(
        NegativeWaiver,
        name="负面清单豁免",
        start=W.DRAFT,
        waits_for={W.DETERMINATION: (Role.GROUP_SECRETARY,)},
        transitions=(
            Transition(
                "submit", "提请审定", (W.DRAFT,), W.DETERMINATION,
                waivers.PROPOSERS, Duty.PROPOSE, clause=negative.CLAUSE, is_withdrawable=True,
            ),
            Transition(
                "cancel", "作废", (W.DRAFT,), W.CANCELLED,
                waivers.PROPOSERS, Duty.PROPOSE, needs_comment=True, is_return=True,
                style="danger",
            ),
            *meeting_steps(
                W.DETERMINATION, agreed=W.APPROVED, deferred=W.DRAFT, rejected=W.REJECTED,
                clause=negative.CLAUSE, effect=waivers.authorise,
                copy_to=(Role.PROJECT_CLERK, Role.FINANCE_REVIEWER),
            ),
            Transition(
                "publish", "登记公告", (W.APPROVED,), W.PUBLISHED,
                (Role.GROUP_SECRETARY,), Duty.CONVENE, clause=f"{DOCUMENT} 二(四)",
                form=PublicationForm, effect=waivers.publish,
                copy_to=(*VILLAGE, Role.PROJECT_CLERK, Role.FINANCE_REVIEWER),
            ),
        ),
    )
)  # fmt: skip

# The steps that answer the nine, and those that wait for what was answered.
CHECKS = {
    Project.life(): (
        "record_meeting", "appraise_again", "check_prohibited", "check_assets", "register_assets",
    ),
    PaymentRequest.life(): ("pass_compliance",),
    Adjustment.life(): ("appraise",),
}  # fmt: skip
WAITING = {
    Project.life(): ("submit", "review_jointly", "vote", "determine", "register_assets"),
    PaymentRequest.life(): ("release",),
    Adjustment.life(): ("approve",),
}
for life, actions in CHECKS.items():
    for action in actions:
        require(life, action, Condition("负面清单已装载", negative.refuse_unloaded))
for life, actions in WAITING.items():
    for action in actions:
        require(life, action, Condition("负面清单命中已由第二人复核", negative.refuse_unconfirmed))
for action in ("vote", "determine"):
    require(Project.life(), action, Condition("办公室已复核负面清单", negative.refuse_unchecked))
for action in ("check_prohibited", "check_assets"):
    once = Condition("本环节尚未核查", negative.refuse_second_check(action))
    require(Project.life(), action, once)
require(
    Project.life(), "check_assets", Condition("项目文本有命中词", negative.refuse_needless_check)
)
require(
    Project.life(), "register_assets", Condition("命中词已核查", negative.refuse_unchecked_assets)
)
