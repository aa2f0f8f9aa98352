"""Makes the demonstration, once, through the same services that the pages call."""

from __future__ import annotations

from django.db import transaction

from assets.reference_data import load_asset_data
from funds.reference_data import load_fund_categories
from organizations.models import Division, User
from organizations.reference_data import load_divisions, load_parameters, load_workdays
from performance.reference_data import load_indicators
from projects.reference_data import (
    load_negative_rules,
    load_payment_papers,
    load_procurement_ways,
    load_project_types,
    load_type_bureaux,
)
from publicity.reference_data import load_notice_types
from supervision.reference_data import load_alert_rules

from .adjustments import ask_for_changes
from .assets import EARLIER, record_earlier_years
from .assets_in_use import use_assets
from .bank import bring_bank_sheet, try_what_is_refused
from .library import plans
from .meeting import begin_next_meeting, hold_meeting
from .money import record_money
from .people import HEJING, YANQI, appoint_everybody, demo_logins
from .performances import evaluate_finished, watch_targets
from .plan import draw_up_next
from .responsibilities import name_everybody
from .returns import report_months
from .story import Scene, begin, finish
from .supervision import watch_over


def is_seeded() -> bool:
    return User.objects.filter(username=demo_logins()[0]["username"]).exists()


def seed() -> int:
    """The number of projects made. All or nothing but for the reference data, which stays."""
    load_divisions()
    load_parameters()
    load_workdays()
    load_fund_categories()
    load_project_types()
    load_type_bureaux()
    load_procurement_ways()
    load_notice_types()
    load_asset_data()
    load_alert_rules()
    load_indicators()
    load_negative_rules()
    load_payment_papers()
    with transaction.atomic():
        scene = set_the_scene()
        stories = [begin(scene, plan) for plan in plans()]
        for code in (YANQI, HEJING):
            hold_meeting([story for story in stories if story.plan.county == code])
        finished = [finish(story) for story in stories]
        record_earlier_years(scene)
        use_assets(scene)
        watch_targets([story for story in stories if story.plan.county == YANQI])
        ask_for_changes(stories)
        ours = [story for story in stories if story.plan.county == YANQI]
        draw_up_next(ours)
        begin_next_meeting(ours)
        bring_bank_sheet(scene.divisions[YANQI], scene.staff)
        try_what_is_refused(scene.divisions[YANQI], scene.staff)
        name_everybody(ours)
        evaluate_finished(ours)
        report_months(scene.divisions[YANQI], scene.divisions[HEJING], scene.staff)
        watch_over([scene.divisions[YANQI], scene.divisions[HEJING]], scene.staff)
        return len(finished)


def set_the_scene() -> Scene:
    staff = appoint_everybody()
    codes = {YANQI, HEJING, *(code for plan in plans() for code in (plan.division, *plan.places))}
    codes |= {row[2] for row in EARLIER}
    divisions = {d.code: d for d in Division.objects.filter(code__in=codes)}
    return Scene(
        staff=staff,
        divisions=divisions,
        tags=record_money(divisions, staff),
    )
