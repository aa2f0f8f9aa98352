"""What happens with a step besides the change of status: facts recorded, money moved.

Each runs inside `Workflow.perform`'s transaction, with the decision already written.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from approvals.evidence import claim_photos
from approvals.models import Decision
from approvals.seats import set_seats
from approvals.workflow import Effect
from funds import ledger
from funds.models import Allotment, Voucher
from organizations.models import Role
from organizations.policies import Refusal, Refused

from . import criteria
from .bureaux import bureaux_for
from .charging import keep_rule
from .models import (
    Answer,
    Feedback,
    FeedbackItem,
    PaymentRequest,
    Project,
    ProjectSource,
    ProjectVersion,
    Revision,
    VillageMeeting,
)
from .models.steps import StepRecord
from .payment_papers import files_of
from .queries import unreleased_by_allotment, withdrawable
from .responsible import name_first, rate
from .versions import content_of, digest_of_content, refuse_unchanged
from .village import photos_shown_for

Data = Mapping[str, Any]
Changed = tuple[str, ...]  # fields of the subject, saved with its status
ZERO = Decimal(0)
S = Project.Status
APPROVED = (
    S.RESULT_FEEDBACK, S.IMPLEMENTATION, S.PRELIMINARY_ACCEPTANCE, S.RECTIFICATION, S.ACCEPTANCE,
    S.SETTLEMENT, S.SETTLEMENT_REVIEW, S.ASSET_REGISTRATION,
)  # fmt: skip


def recorded(facts_of_step: type[StepRecord]) -> Effect:
    """An effect that writes down what the step's form asked for."""

    def record(project: Project, decision: Decision, data: Data) -> Changed:
        facts_of_step._default_manager.create(project=project, decision=decision, **data)
        return ()

    return record


def record_village_meeting(project: Project, decision: Decision, data: Data) -> Changed:
    """With the original of the minutes, and photos that prove no other occasion."""
    photos = set(data["photos"]) - photos_shown_for(project, data["held_on"])
    VillageMeeting.objects.create(
        project=project,
        decision=decision,
        minutes_file=data["minutes_file"][0],
        **{name: value for name, value in data.items() if name != "minutes_file"},
    )
    claim_photos(
        photos,
        subject=project,
        shown_for=f"村民代表会议 {project.name}",
        by=decision.by,
    )
    return ()


def send_letter(project: Project, decision: Decision, data: Data) -> Changed:
    """反馈意见书, opinion by opinion."""
    letter = Feedback.objects.create(
        project=project,
        decision=decision,
        letter_number=data["letter_number"],
        issued_on=data["issued_on"],
        text="\n".join(data["items"]),
    )
    FeedbackItem.objects.bulk_create(
        FeedbackItem(feedback=letter, position=position, text=text)
        for position, text in enumerate(data["items"], start=1)
    )
    return ()


def answer_letter(project: Project, decision: Decision, data: Data) -> Changed:
    """`answers`: by the id of each opinion, what was done about it and in which words."""
    refusal = refuse_unchanged(project, [adoption for adoption, _ in data["answers"].values()])
    if refusal:
        raise Refused(refusal.reason, clause=refusal.clause, who_can_clear=refusal.who_can_clear)
    revision = Revision.objects.create(project=project, decision=decision, answer=data["answer"])
    Answer.objects.bulk_create(
        Answer(revision=revision, item_id=item, adoption=adoption, text=text)
        for item, (adoption, text) in data["answers"].items()
    )
    return ()


def keep_version(round_: ProjectVersion.Round) -> Effect:
    """An effect that keeps the text as it is sent up."""

    def keep(project: Project, decision: Decision, data: Data) -> Changed:
        content = content_of(project)
        ProjectVersion.objects.create(
            project=project,
            decision=decision,
            round=round_,
            content=content,
            sha256=digest_of_content(content),
        )
        return ()

    return keep


def seat_bureaux(project: Project, decision: Decision, data: Data) -> Changed:
    """会审: a seat for the bureau of every industry that the type of the project calls for."""
    set_seats(
        project,
        bureaux_for(project),
        status=S.JOINT_REVIEW,
        stay=decision,
        role=Role.INDUSTRY_REVIEWER,
        reason=f"项目类型“{project.type}”",
        by=decision.by,
    )
    return ()


def total(sources: Iterable[tuple[Allotment, Decimal]]) -> Decimal:
    return sum((amount for _, amount in sources), ZERO)


def by_id(sources: Iterable[tuple[Allotment, Decimal]]) -> list[tuple[int, Decimal]]:
    return [(allotment.pk, amount) for allotment, amount in sources]


def approved_amount(project: Project, data: Data) -> Decimal:
    return total(data["sources"])


def allocate(project: Project, decision: Decision, data: Data) -> Changed:
    """The decision and the money in one transaction: 分配 follows 批复 by not one moment; and
    from the same moment somebody answers for it."""
    meeting = data["meeting"]
    project.meeting = meeting
    ProjectSource.objects.bulk_create(
        ProjectSource(project=project, allotment=allotment, amount=amount)
        for allotment, amount in data["sources"]
    )
    keep_rule(project, decision, data.get("charge"))
    rate(project, decision)
    name_first(project, decision)
    post(
        Voucher.Kind.ALLOCATE,
        project,
        by_id(data["sources"]),
        decision=decision,
        memo=f"{meeting.name}审定 {project.name}",
        document=meeting.minutes_document,
    )
    return ("meeting",)


