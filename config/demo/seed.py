"""Makes the demonstration, once, through the same services that the pages call."""

from __future__ import annotations

from django.db import transaction

from approvals.models import Meeting
from funds.reference_data import load_fund_categories
from organizations.models import Division, Role, User
from organizations.reference_data import load_divisions, load_parameters
from projects.reference_data import load_project_types
from projects.services import record_leading_group_meeting

from .days import days_ago
from .library import plans
from .money import record_money
from .people import HEJING, YANQI, Staff, appoint_everybody, demo_logins
from .story import Scene, tell


def is_seeded() -> bool:
    return User.objects.filter(username=demo_logins()[0]["username"]).exists()


def seed() -> int:
    """The number of projects made. All or nothing but for the reference data, which stays."""
    load_divisions()
    load_parameters()
    load_fund_categories()
    load_project_types()
    with transaction.atomic():
        scene = set_the_scene()
        return len([tell(scene, plan) for plan in plans()])


def set_the_scene() -> Scene:
    staff = appoint_everybody()
    codes = {YANQI, HEJING, *(code for plan in plans() for code in (plan.division, *plan.places))}
    divisions = {d.code: d for d in Division.objects.filter(code__in=codes)}
    return Scene(
        staff=staff,
        divisions=divisions,
        tags=record_money(divisions, staff),
        meetings={
            YANQI: hold_meeting(divisions[YANQI], staff, "焉扶领纪"),
            HEJING: hold_meeting(divisions[HEJING], staff, "静扶领纪"),
        },
    )


def hold_meeting(county: Division, staff: Staff, series: str) -> Meeting:
    held_on = days_ago(2)
    return record_leading_group_meeting(
        county=county,
        by=staff.of(Role.GROUP_SECRETARY, county),
        facts={
            "name": f"{held_on.year}年第3次会议",
            "minutes_document": f"{series}〔{held_on.year}〕3号",
            "held_on": held_on,
            "chair": staff.of(Role.GROUP_MEMBER, county).real_name,
            "members_due": 11,
            "members_present": 10,
            "agenda": "审定财政衔接推进乡村振兴补助资金项目和资金分配方案",
        },
    )
