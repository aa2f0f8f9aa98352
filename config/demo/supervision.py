"""What the rules find in the demonstration, and one problem that the audit makes of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils import timezone

from approvals.workflow import workflow_of
from organizations.models import Division, Organization, Role
from supervision.evaluating import evaluate_county
from supervision.models import Alert, Finding
from supervision.services import register_finding

from .people import Staff


def watch_over(counties: list[Division], staff: Staff) -> None:
    for county in counties:
        evaluate_county(county)
    county = counties[0]
    alert = Alert.objects.filter(county=county, level="red").order_by("pk").first()
    department = Organization.objects.get(
        division=county, kind=Organization.Kind.PROJECT_DEPARTMENT
    )
    finding = register_finding(
        county=county,
        by=staff.of(Role.AUDITOR, county),
        unit=department,
        facts={
            "source": Finding.Source.MONITORING,
            "category": Finding.Category.IDLE_MONEY,
            "severity": Finding.Severity.SERIOUS,
            "description": alert.explanation if alert else "资金长期未分配到项目",
            "clause": "新扶贫领字〔2018〕76号 二(二)",
            "amount": Decimal("120000.00"),
            "found_on": timezone.localdate(),
            "leader_name": staff.of(Role.PROJECT_REVIEWER, county).real_name,
            "leader_title": "主任",
            "owner_name": staff.of(Role.PROJECT_CLERK, county).real_name,
            "owner_title": "项目股长",
        },
        alert=alert,
    )
    due_on = timezone.localdate() + dt.timedelta(days=30)
    workflow_of(finding).perform(
        finding, "assign", by=staff.of(Role.GROUP_SECRETARY, county),
        data={"term": "by_date", "due_on": due_on, "to_recover": Decimal(0)},
    )  # fmt: skip
