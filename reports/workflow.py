"""The lives of a county's return, of leave to correct it, and of a roll-up."""

from __future__ import annotations

from approvals.models import Duty, Subject
from approvals.workflow import Condition, Transition, Workflow, register, require
from organizations.models import Role, User
from organizations.models.divisions import Level
from organizations.policies import Refusal

from . import effects
from .checking import refuse_red
from .models import Delivery, MonthlyReturn, ReceivedReturn, ReceivedUnlock, ReturnUnlock, RollUp
from .peers import is_peer
from .rollups import corrected_since, refuse_without_sums
from .services import FILLERS, UNLOCKABLE

CLAUSE = "新扶贫领字〔2018〕76号 二(三)：按月统计并逐级上报"
S = MonthlyReturn.Status
U = ReturnUnlock.Status
R = RollUp.Status
A = ReceivedReturn.Status
IN_ROLL_UP = "地州汇总"

MONTHLY = register(
    Workflow(
        MonthlyReturn,
        name="月报",
        start=S.DRAFT,
        transitions=(
            Transition(
                "submit", "送审", (S.DRAFT,), S.REVIEW, FILLERS, Duty.FILL_IN, clause=CLAUSE,
                is_withdrawable=True,
            ),
            Transition(
                "approve", "审核同意", (S.REVIEW,), S.SIGNING,
                (Role.FINANCE_REVIEWER, Role.PROJECT_REVIEWER), Duty.EXAMINE, clause=CLAUSE,
                is_withdrawable=True,
            ),
            Transition(
                "return", "退回填报", (S.REVIEW,), S.DRAFT,
                (Role.FINANCE_REVIEWER, Role.PROJECT_REVIEWER), Duty.EXAMINE,
                needs_comment=True, is_return=True, style="secondary", copy_to=FILLERS,
            ),
            Transition(
                "seal", "签发并封存", (S.SIGNING,), S.SEALED, (Role.FINANCE_HEAD,), Duty.SIGN,
                clause=CLAUSE, effect=effects.seal_checked,
            ),
            Transition(
                "return", "退回填报", (S.SIGNING,), S.DRAFT, (Role.FINANCE_HEAD,), Duty.SIGN,
                needs_comment=True, is_return=True, style="secondary", copy_to=FILLERS,
            ),
            Transition(
                "send", "上报地州", (S.SEALED,), S.SENT, (Role.GROUP_SECRETARY,), Duty.FILE,
                clause=CLAUSE, effect=effects.dispatch,
            ),
            Transition(
                "receive", "接收", (S.SENT,), S.RECEIVED, (Role.PREFECTURE_CLERK,), Duty.RECEIVE,
                clause=CLAUSE, effect=effects.receive, copy_to=(Role.GROUP_SECRETARY, *FILLERS),
            ),
            Transition(
                "send_back", "退回更正", (S.SENT,), S.RETURNED, (Role.PREFECTURE_CLERK,),
                Duty.RECEIVE, needs_comment=True, is_return=True, style="secondary",
                effect=effects.send_back, copy_to=(Role.GROUP_SECRETARY, *FILLERS),
            ),
            Transition(
                "correct", "更正", (S.RETURNED,), S.DRAFT, FILLERS, Duty.FILL_IN, clause=CLAUSE,
                needs_comment=True, effect=effects.correct,
            ),
            Transition(
                "correct_unlocked", "更正（已解锁）", UNLOCKABLE, S.DRAFT, FILLERS, Duty.FILL_IN,
                clause=CLAUSE, needs_comment=True, is_return=True, style="secondary",
                effect=effects.correct,
            ),
            Transition(
                "roll_up", "列入汇总", (S.RECEIVED,), S.ROLLED_UP, (Role.PREFECTURE_CLERK,),
                Duty.ROLL_UP, clause=CLAUSE, only_in=IN_ROLL_UP,
            ),
            Transition(
                "report", "随汇总上报", (S.ROLLED_UP,), S.REPORTED, (Role.PREFECTURE_CLERK,),
                Duty.ROLL_UP, clause=CLAUSE, only_in=IN_ROLL_UP,
            ),
            Transition(
                "close", "随汇总接收", (S.REPORTED,), S.CLOSED, (Role.REGION_CLERK,), Duty.RECEIVE,
                clause=CLAUSE, only_in=IN_ROLL_UP,
            ),
        ),
    )
)  # fmt: skip

