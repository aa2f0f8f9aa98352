"""结算审定: the audited final amount, signed by the department and then by finance, and what was
allocated above it back in the pool. Retention money lies within the audited amount."""

from __future__ import annotations

from decimal import Decimal

from approvals.models import Decision
from funds import ledger
from funds.models import Allotment, Voucher
from organizations.policies import Refusal, Refused

from .effects import Changed, Data, by_id, post, total
from .models import Project, Settlement, SettlementAudit
from .queries import ZERO, Figures, figures_by_source, figures_total


def figures_of(project: Project) -> Figures:
    return figures_total(figures_by_source(project).values())


def is_terminated(project: Project) -> bool:
    return Decision.objects.about(project.life(), project.pk).filter(action="terminate").exists()


def latest_audit(project: Project) -> SettlementAudit | None:
    return project.settlementaudits.select_related("decision").first()


def refuse_audited(project: Project, audited: Decimal) -> Refusal | None:
    """Why this can not be the audited amount: above what is allocated, or of a terminated project
    not what was paid. A proof in the database holds the same."""
    figures = figures_of(project)
    if audited > figures.allocated:
        return Refusal(
            f"决算审定额超过已分配的 {figures.allocated:,.2f} 元，超出部分须先走项目调整",
            who_can_clear="领导小组（追加分配）",
        )
    if is_terminated(project) and audited != figures.paid:
        return Refusal(
            f"项目已终止，审定额为已支付的 {figures.paid:,.2f} 元",
            who_can_clear="办理人（改正审定额）",
        )
    return None


def surplus_by_source(project: Project, audited: Decimal) -> list[tuple[Allotment, Decimal]]:
    """What was allocated above the audited amount, taken from the newest allotment first."""
    figures = figures_by_source(project)
    surplus = sum((f.allocated for f in figures.values()), ZERO) - audited
    sources = []
    for allotment, figure in reversed(figures.items()):
        share = min(surplus, figure.unreleased)
        if share > 0:
            sources.append((allotment, share))
            surplus -= share
    if surplus > 0:
        raise ledger.LedgerRefused(
            "YC010", f"已核拨的资金超过决算审定额，须先退回并收回核拨 {surplus:,.2f} 元，再核定决算"
        )
    return sources


def verify_settlement(project: Project, decision: Decision, data: Data) -> Changed:
    """主管部门核定: the first signature."""
    refusal = refuse_audited(project, data["audited_amount"])
    if refusal:
        raise Refused(refusal.reason, who_can_clear=refusal.who_can_clear)
    surplus_by_source(project, data["audited_amount"])
    figures = figures_of(project)
    SettlementAudit.objects.create(
        project=project,
        decision=decision,
        audit_unit=data["audit_unit"],
        report_number=data["report_number"],
        audited_on=data["audited_on"],
        audited_amount=data["audited_amount"],
        allocated=figures.allocated,
        paid=figures.paid,
        report_file=data["report_file"][0],
    )
    return ()


def audit_to_sign(project: Project) -> SettlementAudit:
    audit = latest_audit(project)
    if audit is None:
        raise Refused("主管部门还没有核定决算", who_can_clear="主管部门审核（核定决算）")
    return audit


def surplus_amount(project: Project, data: Data) -> Decimal:
    return total(surplus_by_source(project, audit_to_sign(project).audited_amount))


def settle(project: Project, decision: Decision, data: Data) -> Changed:
    """财政会签: the second signature, and the surplus back to the pool under its tag."""
    audit = audit_to_sign(project)
    sources = surplus_by_source(project, audit.audited_amount)
    Settlement.objects.create(
        project=project,
        decision=decision,
        audit=audit,
        audited_on=audit.audited_on,
        report_number=audit.report_number,
        audited_amount=audit.audited_amount,
        surplus=total(sources),
    )
    if sources:
        post(
            Voucher.Kind.RECOVER,
            project,
            by_id(sources),
            decision=decision,
            memo=f"收回结余 {project.name}",
            document=audit.report_number,
        )
    return ()
