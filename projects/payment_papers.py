"""报账材料: what a kind of payment asks for, what a request has of it, and what stands in the way
of sending it in. The trigger and the proofs in the database hold the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone

from approvals.models import Decision, Evidence
from approvals.workflow import Criterion
from organizations.policies import Refusal

from .models import PaymentPaper, PaymentPaperRule, PaymentRequest, Project
from .models.payment_papers import ACCEPTANCE, CONTRACT, INVOICE
from .payment_caps import accepted_on, claims

# What comes of a contract is not older than it.
AFTER_CONTRACT = (INVOICE, "measurement", "commencement", "supervision", ACCEPTANCE)
AFTER_ACCEPTANCE = (PaymentRequest.Kind.FINAL, PaymentRequest.Kind.RETENTION)
SEEN, DOUBTED = "已核对", "有疑问"
ZERO = Decimal(0)


@dataclass(frozen=True)
class PaperLine:
    """A paper with its file, where it has one that is not kept on paper."""

    paper: PaymentPaper
    file: Evidence | None


@dataclass(frozen=True)
class ChecklistLine:
    """One row of the checklist; `lines` are what the request has of it."""

    rule: PaymentPaperRule
    lines: Sequence[PaperLine]

    @property
    def rows(self) -> list[PaymentPaper]:
        return [line.paper for line in self.lines]

    @property
    def is_lacking(self) -> bool:
        return self.rule.is_required and not self.lines


def asked_on(request: PaymentRequest) -> dt.date:
    """申请日: the day on which it was last sent in, today for one that was not."""
    sent = Decision.objects.about(request.life(), request.pk).filter(action="submit").last()
    if sent is None or request.status == PaymentRequest.Status.DRAFT:
        return timezone.localdate()
    return timezone.localdate(sent.at)


def rules_for(request: PaymentRequest) -> list[PaymentPaperRule]:
    return list(PaymentPaperRule.objects.asked_for(request.kind, asked_on(request)))


def standing_papers(request: PaymentRequest) -> list[PaymentPaper]:
    return list(request.papers.standing().select_related("rule"))


def paper_lines(request: PaymentRequest) -> list[PaperLine]:
    papers = standing_papers(request)
    files = Evidence.objects.filter(
        division=request.division_id, sha256__in=[paper.sha256 for paper in papers]
    )
    by_hash = {file.sha256: file for file in files}
    return [PaperLine(paper, by_hash.get(paper.sha256)) for paper in papers]


def checklist(request: PaymentRequest) -> list[ChecklistLine]:
    """Every paper of the request's kind in its order; then what came before the kind changed."""
    lines, rules = paper_lines(request), rules_for(request)
    rows = [
        ChecklistLine(rule, [line for line in lines if line.paper.rule.code == rule.code])
        for rule in rules
    ]
    known = {rule.code for rule in rules}
    others = [line for line in lines if line.paper.rule.code not in known]
    return [*rows, *(ChecklistLine(line.paper.rule, [line]) for line in others)]


def files_of(request: PaymentRequest) -> list[str]:
    """The SHA-256 of every file, for the voucher that rests on them."""
    hashes = request.papers.standing().exclude(sha256="").values_list("sha256", flat=True)
    return list(dict.fromkeys(hashes))


def refuse_lacking(request: PaymentRequest) -> Refusal | None:
    """Which required papers are missing, each by its name."""
    there = {paper.rule.code for paper in standing_papers(request)}
    lacking = [
        rule.name for rule in rules_for(request) if rule.is_required and rule.code not in there
    ]
    if not lacking:
        return None
    return Refusal(
        f"{request.get_kind_display()}缺少应附材料：{'、'.join(lacking)}",
        who_can_clear="申请人（在“报账材料”中补齐）",
        url=reverse("payment_papers", args=(request.pk,)),
    )


def refuse_disorder(request: PaymentRequest) -> Refusal | None:
    """合同日 ≤ 票据日、验收日 ≤ 申请日."""
    papers, day = standing_papers(request), asked_on(request)
    for paper in papers:
        reason = why_out_of_order(paper.rule.code, paper.dated_on, papers, day)
        if reason:
            return Refusal(
                f"“{paper}”{reason}",
                who_can_clear="申请人（划去后重新登记）",
                url=reverse("payment_papers", args=(request.pk,)),
            )
    return None