UNLOCK = register(
    Workflow(
        ReturnUnlock,
        name="月报解锁",
        start=U.REQUESTED,
        transitions=(
            Transition(
                "approve", "同意解锁", (U.REQUESTED,), U.APPROVED, (Role.PREFECTURE_CLERK,),
                Duty.RECEIVE, needs_comment=True, copy_to=FILLERS,
            ),
            Transition(
                "reject", "不同意解锁", (U.REQUESTED,), U.REJECTED, (Role.PREFECTURE_CLERK,),
                Duty.RECEIVE, needs_comment=True, is_return=True, style="secondary",
                copy_to=FILLERS,
            ),
        ),
    )
)  # fmt: skip

BY_LEVEL: dict[str, Role] = {
    Level.PREFECTURE: Role.PREFECTURE_CLERK,
    Level.REGION: Role.REGION_CLERK,
}
ABOVE = tuple(BY_LEVEL.values())
STANDING = (R.SEALED, R.SENT, R.RECEIVED, R.PUBLISHED)
OWN, RECEIVER = ("division__level", BY_LEVEL), ("division__reports_to__level", BY_LEVEL)
ROLL_UP = register(
    Workflow(
        RollUp,
        name="月报汇总",
        start=R.DRAFT,
        role_by={R.DRAFT: OWN, R.REVIEW: OWN, R.SEALED: OWN, R.SENT: RECEIVER},
        transitions=(
            Transition(
                "submit", "送签", (R.DRAFT,), R.REVIEW, ABOVE, Duty.ROLL_UP, clause=CLAUSE,
                is_withdrawable=True,
            ),
            Transition(
                "seal", "签发并封存", (R.REVIEW,), R.SEALED, ABOVE, Duty.SIGN, clause=CLAUSE,
                effect=effects.seal_roll_up,
            ),
            Transition(
                "return", "退回", (R.REVIEW,), R.DRAFT, ABOVE, Duty.SIGN,
                needs_comment=True, is_return=True, style="secondary",
            ),
            Transition(
                "send", "上报", (R.SEALED,), R.SENT, (Role.PREFECTURE_CLERK,), Duty.FILE,
                clause=CLAUSE, effect=effects.send_roll_up,
            ),
            Transition(
                "publish", "通报", (R.SEALED,), R.PUBLISHED, (Role.REGION_CLERK,), Duty.FILE,
                clause=CLAUSE,
            ),
            Transition(
                "receive", "接收", (R.SENT,), R.RECEIVED, ABOVE, Duty.RECEIVE, clause=CLAUSE,
                effect=effects.receive_roll_up,
            ),
            Transition(
                "send_back", "退回更正", (R.SENT,), R.RETURNED, ABOVE, Duty.RECEIVE,
                needs_comment=True, is_return=True, style="secondary", effect=effects.send_back,
            ),
            Transition(
                "correct", "更正", (R.RETURNED,), R.DRAFT, (Role.PREFECTURE_CLERK,), Duty.ROLL_UP,
                clause=CLAUSE, needs_comment=True, effect=effects.correct_roll_up,
            ),
            # Because a unit below has corrected its return since.
            Transition(
                "correct", "更正", STANDING, R.DRAFT, ABOVE, Duty.ROLL_UP,
                clause=CLAUSE, needs_comment=True, is_return=True, style="secondary",
                effect=effects.correct_roll_up,
            ),
        ),
    )
)  # fmt: skip


RECEIVED = register(
    Workflow(
        ReceivedReturn,
        name="收到的月报",
        start=A.ARRIVED,
        role_by={A.ARRIVED: ("to__level", BY_LEVEL)},
        transitions=(
            Transition(
                "receive", "接收", (A.ARRIVED,), A.RECEIVED, ABOVE, Duty.RECEIVE, clause=CLAUSE,
            ),
            Transition(
                "send_back", "退回更正", (A.ARRIVED,), A.SENT_BACK, ABOVE, Duty.RECEIVE,
                needs_comment=True, is_return=True, style="secondary",
            ),
            Transition(
                "roll_up", "列入汇总", (A.RECEIVED,), A.ROLLED_UP, (Role.PREFECTURE_CLERK,),
                Duty.ROLL_UP, clause=CLAUSE, only_in=IN_ROLL_UP,
            ),
            Transition(
                "report", "随汇总上报", (A.ROLLED_UP,), A.REPORTED, (Role.PREFECTURE_CLERK,),
                Duty.ROLL_UP, clause=CLAUSE, only_in=IN_ROLL_UP,
            ),
            Transition(
                "close", "随汇总接收", (A.REPORTED,), A.CLOSED, (Role.REGION_CLERK,), Duty.RECEIVE,
                clause=CLAUSE, only_in=IN_ROLL_UP,
            ),
        ),
    )
)  # fmt: skip

