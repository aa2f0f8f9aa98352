"""What is written down while a problem is put right, and what came of it for people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from funds.models import Voucher
from organizations.models import User
from organizations.policies import demand
from projects.policies import raise_if

from .models import Accountability, Finding, FindingProgress, Recovery, Transfer
from .policies import (
    INQUISITORS,
    UNIT_ROLES,
    refuse_day_ahead,
    refuse_inquiring,
    refuse_rectifying,
    refuse_striking,
    refuse_voucher,
)


def locked(finding: Finding) -> Finding:
    rows = Finding.objects.select_related("division", "responsible_unit")
    return rows.select_for_update(of=("self",)).get(pk=finding.pk)


@transaction.atomic
def note_progress(
    *, finding: Finding, text: str, papers: Sequence[str], by: User
) -> FindingProgress:
    demand(by, UNIT_ROLES, finding.division)
    finding = locked(finding)
    raise_if(refuse_rectifying(finding, by))
    row = FindingProgress(finding=finding, text=text, papers=list(papers), recorded_by=by)
    row.full_clean()
    row.save(force_insert=True)
    return row


@transaction.atomic
def record_recovery(
    *, finding: Finding, voucher: Voucher, amount: Decimal, channel: str, by: User
) -> Recovery:
    """`amount` yuan of the voucher came back for this problem; never more than it asks for, nor
    more than the voucher holds over all problems. The voucher's county is locked."""
    demand(by, UNIT_ROLES, finding.division)
    finding = locked(finding)
    raise_if(refuse_rectifying(finding, by) or refuse_voucher(finding, voucher, amount))
    row = Recovery(finding=finding, voucher=voucher, amount=amount, channel=channel, recorded_by=by)
    row.full_clean()
    row.save(force_insert=True)
    return row


@transaction.atomic
def strike_recovery(*, recovery: Recovery, reason: str, by: User) -> Recovery:
    """划销 of a row that was wrong; it stays to be seen."""
    demand(by, UNIT_ROLES, recovery.finding.division)
    locked(recovery.finding)
    row = Recovery.objects.select_related("finding__responsible_unit").get(pk=recovery.pk)
    raise_if(refuse_striking(row, by))
    row.struck_by, row.struck_at, row.strike_reason = by, timezone.now(), reason.strip()
    row.full_clean()
    row.save(update_fields=["struck_by", "struck_at", "strike_reason"])
    return row


@transaction.atomic
def record_accountability(
    *, finding: Finding, name: str, unit: str, title: str, way: str, document: str,
    decided_on: dt.date, by: User,
) -> Accountability:  # fmt: skip
    demand(by, INQUISITORS, finding.division)
    finding = locked(finding)
    raise_if(refuse_inquiring(finding, by) or refuse_day_ahead(decided_on))
    row = Accountability(
        finding=finding, name=name, unit=unit, title=title, way=way, document=document,
        decided_on=decided_on, recorded_by=by,
    )  # fmt: skip
    row.full_clean()
    row.save(force_insert=True)
    return row


@transaction.atomic
def record_transfer(
    *, finding: Finding, organ: str, document: str, transferred_on: dt.date, by: User
) -> Transfer:
    demand(by, INQUISITORS, finding.division)
    finding = locked(finding)
    raise_if(refuse_inquiring(finding, by) or refuse_day_ahead(transferred_on))
    row = Transfer(
        finding=finding, organ=organ, document=document, transferred_on=transferred_on,
        recorded_by=by,
    )  # fmt: skip
    row.full_clean()
    row.save(force_insert=True)
    return row
