"""Contracts with retention money, and projects that were accepted some time ago."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import transaction

from approvals.models import Decision
from organizations.models import User
from projects.contracts import amend_contract
from projects.models import Acceptance, Contract, PaymentRequest, Project, Settlement
from projects.services import apply_for_payment
from tests import factories as make
from tests.cast import Cast
from tests.lives import decide, place, unruled

K = PaymentRequest.Kind


def under_way(cast: Cast) -> Project:
    """Without a contract and without money."""
    project = make.draft_project(cast)
    place(project, Project.Status.IMPLEMENTATION, cast)
    return project


def contracted(cast: Cast, **changes: Any) -> Contract:
    """Of 500,000 yuan, of which 3% are held back for a year."""
    contract = make.approved_project(cast).contracts.get()
    facts = {"retention_percent": Decimal(3), **changes}
    return amend_contract(
        contract=contract, by=cast["project_clerk"], facts=facts, reason="按合同更正"
    )


def ask(cast: Cast, project: Project, kind: str, amount: str | int) -> PaymentRequest:
    """A draft, with its papers."""
    facts = {**make.payment_facts(amount), "kind": kind}
    request = apply_for_payment(project=project, by=cast["township_clerk"], facts=facts)
    return make.with_papers(cast, request)


def accept(cast: Cast, project: Project, on: dt.date, status: str = "settlement") -> None:
    """As if the county had accepted it on that day."""
    decision = arranged(project, cast["project_reviewer"], "accept")
    with transaction.atomic(), unruled():
        Acceptance.objects.create(
            project=project, decision=decision, accepted_on=on, lead_unit="扶贫办",
            number=project.acceptances.count() + 1,
            conclusion=Acceptance.Conclusion.QUALIFIED, quality="与合同一致",
        )  # fmt: skip
    with transaction.atomic():
        place(project, status, cast)


def settle(cast: Cast, project: Project, audited: int) -> None:
    decision = arranged(project, cast["finance_reviewer"], "settle")
    with transaction.atomic(), unruled():
        Settlement.objects.create(
            project=project, decision=decision, audited_on=make.today(), report_number="审1号",
            audited_amount=make.yuan(audited), surplus=0,
        )  # fmt: skip


def arranged(project: Project, by: User, action: str) -> Decision:
    with transaction.atomic():
        return decide(project, by, action, action=action)