def why_out_of_order(
    code: str, dated_on: dt.date, papers: Sequence[PaymentPaper], asked: dt.date
) -> str:
    """Why a paper of this date does not fit beside the others; empty when it does."""
    if dated_on > asked:
        return f"日期 {dated_on} 晚于申请日 {asked}"
    contracts = [paper.dated_on for paper in papers if paper.rule.code == CONTRACT]
    if code in AFTER_CONTRACT and contracts and dated_on < min(contracts):
        return f"日期 {dated_on} 早于合同日期 {min(contracts)}"
    later = [paper for paper in papers if paper.rule.code in AFTER_CONTRACT]
    first = min(later, key=lambda paper: paper.dated_on, default=None)
    if code == CONTRACT and first and not contracts and first.dated_on < dated_on:
        return f"日期 {dated_on} 晚于“{first}”的日期 {first.dated_on}"
    return ""


def refuse_other_day(request: PaymentRequest) -> Refusal | None:
    """验收表 bears the day that the county recorded. The database holds the same."""
    for paper in standing_papers(request):
        reason = why_another_day(request, paper.rule.code, paper.dated_on)
        if reason:
            return Refusal(
                f"“{paper}”{reason}",
                who_can_clear="申请人（划去后重新登记）",
                url=reverse("payment_papers", args=(request.pk,)),
            )
    return None


def why_another_day(request: PaymentRequest, code: str, dated_on: dt.date) -> str:
    """Why the paper of the acceptance of a last payment does not agree with what was recorded;
    empty when it does, or nothing was."""
    if code != ACCEPTANCE or request.kind not in AFTER_ACCEPTANCE:
        return ""
    recorded = accepted_on(request.project)
    if recorded is None or recorded == dated_on:
        return ""
    return f"日期 {dated_on} 与县级验收登记的日期 {recorded} 不符"


def refuse_invoices(request: PaymentRequest) -> Refusal | None:
    """Where invoices are asked for, they cover what is asked."""
    needs = any(rule.code == INVOICE and rule.is_required for rule in rules_for(request))
    total = invoiced(standing_papers(request))
    if not needs or total >= request.amount:
        return None
    return Refusal(
        f"发票合计 {total:,.2f} 元，少于本次申请 {request.amount:,.2f} 元，"
        f"差 {request.amount - total:,.2f} 元",
        who_can_clear="申请人（补登发票或调减申请金额）",
        url=reverse("payment_papers", args=(request.pk,)),
    )


def invoiced(papers: Sequence[PaymentPaper]) -> Decimal:
    return sum((p.amount or ZERO for p in papers if p.rule.code == INVOICE), ZERO)


def invoice_used(
    project: Project, number: str, *, by: PaymentRequest, own_papers: bool = False
) -> PaymentRequest | None:
    """The request of a project that an invoice number stands in already, beside the one that it
    is wanted `by`; with `own_papers` also among that one's papers. Where nothing is paid for it
    any more it is free again."""
    live = project.payments.exclude(status=PaymentRequest.Status.CANCELLED)
    withdrawn = claims(live.filter(status=PaymentRequest.Status.WITHDRAWN))
    live = live.exclude(pk__in=[pk for pk, paid in withdrawn.items() if not paid])
    others = live.exclude(pk=by.pk)
    papers = PaymentPaper.objects.invoices().filter(number=number)
    papers = papers.filter(request__in=live if own_papers else others).select_related("request")
    paper = papers.first()
    return paper.request if paper else others.filter(invoice_number=number).first()


def papers_to_see(request: Any) -> tuple[Criterion, ...]:
    """A question for each paper: the reviewer says that he has looked at it."""
    return tuple(
        Criterion(
            paper.criterion_code,
            f"{paper}（{paper.dated_on}）",
            hint="纸质件，按编号调阅" if paper.rule.on_paper else "",
            pass_label=SEEN,
            fail_label=DOUBTED,
        )
        for paper in standing_papers(request)
    )
