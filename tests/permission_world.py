"""One county with something of every kind in it, for the matrix of who may open what."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from approvals.meetings import add_item
from approvals.models import CarbonCopy, Evidence, Job, Meeting
from funds.models import Allotment, Voucher
from funds.services import close_month
from organizations.models import CalendarDay, Post
from projects.models import (
    Acceptance,
    Feedback,
    Filing,
    NegativeHit,
    Project,
    Revision,
    SettlementAudit,
    VillageMeeting,
)
from publicity.models import Notice
from reports.audit import draw_up_sheet
from reports.models import AuditSheet, MonthlyReturn, ReceivedDelivery, ReceivedReturn, ReturnUnlock
from supervision.evaluating import evaluate_county
from supervision.models import Alert, Escalation
from supervision.rectifying import record_recovery
from tests import adjusting, lives
from tests import factories as make
from tests.approvals.gathering import gather, waiting_project
from tests.assets import registering, using
from tests.cast import Cast
from tests.performance import performing
from tests.reports import delivering, reporting
from tests.supervision import registering as supervising

SUBMITTED = "township_review"


@dataclass
class World:
    """The arguments of every route that takes some."""

    arguments: dict[str, dict[str, Any]] = field(default_factory=dict)

    def path_arguments(self, route: str) -> dict[str, Any]:
        return self.arguments.get(route, {})


def make_world(cast: Cast) -> World:
    submitted = make.submitted_project(cast)
    draft = make.draft_project(cast, "下岔河村渠道项目")
    unnoticed = make.noticed_project(cast)
    notice = make.run_notice(cast, make.noticed_project(cast))
    payment = make.payment_at(cast, "paid")
    waiting = make.draft_payment(cast, Project.objects.get(pk=payment.project_id), 1000)
    month = close_month(
        county=cast.county, first_day=dt.date(2025, 1, 1), by=cast["finance_reviewer"]
    )
    # One project that may be adjusted, and one that is being.
    adjusted = make.determined_project(cast, 400_000, Allotment.objects.get())
    adjustment = adjusting.draft(cast, adjusted)
    under_way = Project.objects.get(pk=payment.project_id)
    report = make.progress_report(cast, under_way)
    copy = CarbonCopy.objects.filter(user=cast["township_clerk"]).first()
    assert copy
    evidence = stored_evidence(cast)
    approved = Project.objects.get(pk=payment.project_id).plan_item
    waiting_plan = make.plan_with(cast, make.project_before_meeting(cast))
    add_item(meeting=make.meeting(cast), subject=waiting_plan, by=cast["group_secretary"])
    waiting_item = waiting_plan.items.first()
    assert waiting_item
    job = Job.objects.create(kind="test", title="任务", owner=cast["finance_clerk"])
    target = make.with_targets(cast, draft).targets.first()
    assert target
    day = CalendarDay.objects.first()
    assert day
    held = Project.objects.get(pk=payment.project_id).meeting
    assert held
    called, sitting = meetings_at_work(cast)
    item = sitting.items.get()
    ending = make.draft_project(cast, "下岔河村已建成项目")
    with transaction.atomic():
        lives.place(ending, Project.Status.ASSET_REGISTRATION, cast)
    pk = {
        "asset": registering.earlier(cast).pk,
        "ending": ending.pk,
        "allotment": Allotment.objects.get().pk,
        "voucher": Voucher.objects.get(kind="receive").pk,
        "project": submitted.pk,
        "draft": draft.pk,
        "approved": payment.project_id,
        "answering": payment.project.responsibilities.get(duty="PROJ_LEADER").pk,
        "payment": payment.pk,
        "waiting": waiting.pk,
        "paper": waiting.papers.first().pk,  # type: ignore[union-attr]
        "month": month.pk,
        "monthly": reporting.draft_return(cast).pk,
        "unlock": unlock_asked_for(cast).pk,
        "rollup": reporting.draft_roll_up(cast).pk,
        "audit_sheet": audit_sheet(cast, submitted).pk,
        "leave": delivering.unlock_asked_for(cast).pk,
        "arrived": ReceivedReturn.objects.get().pk,
        "received": ReceivedDelivery.objects.get().pk,
        "version": MonthlyReturn.objects.get().versions.get().pk,
        "hit": hit_in_village(cast).pk,
        "waiver": make.draft_waiver(cast, submitted).pk,
        "meeting": held.pk,
        "called": called.pk,
        "sitting": sitting.pk,
        "item": item.pk,
        "member": sitting.members.get().pk,
        "village_meeting": VillageMeeting.objects.first().pk,  # type: ignore[union-attr]
        "letter": Feedback.objects.earliest("pk").pk,
        "revision": Revision.objects.earliest("pk").pk,
        "acceptance": inspected(cast, submitted).pk,
        "audit": audited(cast, submitted).pk,
        "plan": approved.plan_id,
        "filing": Filing.objects.earliest("pk").pk,
        "draft_plan": make.draft_plan(cast).pk,
        "waiting_item": waiting_item.pk,
        "adjustment": adjustment.pk,
        "contract": make.contract(cast, adjusted).pk,
        "report": report.pk,
        "quality_check": make.quality_problem(cast, under_way).pk,
        "notice": notice.pk,
        "posting": notice.postings.get().pk,
        "objection": make.objection(cast).pk,
        "unnoticed": unnoticed.pk,
        "target": target.pk,
        **performing.world(cast, under_way, adjusted),
        "copy": copy.pk,
        "calendar_day": day.pk,
        "evidence": evidence.pk,
        "job": job.pk,
        "post": Post.objects.get(user=cast["township_clerk"]).pk,
        "person": cast["township_clerk"].pk,
        "delegation": make.lent_post(cast, "industry_reviewer", "farming_reviewer").pk,
    }
    pk |= assets_in_use(cast) | supervised(cast)
    arguments = arguments_by_route(pk)
    arguments["project_resolution"] = {
        "pk": payment.project_id,
        "item": held.items.get(subject_type=Project.life()).pk,
    }
    return World(arguments)


def assets_in_use(cast: Cast) -> dict[str, int]:
    """One life of each kind, and a project with an asset that is still to be handed over."""
    project = registering.awaiting(cast)
    asset = registering.registered(cast, project, 1000)
    sheet = using.handover(cast, project)
    registering.registered(cast, project, 1000, name="泵房")
    counted = using.stocktake(cast)
    plan = using.distribution(cast, asset)
    return {
        "handing": project.pk,
        "handover": sheet.pk,
        "income": using.income(cast, asset).pk,
        "distribution": plan.pk,
        "disposal": using.disposal(cast).pk,
        "stocktake": counted.pk,
        "line": counted.lines.earliest("pk").pk,
    }


def supervised(cast: Cast) -> dict[str, int]:
    """A problem that is being put right, with money that came back, overdue."""
    problem = supervising.planned(cast, supervising.assign(cast, supervising.finding(cast), 100))
    tag = make.funded_allotment(cast, 1000, number="巴财农〔2025〕66号")
    back = supervising.money_back(cast, 100, tag)
    recovery = record_recovery(
        finding=problem, voucher=back, amount=make.yuan(50), channel="上缴",
        by=cast["township_clerk"],
    )  # fmt: skip
    escalation = Escalation.objects.create(finding=problem, level=1, days_late=1)
    evaluate_county(cast.county, make.today() + dt.timedelta(days=31))
    alert = Alert.objects.filter(code="A01").earliest("pk").pk
    return {
        "alert": alert,
        "finding": problem.pk,
        "recovery": recovery.pk,
        "escalation": escalation.pk,
    }


def meetings_at_work(cast: Cast) -> tuple[Meeting, Meeting]:
    """One being prepared and one that sits, with an item on its agenda."""
    sitting = gather(cast, members=1, name="第8次会议")
    sitting.put(waiting_project(cast), [(Allotment.objects.get(), 1)])
    sitting.open()
    return gather(cast, members=1, name="第9次会议").meeting, sitting.meeting


def hit_in_village(cast: Cast) -> NegativeHit:
    """What the village answered about a text in which a word of the list stands."""
    project = make.revise_text(cast, make.draft_project(cast), content="新建库房，购置运输车辆")
    make.do(project, "record_meeting", cast, "village_cadre", make.meeting_facts(cast, project))
    return NegativeHit.objects.get()


@transaction.atomic
def inspected(cast: Cast, project: Project) -> Acceptance:
    """As if it had stood there."""
    decision = lives.decide(project, cast["project_reviewer"], "accept")
    with lives.unruled():
        return Acceptance.objects.create(
            project=project, decision=decision, accepted_on=make.today(), lead_unit="县扶贫办",
            conclusion="qualified", quality="与合同一致",
        )  # fmt: skip


@transaction.atomic
def audited(cast: Cast, project: Project) -> SettlementAudit:
    decision = lives.decide(project, cast["project_reviewer"], "verify_settlement")
    with lives.unruled():
        return SettlementAudit.objects.create(
            project=project, decision=decision, audit_unit="县审计局", report_number="1号",
            audited_on=make.today(), audited_amount=1, allocated=2, paid=1, report_file="0" * 64,
        )  # fmt: skip


@transaction.atomic
def unlock_asked_for(cast: Cast) -> ReturnUnlock:
    return reporting.asked_unlock(cast)


@transaction.atomic
def audit_sheet(cast: Cast, project: Project) -> AuditSheet:
    return draw_up_sheet(
        county=cast.county, kind="project", thing=project, audited_unit="永宁镇人民政府",
        matter="项目取证", summary="登记与现场一致", by=cast["auditor"],
    )  # fmt: skip


def stored_evidence(cast: Cast) -> Evidence:
    evidence = Evidence.objects.create(
        sha256=hashlib.sha256(b"x").hexdigest(),
        division=cast.village,
        name="照片.jpg",
        content_type="image/jpeg",
        size=1,
        uploaded_by=cast["village_cadre"],
    )
    evidence.path.parent.mkdir(parents=True, exist_ok=True)
    evidence.path.write_bytes(b"x")
    return evidence


def arguments_by_route(pk: dict[str, int]) -> dict[str, dict[str, Any]]:
    thing_of = {
        "post_accept": "post", "post_end": "post", "person_detail": "person", "post_new": "person",
        "post_lend": "post", "delegation_revoke": "delegation",
        "person_disable": "person", "person_enable": "person", "person_password": "person",
        "calendar_cancel": "calendar_day", "inbox_copy_open": "copy", "job_detail": "job",
        "job_confirm": "job", "job_result": "job",
        "evidence_download": "evidence", "allotment_detail": "allotment",
        "allotment_edit": "allotment", "allotment_return": "allotment",
        "voucher_detail": "voucher", "voucher_reverse": "voucher", "month_detail": "month",
        "monthly_detail": "monthly", "monthly_print": "monthly", "monthly_export": "monthly",
        "monthly_check": "monthly", "check_agree": "version", "version_detail": "version",
        "unlock_new": "monthly", "unlock_detail": "unlock",
        "audit_sheet_detail": "audit_sheet",
        "received_detail": "arrived", "received_unlock": "leave",
        "delivery_question": "received",
        "delivery_receipt": "received", "delivery_package": "received",
        "rollup_detail": "rollup", "rollup_export": "rollup",
        "project_detail": "project", "project_edit": "draft", "project_print": "project",
        "procedure_certificate": "project", "responsibility_print": "project",
        "responsibility_new": "approved", "responsibility_hand_over": "answering",
        "responsibility_accept": "answering",
        "adjustment_new": "approved", "adjustment_detail": "adjustment",
        "adjustment_edit": "adjustment", "adjustment_print": "adjustment",
        "contract_new": "approved", "contract_detail": "contract", "contract_edit": "contract",
        "contract_cancel": "contract", "progress_photos": "report",
        "quality_check_new": "approved", "quality_check_rectify": "quality_check",
        "payment_new": "approved", "payment_preview": "approved", "payment_detail": "payment",
        "payment_edit": "waiting", "payment_print": "payment",
        "payment_papers": "waiting", "payment_claim": "payment",
        "payment_paper_strike": "paper", "meeting_detail": "meeting",
        "meeting_edit": "sitting", "meeting_agenda": "called", "meeting_close": "sitting",
        "meeting_minutes": "meeting", "member_check_in": "member", "agenda_item": "item",
        "agenda_item_sources": "item", "agenda_item_move": "item", "agenda_item_remove": "item",
        "agenda_item_vote": "item", "agenda_item_recuse": "item",
        "asset_detail": "asset", "asset_print": "asset", "asset_edit": "asset",
        "asset_value": "asset", "asset_operation": "asset", "asset_new": "ending",
        "no_assets_new": "ending", "handover_new": "handing", "handover_detail": "handover",
        "handover_print": "handover", "income_new": "asset", "income_reverse": "income",
        "distribution_new": "asset", "distribution_edit": "distribution",
        "distribution_detail": "distribution", "distribution_notice_list": "distribution",
        "inspection_new": "asset", "stocktake_detail": "stocktake", "stocktake_count": "line",
        "disposal_new": "asset", "disposal_detail": "disposal", "disposal_notice_list": "disposal",
        "finding_detail": "finding", "finding_print": "finding",
        "finding_progress_new": "finding", "recovery_new": "finding",
        "recovery_strike": "recovery", "accountability_new": "finding",
        "transfer_new": "finding", "alert_detail": "alert", "escalation_see": "escalation",
        "notice_list": "project", "notice_detail": "notice", "notice_print": "notice",
        "posting_new": "notice", "take_down_new": "posting", "objection_new": "notice",
        "objection_detail": "objection", "target_list": "project",
        "target_new": "draft", "target_edit": "target", "target_drop": "target",
        "target_fill": "draft", "declaration_new": "approved",
        "declaration_detail": "declared", "declaration_print": "declared",
        "declaration_publish": "declared", "declaration_edit": "declaring",
        "monitoring_new": "approved", "monitoring_detail": "deviating",
        "monitoring_print": "deviating", "monitoring_edit": "monitored",
        "evaluation_new": "approved", "evaluation_detail": "evaluated",
        "evaluation_print": "evaluated", "evaluation_edit": "evaluating",
        "spot_check_new": "picked", "result_done": "use", "sample_detail": "frame",
        "sample_text": "frame", "sample_draw": "frame",
        "payment_hold_new": "deviating", "payment_hold_detail": "hold",
        "letter_print": "letter",
        "village_meeting_print": "village_meeting", "answers_print": "revision",
        "acceptance_print": "acceptance", "settlement_print": "audit",
        "filing_detail": "filing", "filing_print": "filing",
        "plan_detail": "plan", "plan_print": "plan", "plan_scheme": "plan",
        "plan_notice_list": "plan", "adjustment_notice_list": "adjustment",
        "meeting_notice_list": "meeting",
        "plan_edit": "draft_plan", "plan_items": "draft_plan", "plan_item_drop": "waiting_item",
        "project_differences": "approved", "negative_review": "hit", "waiver_new": "project",
        "waiver_detail": "waiver", "waiver_edit": "waiver",
    }  # fmt: skip
    arguments: dict[str, dict[str, Any]] = {r: {"pk": pk[t]} for r, t in thing_of.items()}
    arguments["check_waive"] = {"pk": pk["monthly"], "code": "closed"}
    arguments["alert_rule_detail"] = {"code": "A01"}
    arguments["trace"] = {"kind": "project", "pk": pk["project"]}
    arguments["audit_sheet_new"] = {"kind": "project", "pk": pk["project"]}
    arguments["act"] = {"life": "projects.project", "pk": pk["project"], "action": "endorse"}
    for page in ("office_assign", "office_ask", "office_remind"):
        arguments[page] = {"life": "projects.project", "pk": pk["draft"]}
    arguments["public_notice"] = {"check_code": Notice.objects.get(pk=pk["notice"]).check_code}
    arguments["notice_publish"] = {"pk": pk["unnoticed"], "code": "N01"}
    arguments["plan_notice_publish"] = {"pk": pk["plan"], "code": "N05"}
    arguments["meeting_notice_publish"] = {"pk": pk["meeting"], "code": "N04"}
    arguments["distribution_notice_publish"] = {"pk": pk["distribution"], "code": "N11"}
    arguments["disposal_notice_publish"] = {"pk": pk["disposal"], "code": "N14"}
    arguments["adjustment_notice_publish"] = {"pk": pk["adjustment"], "code": "N13"}
    return arguments
