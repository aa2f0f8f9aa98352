"""Problems that were registered, and how far they are put right."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from config.demo.photos import store_sheet
from funds.models import Allotment, Voucher
from funds.services import return_to_upper_level
from organizations.models import Organization
from supervision.models import Alert, AlertRule, Finding
from supervision.services import register_finding
from tests import factories as make
from tests.cast import Cast

# What the table demands from a status on.
ASSIGNED: dict[str, Any] = {"term": "by_date", "due_on": dt.date(2099, 1, 1)}
PLANNED: dict[str, Any] = {**ASSIGNED, "measures": "补办手续"}
DONE: dict[str, Any] = {**PLANNED, "result": "已补办", "result_papers": ["0" * 64]}


def facts(**changes: Any) -> dict[str, Any]:
    return {
        "source": Finding.Source.AUDIT,
        "category": Finding.Category.OVERPAID,
        "severity": Finding.Severity.SERIOUS,
        "description": "渠道工程多计工程量，多付工程款",
        "clause": "新扶贫领字〔2018〕76号 二(二)",
        "amount": make.yuan(50_000),
        "found_on": make.today(),
        "leader_name": "冯冬",
        "leader_title": "镇长",
        "owner_name": "王秋",
        "owner_title": "扶贫专干",
        **changes,
    }


def township_unit() -> Organization:
    return Organization.objects.get(name="永宁镇人民政府")


def finding(cast: Cast, about: Any = None, *, by: str = "auditor", **changes: Any) -> Finding:
    return register_finding(
        county=cast.county, by=cast[by], unit=township_unit(), facts=facts(**changes), about=about
    )


def assign(cast: Cast, row: Finding, to_recover: int = 0, days: int = 30) -> Finding:
    due_on = make.today() + dt.timedelta(days=days)
    given = {"term": "by_date", "due_on": due_on, "to_recover": make.yuan(to_recover)}
    make.do(row, "assign", cast, "group_secretary", given)
    row.refresh_from_db()
    return row


def planned(cast: Cast, row: Finding) -> Finding:
    make.do(row, "plan", cast, "township_clerk", {"measures": "核减工程量，追回多付款项"})
    row.refresh_from_db()
    return row


def applied(cast: Cast, row: Finding) -> Finding:
    paper = store_sheet(
        f"整改报告 {uuid.uuid4()}", division=row.division, by=cast["township_clerk"]
    )
    given = {"result": "已核减并追回", "result_papers": [paper]}
    make.do(row, "apply", cast, "township_clerk", given)
    row.refresh_from_db()
    return row


def money_back(cast: Cast, amount: int, tag: Allotment | None = None) -> Voucher:
    """A sum that left the pool upward, by its document."""
    return return_to_upper_level(
        allotment=tag or make.funded_allotment(cast),
        amount=make.yuan(amount),
        occurred_on=make.today(),
        memo="追回多付工程款上缴",
        document="焉财〔2025〕9号",
        key=make.key(),
        by=cast["finance_head"],
    )


def alert(cast: Cast) -> Alert:
    """Told by a rule of which the project department is the owner."""
    project = make.draft_project(cast)
    rule = AlertRule.objects.get(code="A20")
    return Alert.objects.create(
        county=cast.county, division=project.division, rule=rule, code=rule.code, fact="x",
        level="red", subject_type=project.life(), subject_id=project.pk, subject_title="x",
        explanation="x", owner=rule.owner, due_on=make.today(),
    )  # fmt: skip
