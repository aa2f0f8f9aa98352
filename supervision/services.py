from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from approvals.workflow import workflow_of
from organizations.models import Division, Organization, User
from organizations.policies import Refused, demand
from projects.policies import raise_if

from .models import RECTIFIERS, Alert, Finding
from .policies import (
    REGISTRARS,
    division_of,
    refuse_day_ahead,
    refuse_unit,
    report_due,
    reviewer_for,
)
from .subjects import number_of, place_of


@transaction.atomic
def register_finding(
    *,
    county: Division,
    by: User,
    unit: Organization,
    facts: Mapping[str, Any],
    about: Any = None,
    alert: Alert | None = None,
) -> Finding:
    """A problem with the three levels of those who answer for it. `facts` are the model's fields,
    `about` the thing that it concerns. Numbers run without a gap in a county and year, given with
    the county's row locked. `alert` is what it was found by, and ends with it. Raises Refused."""
    post = demand(by, REGISTRARS, county)
    place = place_of(about) if about else unit.division
    raise_if(refuse_unit(unit, place) or refuse_day_ahead(facts["found_on"]))
    if not county.contains(place):
        raise Refused(f"{place}不在{county}", who_can_clear="登记人（改选县或事项）")
    finding = Finding(
        county=county,
        division=division_of(unit, place),
        year=timezone.localdate().year,
        responsible_unit=unit,
        rectifier=RECTIFIERS[unit.kind],
        reviewer=reviewer_for(post),
        report_due_on=report_due(facts["found_on"]),
        registered_by=by,
        **{"found_unit": post.organization.name, "found_by": by.real_name, **facts},
    )
    if about:
        finding.subject_type, finding.subject_id = about._meta.label_lower, about.pk
        finding.subject_title = f"{number_of(about)} {about}"[:160]
    number(finding)
    finding.full_clean()
    finding.save(force_insert=True)
    if alert:
        workflow_of(alert).perform(alert, "convert", by=by, data={"finding": finding})
    return finding


def number(finding: Finding) -> None:
    county = Division.objects.select_for_update(no_key=True).get(pk=finding.county_id)
    given = Finding.objects.filter(county=county, year=finding.year).order_by("-sequence")
    finding.sequence = (given.values_list("sequence", flat=True).first() or 0) + 1
    finding.number = f"{county.code[:6]}-{finding.year}-WT-{finding.sequence:04d}"