def post(
    kind: Voucher.Kind,
    project: Project,
    sources: Iterable[tuple[int, Decimal]],
    *,
    decision: Decision,
    memo: str,
    document: str = "",
    counterparty: str = "",
    refers_to: Voucher | None = None,
    papers: Iterable[str] = (),
    occurred_on: dt.date | None = None,
) -> Voucher:
    """A voucher that rests on a decision takes its key from it: one decision, one voucher."""
    return ledger.post(
        kind,
        [ledger.Line(allotment, amount, project.earmark_id) for allotment, amount in sources],
        county=project.county,
        key=f"decision:{decision.pk}",
        occurred_on=occurred_on or timezone.localdate(),
        memo=memo[:200],
        document=document,
        counterparty=counterparty,
        evidence=list(dict.fromkeys([*decision.evidence, *papers])),
        by=decision.by,
        held=decision.post,
        decision=decision,
        refers_to=refers_to,
    )


def whole_amount(request: PaymentRequest, data: Data) -> Decimal:
    return request.amount


def request_sources(request: PaymentRequest) -> list[tuple[int, Decimal]]:
    rows = request.sources.values_list("allotment_id", "amount")
    return list(rows)


def release(request: PaymentRequest, decision: Decision, data: Data) -> Changed:
    request.release_voucher = post(
        Voucher.Kind.RELEASE,
        request.project,
        request_sources(request),
        decision=decision,
        memo=f"核拨 {request.project.name} {request.get_kind_display()}",
        document=request.number,
        counterparty=request.payee_name,
        papers=files_of(request),
    )
    return ("release_voucher",)


def pay(request: PaymentRequest, decision: Decision, data: Data) -> Changed:
    """On the day that the bank's sheet says, else today."""
    request.pay_voucher = post(
        Voucher.Kind.PAY,
        request.project,
        request_sources(request),
        decision=decision,
        memo=f"支付 {request.project.name} {request.get_kind_display()}",
        document=request.number,
        counterparty=request.payee_name,
        papers=files_of(request),
        occurred_on=data.get("paid_on"),
    )
    return ("pay_voucher",)


def refund_amount(request: PaymentRequest, data: Data) -> Decimal:
    return total(data["sources"])


def refund(request: PaymentRequest, decision: Decision, data: Data) -> Changed:
    post(
        Voucher.Kind.REFUND,
        request.project,
        by_id(data["sources"]),
        decision=decision,
        memo=f"退回 {request.project.name}：{decision.comment}",
        document=request.number,
        counterparty=request.payee_name,
        refers_to=request.pay_voucher,
    )
    return ()


def unpaid_amount(request: PaymentRequest, data: Data) -> Decimal:
    return total(withdrawable(request).items())


def withdraw_release(request: PaymentRequest, decision: Decision, data: Data) -> Changed:
    post(
        Voucher.Kind.WITHDRAW,
        request.project,
        by_id(withdrawable(request).items()),
        decision=decision,
        memo=f"收回核拨 {request.project.name}：{decision.comment}",
        document=request.number,
        refers_to=request.release_voucher,
    )
    return ()


def reverse_payment(request: PaymentRequest, decision: Decision, data: Data) -> Changed:
    assert request.pay_voucher
    ledger.reverse(
        request.pay_voucher,
        key=f"decision:{decision.pk}",
        occurred_on=timezone.localdate(),
        memo=f"红字冲销 {request.pay_voucher}：{decision.comment}"[:200],
        by=decision.by,
        held=decision.post,
        decision=decision,
    )
    request.pay_voucher = None
    return ("pay_voucher",)


def project_is_approved(request: PaymentRequest) -> Refusal | None:
    """Retention money is due long after everything else is done."""
    is_late = request.kind == PaymentRequest.Kind.RETENTION and request.project.status == S.CLOSED
    return None if is_late else unapproved(request.project)


def unapproved(project: Project) -> Refusal | None:
    if project.status in APPROVED:
        return None
    return Refusal(
        f"项目“{project}”现为“{project.get_status_display()}”，"
        "未经领导小组审定或已办结，不能申请拨付",
        f"{criteria.DOCUMENT} 二(二)",
        "领导小组",
    )


def within_allocation(request: PaymentRequest) -> Refusal | None:
    """As a whole, and each source for itself: another request may have taken a source since."""
    if connection.in_atomic_block:  # two requests sent in at once wait for each other here
        Project.objects.select_for_update(of=("self",), no_key=True).get(pk=request.project_id)
    available = unreleased_by_allotment(request.project)
    left = sum(available.values(), ZERO)
    if request.amount > left:
        return Refusal(
            f"本次申请 {request.amount:,.2f} 元，"
            f"项目可申请 {left:,.2f} 元（已分配未核拨，减在途申请）",
            f"{criteria.DOCUMENT} 二(二)",
            "申请人（调减金额）或领导小组（追加分配）",
        )
    for source in request.sources.select_related("allotment"):
        there = available.get(source.allotment_id, ZERO)
        if source.amount > there:
            return Refusal(
                f"{source.allotment.document_number} 可申请 {there:,.2f} 元，"
                f"本次申请 {source.amount:,.2f} 元，须重新分摊资金来源",
                f"{criteria.DOCUMENT} 二(二)",
                "申请人（在“修改申请”中重新保存）",
            )
    return None


def no_open_payments(project: Project) -> Refusal | None:
    status = PaymentRequest.Status
    settled = (status.PAID, status.WITHDRAWN, status.CANCELLED)
    open_request = project.payments.exclude(status__in=settled).first()
    if open_request is None:
        return None
    return Refusal(
        f"拨付申请 {open_request.number} 现为“{open_request.get_status_display()}”，尚未办结",
        who_can_clear="拨付申请的办理人",
    )