L = ReceivedUnlock.Status
RECEIVED_UNLOCK = register(
    Workflow(
        ReceivedUnlock,
        name="收到的解锁申请",
        start=L.REQUESTED,
        transitions=(
            Transition(
                "approve", "同意解锁", (L.REQUESTED,), L.APPROVED, (Role.PREFECTURE_CLERK,),
                Duty.RECEIVE, needs_comment=True,
            ),
            Transition(
                "reject", "不同意解锁", (L.REQUESTED,), L.REJECTED, (Role.PREFECTURE_CLERK,),
                Duty.RECEIVE, needs_comment=True, is_return=True, style="secondary",
            ),
        ),
    )
)  # fmt: skip


def refuse_outsider(subject: Subject, by: User) -> Refusal | None:
    """The step is the unit's own, not that of whoever is above it."""
    if any(post.division == subject.division for post in by.posts_today):
        return None
    return Refusal(f"由{subject.division}办理", "", f"{subject.division}的受理岗位")


def refuse_other_receiver(subject: Subject, by: User) -> Refusal | None:
    """接收 and 退回 are the unit's that this one reports to."""
    arrived = subject.arrived if isinstance(subject, ReceivedUnlock) else subject
    to = arrived.to if isinstance(arrived, ReceivedReturn) else subject.division.reports_to
    if any(post.division == to for post in by.posts_today):
        return None
    return Refusal(f"由收报单位{to}办理", "", f"{to}的受理岗位")


def refuse_unsigned_mark(
    subject: MonthlyReturn | RollUp | ReturnUnlock, by: User
) -> Refusal | None:
    """Whose receiver works in another deployment is marked there, and by nobody here."""
    reported = subject.monthly if isinstance(subject, ReturnUnlock) else subject
    version = reported.versions.order_by("number").last()
    sent = Delivery.objects.filter(dispatch__version=version).select_related("dispatch__to")
    delivery = sent.first() if version else None
    if delivery is None or is_peer(by):
        return None
    to = delivery.dispatch.to
    return Refusal(f"已报送到{to}的系统，在该系统办理，签名回传后登记", "", f"{to}")


def refuse_standing(rollup: RollUp) -> Refusal | None:
    """What nobody below has changed since, and nobody above has sent back, stands."""
    if rollup.status not in STANDING or corrected_since(rollup):
        return None
    return Refusal("下级没有在汇总以后更正，汇总不能更改", "", "收报单位（退回更正）")


def refuse_publishing(rollup: RollUp) -> Refusal | None:
    if rollup.division.level == Level.REGION:
        return None
    return Refusal("通报由自治区办理，地州汇总须上报", "", "自治区级受理")


require(
    MonthlyReturn.life(), "submit", Condition("已取数，月份已结束", effects.refuse_without_figures)
)
require(MonthlyReturn.life(), "seal", Condition("核对没有不符，或已放行", refuse_red))
require(
    MonthlyReturn.life(), "correct_unlocked", Condition("解锁在有效期内", effects.refuse_locked)
)
for life, actions in (
    (MonthlyReturn.life(), ("receive", "send_back")),
    (ReturnUnlock.life(), ("approve", "reject")),
    (RollUp.life(), ("receive", "send_back")),
    (ReceivedReturn.life(), ("receive", "send_back")),
    (ReceivedUnlock.life(), ("approve", "reject")),
):
    for action in actions:
        own = Condition("由收报单位办理", None, CLAUSE, check_person=refuse_other_receiver)
        require(life, action, own)
for life, actions in (
    (MonthlyReturn.life(), ("receive", "send_back")),
    (RollUp.life(), ("receive", "send_back")),
    (ReturnUnlock.life(), ("approve", "reject")),
):
    for action in actions:
        signed = Condition("对方系统的签名标记", None, check_person=refuse_unsigned_mark)
        require(life, action, signed)
for action in ("submit", "seal", "return", "send", "publish", "correct"):
    require(RollUp.life(), action, Condition("由本级办理", None, check_person=refuse_outsider))
require(RollUp.life(), "publish", Condition("自治区的汇总", refuse_publishing))
require(RollUp.life(), "correct", Condition("退回，或下级已更正", refuse_standing))
for action in ("submit", "seal"):
    require(RollUp.life(), action, Condition("汇总与所收月报一致", refuse_without_sums))
