from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from approvals.models import Decision, Subject
from projects.models import PaymentRequest, Project
from projects.responsible import Named, answering

from .models import Finding
from .models.findings import FindingQuerySet
from .subjects import PAYMENT, PROJECT, find_visible, project_of

READ = ("county", "division__parent", "responsible_unit", "allotment", "registered_by", "alert")


def with_recovered(findings: FindingQuerySet) -> Any:
    """`recovered`: yuan that came back, by vouchers that stand."""
    standing = Q(recoveries__struck_at__isnull=True, recoveries__voucher__reversal__isnull=True)
    total = Sum("recoveries__amount", filter=standing)
    return findings.annotate(recovered=Coalesce(total, Decimal(0)))


def findings_about(subject: Subject) -> FindingQuerySet:
    """Of a project also what concerns its payments."""
    about = Q(subject_type=subject.life(), subject_id=subject.pk)
    if isinstance(subject, Project):
        payments = PaymentRequest.objects.filter(project=subject).values("pk")
        about |= Q(subject_type=PAYMENT, subject_id__in=payments)
    return Finding.objects.filter(about).select_related("responsible_unit").order_by("pk")


def findings_naming(name: str, unit: str = "") -> FindingQuerySet:
    """For life: every problem that names a person as leader or owner, of the unit where given."""
    rows = Finding.objects.filter(Q(leader_name=name) | Q(owner_name=name))
    if unit:
        rows = rows.filter(responsible_unit__name=unit)
    return rows.select_related("responsible_unit").order_by("pk")


def traced_back(finding: Finding, user: Any) -> list[Named]:
    """倒查: who answered for the project that it concerns on the day it was found."""
    if not finding.subject_type:
        return []
    about = find_visible(finding.subject_type, finding.subject_id, user)
    project = project_of(about) if about else None
    if project is None or project._meta.label_lower != PROJECT:
        return []
    return answering(project, finding.found_on)


def reviews_of(findings: Iterable[Finding]) -> dict[int, Decision]:
    """The last word of whoever looked at the result, by finding, in one query."""
    rows = Decision.objects.filter(
        subject_type=Finding.life(),
        subject_id__in=[finding.pk for finding in findings],
        action__in=("close", "return"),
    )
    return {row.subject_id: row for row in rows.order_by("pk")}
