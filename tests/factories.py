"""One factory per state, each reached by the steps that people take."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone

from approvals.evidence import claim_photos
from approvals.meetings import add_item, call_meeting, cast_vote, check_in, close_meeting
from approvals.models import AgendaItem, Evidence, Meeting, Subject
from approvals.workflow import Opinions, Transition, workflow_of
from assets.models import Disposal, Distribution
from config.demo.photos import store_photo, store_sheet
from funds.models import Allotment, FundCategory, Voucher
from funds.services import record_allotment, record_receipt
from organizations.credit_codes import check_character
from organizations.delegations import lend_post
from organizations.models import Delegation, Division, Organization, User
from performance.models import Declaration, Operator
from performance.targets import Wanted, fill_from_library, library_of, set_target
from projects.contracts import record_contract
from projects.forms.steps import opinions_on
from projects.meetings import set_item_sources
from projects.models import (
    Adjustment,
    AnnualPlan,
    Commencement,
    Contract,
    Filing,
    FilingReceipt,
    NegativeWaiver,
    PaymentPaperRule,
    PaymentRequest,
    ProcurementWay,
    ProgressReport,
    Project,
    ProjectType,
    QualityCheck,
)
from projects.models.payment_papers import ACCEPTANCE, CONTRACT
from projects.negative import rules_in_force
from projects.payment_caps import accepted_on
from projects.payment_papers import rules_for
from projects.plans import draw_up_plan, set_plan_projects
from projects.progress import record_quality_check, record_start, report_progress
from projects.services import apply_for_payment, attach_paper, propose_project, revise_project
from projects.versions import read_differences
from projects.waivers import propose_waiver
from publicity.composers import compose
from publicity.models import Notice, Objection, Posting
from publicity.period import last_day
from publicity.queries import subject_of, type_in_force
from publicity.services import register_objection, write_version
from tests.cast import Cast
from tests.walked import walked

S = Project.Status
# Of the library of indicators: its core, and one of cost.
TAKEN = ("T-QUA-01", "T-TIM-01", "T-CST-01", "T-SOC-02", "T-SAT-02")


def yuan(text: str | int) -> Decimal:
    return Decimal(text).quantize(Decimal("0.01"))


def today() -> dt.date:
    return timezone.localdate()


def lent_post(cast: Cast, holder: str, delegate: str, days: int = 10) -> Delegation:
    """From today on."""
    return lend_post(
        post=cast.post(holder),
        delegate=cast[delegate],
        valid_from=today(),
        valid_until=today() + dt.timedelta(days=days - 1),
        reason="外出培训",
        by=cast[holder],
    )


def key() -> str:
    return str(uuid.uuid4())


def good_answers(step: Transition, subject: Subject) -> list[dict[str, str]]:
    """Every question passed, with words where words are due."""
    return [
        {"code": c.code, "result": "pass", "text": "经核对不涉及" if c.needs_words else ""}
        for c in step.questions(subject)
    ]


def do(
    subject: Subject,
    action: str,
    cast: Cast,
    who: str,
    data: Mapping[str, Any] | None = None,
    comment: str = "情况属实，同意。",
) -> None:
    """Take a step as one of the cast, with every question answered well."""
    workflow = workflow_of(subject)
    step = workflow.find(action, subject.status)
    opinions: Opinions = good_answers(step, subject) if step else []
    workflow.perform(subject, action, by=cast[who], comment=comment, opinions=opinions, data=data)


def allotment(
    cast: Cast,
    amount: str | int = 1_000_000,
    number: str = "巴财农〔2025〕11号",
    who: str = "finance_clerk",
    county: Division | None = None,
    code: str = "ZX-FZ",
) -> Allotment:
    return record_allotment(
        county=county or cast.county,
        by=cast[who],
        facts={
            "document_number": number,
            "level": "L1",
            "category": FundCategory.objects.in_force().get(code=code),
            "fund_year": 2025,
            "issued_on": dt.date(2025, 3, 1),
            "amount": yuan(amount),
        },
    )


def receipt(cast: Cast, tag: Allotment, amount: str | int, who: str = "finance_clerk") -> Voucher:
    return record_receipt(
        allotment=tag,
        amount=yuan(amount),
        occurred_on=today(),
        memo="到账",
        key=key(),
        by=cast[who],
    )


def funded_allotment(cast: Cast, amount: str | int = 1_000_000, **kwargs: Any) -> Allotment:
    """All of it received. The second and later ones have document numbers of their own."""
    if earlier := Allotment.objects.filter(county=kwargs.get("county") or cast.county).count():
        kwargs.setdefault("number", f"巴财农〔2025〕{200 + earlier}号")
    tag = allotment(cast, amount, **kwargs)
    receipt(cast, tag, amount)
    return tag


def project_facts(cast: Cast, name: str = "下岔河村库房建设项目") -> dict[str, Any]:
    return {
        "name": name,
        "year": 2025,
        "type": ProjectType.objects.in_force().get(code="B0103"),
        "department": Organization.objects.get(name="焉耆县扶贫开发办公室"),
        "implementing_unit": "永宁镇人民政府",
        "leader_name": "杨岳",
        "leader_title": "副县长",
        "owner_name": "冯冬",
        "owner_title": "镇长",
        "planned_start": dt.date(2025, 4, 1),
        "planned_end": dt.date(2025, 11, 30),
        "content": "新建库房一座，480平方米",
        "total_investment": yuan(500_000),
        "requested_amount": yuan(500_000),
        "villages_covered": 1,
        "households": 120,
        "people": 430,
        "poor_households": 31,
        "poor_people": 110,
        "linkages": [Project.Linkage.DIVIDEND],
        "causes": "缺少产业设施",
        "resources": "耕地2300亩",
        "funding": "财政资金",
        "needs": "仓储不足",
    }


def draft_project(cast: Cast, name: str = "") -> Project:
    """Each with a name of its own, as a village may not propose one twice in a year."""
    name = name or f"下岔河村库房建设项目（第{Project.objects.count() + 1}期）"
    return propose_project(
        division=cast.village,
        by=cast["village_cadre"],
        facts=project_facts(cast, name),
        places=[cast.village],
        work_items=[
            {"name": "库房", "unit": "平方米", "quantity": Decimal(480), "unit_price": yuan(1000)}
        ],
    )


def meeting_facts(cast: Cast, project: Project) -> dict[str, Any]:
    """With papers of this project's own."""
    by, tag = cast["village_cadre"], str(uuid.uuid4())
    return {
        **MEETING,
        "held_on": today(),
        "minutes_file": [store_sheet(f"纪要 {tag}", division=project.division, by=by)],
        "photos": [store_photo(f"会场 {tag}", division=project.division, by=by)],
    }


MEETING = {
    "due": 45,
    "present": 40,
    "in_favour": 38,
    "chair": "吴春",
    "minutes": "讨论并表决",
    "proposal": "同意申报",
}


NOTICE_AT: dict[tuple[str, str], str] = {
    (Project.life(), S.VILLAGE_NOTICE): "N01",
    (Project.life(), S.REVISION_NOTICE): "N02",
    (Project.life(), S.SECOND_APPRAISAL): "N03",
    (Project.life(), S.JOINT_REVIEW): "N03",
    (Adjustment.life(), Adjustment.Status.VILLAGE_NOTICE): "N13",
    (Distribution.life(), Distribution.Status.NOTICE): "N11",
    (Disposal.life(), Disposal.Status.NOTICE): "N14",
}


def run_notice(cast: Cast, subject: Subject) -> Notice:
    """A notice that was published and posted twenty days ago, so that its period is over."""
    subject = type(subject)._default_manager.get(pk=subject.pk)
    code = NOTICE_AT[subject.life(), subject.status]
    rule, lines = type_in_force(code), compose(code, subject)
    at = timezone.now() - dt.timedelta(days=20)
    notice = write_version(subject, rule, lines, by=cast["village_cadre"], at=at)
    hang(cast, notice, timezone.localdate(at))
    return notice


def hang(cast: Cast, notice: Notice, posted_on: dt.date, place: str = "村委会公示栏") -> Posting:
    """A posting with its two photos, which are rows here without files."""
    near, far = (hashlib.sha256(key().encode()).hexdigest() for _ in range(2))
    shown_for = f"公示 {notice.number} 第{notice.version}版 {place}"
    for sha256 in (near, far):
        Evidence.objects.create(
            sha256=sha256, division=notice.division, name="照片.png", content_type="image/png",
            size=1, uploaded_by=cast.users["village_cadre"],
        )  # fmt: skip
    claim_photos(
        (near, far), subject=subject_of(notice), shown_for=shown_for, by=cast.users["village_cadre"]
    )
    return Posting.objects.create(
        notice=notice, place=place, posted_on=posted_on, ends_on=last_day(notice.type, posted_on),
        poster_unit="下岔河村村民委员会", near_photo=near, far_photo=far,
        recorded_by=cast.users["village_cadre"],
    )  # fmt: skip


def objection(cast: Cast) -> Objection:
    """To a notice that hangs, as a clerk wrote it down."""
    notice = run_notice(cast, noticed_project(cast))
    return register_objection(
        notice=notice, channel=Objection.Channel.PHONE, received_on=today(), is_named=False,
        paper_file_number="", summary="公示的面积与实际不符", by=cast["township_clerk"],
    )  # fmt: skip


@walked
def noticed_project(cast: Cast) -> Project:
    project = draft_project(cast)
    do(project, "record_meeting", cast, "village_cadre", meeting_facts(cast, project))
    return project


@walked
def submitted_project(cast: Cast) -> Project:
    project = noticed_project(cast)
    run_notice(cast, project)
    do(project, "submit", cast, "village_cadre")
    return project


@walked
def endorsed_project(cast: Cast) -> Project:
    project = submitted_project(cast)
    do(project, "endorse", cast, "township_reviewer")
    return project


@walked
def appraised_project(cast: Cast) -> Project:
    project = endorsed_project(cast)
    do(project, "appraise", cast, "project_clerk")
    return project


@walked
def project_in_revision(cast: Cast) -> Project:
    project = appraised_project(cast)
    facts = {
        "letter_number": "反馈1号",
        "issued_on": today(),
        "items": ["请细化工程量", "请明确管护单位"],
    }
    do(project, "feed_back", cast, "project_reviewer", facts)
    return project


def revise_text(cast: Cast, project: Project, **changes: Any) -> Project:
    """The village changes what it wrote, as the letter asked."""
    lines = project.work_items.values("name", "unit", "quantity", "unit_price")
    return revise_project(
        project=project,
        by=cast["village_cadre"],
        facts=changes or {"content": f"{project.content}，村委会管护"},
        places=[place.division for place in project.places.select_related("division")],
        work_items=list(lines),
        reason="按反馈意见修改",
    )


@walked
def revised_project(cast: Cast) -> Project:
    project = revise_text(cast, project_in_revision(cast))
    answers = {item.pk: ("adopted", "已修改") for item in opinions_on(project)}
    do(project, "revise", cast, "village_cadre", {"answer": "已细化", "answers": answers})
    return project


@walked
def resubmitted_project(cast: Cast) -> Project:
    project = revised_project(cast)
    run_notice(cast, project)
    do(project, "resubmit", cast, "township_reviewer")
    return project


@walked
def project_in_joint_review(cast: Cast) -> Project:
    project = resubmitted_project(cast)
    read_differences(project, cast["project_clerk"])
    do(project, "appraise_again", cast, "project_clerk")
    return project


def with_targets(cast: Cast, project: Project) -> Project:
    """And, where it is about to enter the library, announced with them and approved."""
    by = cast["township_clerk"]
    set_target(
        project=project, aspect="QTY", name="新建库房", operator=Operator.AT_LEAST,
        value=Decimal(1), unit="座", by=by,
    )  # fmt: skip
    wanted = [
        Wanted(row, row.value or Decimal(100), "")
        for row in library_of(project).filter(code__in=TAKEN)
    ]
    fill_from_library(project=project, wanted=wanted, by=by)
    if project.status in (S.SECOND_APPRAISAL, S.JOINT_REVIEW):
        run_notice(cast, project)
        approved_targets(cast, project)
    return project


def approved_targets(cast: Cast, project: Project) -> Declaration:
    declaration = Declaration.objects.latest_of(project)
    assert declaration
    for action, who in (
        ("submit", "township_clerk"),
        ("endorse", "finance_reviewer"),
        ("approve", "project_reviewer"),
    ):
        do(declaration, action, cast, who)
    return declaration


@walked
def jointly_reviewed_project(cast: Cast) -> Project:
    project = with_targets(cast, project_in_joint_review(cast))
    for who in ("industry_reviewer", "farming_reviewer"):
        do(project, "review_jointly", cast, who)
    return project


@walked
def project_before_meeting(cast: Cast) -> Project:
    """Checked by the group's office, ready to be voted on."""
    project = jointly_reviewed_project(cast)
    do(project, "check_prohibited", cast, "group_secretary")
    return project


def meeting(cast: Cast) -> Meeting:
    """Being prepared, with everybody of the leading group on the roster."""
    return call_meeting(
        county=cast.county,
        by=cast["group_secretary"],
        name="2025年第3次会议",
        held_on=today(),
        chair=cast.post("group_member"),
    )


def agenda_item(
    cast: Cast, held: Meeting, project: Subject, sources: Sequence[tuple[Allotment, Decimal]]
) -> AgendaItem:
    item = add_item(meeting=held, subject=project, by=cast["group_secretary"])
    return set_item_sources(item=item, sources=sources, by=cast["group_secretary"])


def open_meeting(cast: Cast, held: Meeting) -> Meeting:
    """Everybody on the roster present."""
    do(held, "open_meeting", cast, "group_secretary")
    for member in held.members.select_related("meeting__division", "post__user"):
        check_in(member=member, by=User.objects.get(pk=member.post.user_id))
    return held


def vote_on(item: AgendaItem, choice: str = "agree") -> None:
    """As every member that is present."""
    for member in item.meeting.members.filter(checked_in_at__isnull=False):
        by = User.objects.get(pk=member.post.user_id)
        cast_vote(item=item, choice=choice, seen_digest=item.digest, by=by)


def close(cast: Cast, held: Meeting, number: str = "焉扶领纪〔2025〕3号") -> None:
    close_meeting(meeting=held, by=cast["group_member"], minutes_document=number, comment="")


@walked
def determined_project(
    cast: Cast, amount: str | int = 500_000, tag: Allotment | None = None
) -> Project:
    project = project_before_meeting(cast)
    tag = tag or funded_allotment(cast)
    return determine(cast, project, [(tag, yuan(amount))])


def determine(
    cast: Cast,
    project: Project,
    sources: Sequence[tuple[Allotment, Decimal]],
    plan: AnnualPlan | None = None,
) -> Project:
    """In a meeting of its own, whose members all agree; to the plan that holds it, too."""
    held = meeting(cast)
    items = [agenda_item(cast, held, project, sources)]
    if plan:
        items.append(add_item(meeting=held, subject=plan, by=cast["group_secretary"]))
    open_meeting(cast, held)
    for item in items:
        vote_on(item)
    close(cast, held, number=minutes_number())
    project.refresh_from_db()
    return project


def minutes_number() -> str:
    return f"焉扶领纪〔2025〕{Meeting.objects.count() + 2}号"


def plan_facts() -> dict[str, str]:
    number = AnnualPlan.objects.count() + 1
    return {
        "title": f"焉耆县2025年度扶贫项目计划（第{number}批）",
        "document_number": f"焉扶领字〔2025〕{number}号",
        "objectives": "完成年度项目建设任务",
        "funding": "按批准的资金来源安排",
        "schedule": "4月开工，11月完工",
        "safeguards": "责任到单位、到人",
    }


def draft_plan(cast: Cast, *projects: Project) -> AnnualPlan:
    by = cast["project_clerk"]
    plan = draw_up_plan(county=cast.county, year=2025, by=by, facts=plan_facts())
    return set_plan_projects(plan=plan, projects=projects, by=by) if projects else plan


def plan_with(cast: Cast, *projects: Project) -> AnnualPlan:
    """Waiting for the leading group."""
    plan = draft_plan(cast, *projects)
    do(plan, "submit", cast, "project_clerk")
    do(plan, "approve", cast, "project_reviewer")
    return plan


def approved_plan(cast: Cast, *projects: Project) -> AnnualPlan:
    """Of projects that were determined before, in a meeting of its own."""
    plan, held = plan_with(cast, *projects), meeting(cast)
    item = add_item(meeting=held, subject=plan, by=cast["group_secretary"])
    open_meeting(cast, held)
    vote_on(item)
    close(cast, held, number=minutes_number())
    plan.refresh_from_db()
    return plan


@walked
def planned_project(cast: Cast, amount: str | int = 500_000) -> Project:
    """Determined, and in a plan that the same meeting approved."""
    project = project_before_meeting(cast)
    sources = [(funded_allotment(cast), yuan(amount))]
    return determine(cast, project, sources, plan_with(cast, project))


@walked
def approved_project(cast: Cast, amount: str | int = 500_000) -> Project:
    """Under way, with its contract."""
    project = planned_project(cast, amount)
    do(project, "announce_result", cast, "project_reviewer")
    contract(cast, project)
    return project


@walked
def due_filing(cast: Cast) -> Filing:
    """Of a plan that was approved today."""
    planned_project(cast)
    return Filing.objects.latest("pk")


def send_filing(
    cast: Cast,
    filing: Filing,
    *,
    number: str = "焉扶领办〔2025〕8号",
    note: str = "",
    dated_on: dt.date | None = None,
) -> Filing:
    by = cast["group_secretary"]
    facts = {
        "letter_number": number,
        "dated_on": dated_on or today(),
        "papers": [store_sheet(f"{number} {uuid.uuid4()}", division=cast.county, by=by)],
        "note": note,
    }
    do(filing, "send", cast, "group_secretary", facts)
    return filing


@walked
def sent_filing(cast: Cast) -> Filing:
    return send_filing(cast, due_filing(cast))


def receive_filing(cast: Cast, filing: Filing, who: str = "prefecture_clerk") -> Filing:
    number = f"巴扶备〔2025〕{FilingReceipt.objects.count() + 1}号"
    do(filing, "receive", cast, who, {"receipt_number": number})
    return filing


@walked
def received_filing(cast: Cast) -> Filing:
    return receive_filing(cast, sent_filing(cast))


def contract_facts(cast: Cast, project: Project, **changes: Any) -> dict[str, Any]:
    """At the price of the plan, and without retention money."""
    number = Contract.objects.count() + 1
    paper = store_sheet(
        f"合同 {uuid.uuid4()}", division=project.division, by=cast["township_clerk"]
    )
    return {
        "number": f"HT-2025-{number:02d}",
        "name": f"{project.name}施工合同",
        "subject": Contract.Subject.WORKS,
        "way": ProcurementWay.objects.get(code="open"),
        "contractor_name": "焉耆兴农建设有限公司",
        "contractor_code": "91652826MA77B0001" + check_character("91652826MA77B0001"),
        "bank": "农业银行焉耆支行",
        "account": "3000000001",
        "price": project.total_investment,
        "signed_on": dt.date(2025, 4, 20),
        "starts_on": dt.date(2025, 5, 1),
        "ends_on": dt.date(2025, 10, 31),
        "retention_percent": Decimal(0),
        "retention_months": 12,
        "supervision_unit": "巴州工程监理有限公司",
        "papers": [paper],
        **changes,
    }


def contract(cast: Cast, project: Project, **changes: Any) -> Contract:
    return record_contract(
        project=project, by=cast["township_clerk"], facts=contract_facts(cast, project, **changes)
    )


def progress_report(
    cast: Cast, project: Project, percent: int = 40, invested: str | int = 200_000, **words: str
) -> ProgressReport:
    """Of this month, of a project that began some days ago."""
    by = cast["township_clerk"]
    if not Commencement.objects.filter(project=project).exists():
        record_start(project=project, by=by, started_on=today().replace(day=1))
    facts = {"percent": percent, "invested": yuan(invested), **words}
    return report_progress(project=project, month=today().replace(day=1), by=by, facts=facts)


def quality_problem(cast: Cast, project: Project) -> QualityCheck:
    """Found today, and to be put right."""
    facts = {
        "checked_on": today(), "checked_by": "永宁镇人民政府、监理单位", "found": "查看基础和墙体",
        "problem": "墙体局部开裂", "rectify_by": today(),
    }  # fmt: skip
    return record_quality_check(project=project, by=cast["township_clerk"], facts=facts)


def payment_facts(amount: str | int = 100_000) -> dict[str, Any]:
    return {
        "kind": PaymentRequest.Kind.PROGRESS,
        "amount": yuan(amount),
        "payee_name": "焉耆兴农建设有限公司",
        "payee_bank": "农业银行焉耆支行",
        "payee_account": "3000000001",
        "contract_number": "HT-2025-01",
        "progress": 40,
        "work_done": yuan(amount),
        "basis": "完成基础工程",
    }


def bare_payment(
    cast: Cast, project: Project, amount: str | int = 100_000, **changes: Any
) -> PaymentRequest:
    """A draft without any paper; where its kind goes by contract on the project's first one,
    which is recorded where there is none."""
    facts = {**payment_facts(amount), **changes}
    if facts["kind"] in PaymentRequest.BY_CONTRACT:
        facts["contract"] = project.contracts.order_by("pk").first() or contract(cast, project)
    return apply_for_payment(project=project, by=cast["township_clerk"], facts=facts)


def draft_payment(
    cast: Cast, project: Project, amount: str | int = 100_000, **changes: Any
) -> PaymentRequest:
    return with_papers(cast, bare_payment(cast, project, amount, **changes))


def with_papers(cast: Cast, request: PaymentRequest) -> PaymentRequest:
    """Every required paper that is not there yet, as its kind asks."""
    there = set(request.papers.standing().values_list("rule__code", flat=True))
    for rule in rules_for(request):
        if rule.is_required and rule.code not in there:
            attach_paper(
                request=request, by=cast["township_clerk"], facts=paper_facts(cast, request, rule)
            )
    return request


def paper_facts(
    cast: Cast, request: PaymentRequest, rule: PaymentPaperRule | str, **changes: Any
) -> dict[str, Any]:
    """Dated today, with a file of this request's own."""
    if isinstance(rule, str):
        rule = next(r for r in rules_for(request) if r.code == rule)
    by, name = cast["township_clerk"], f"{request.number} {rule.name}"
    of_invoice = {"summary": "工程款", "amount": request.amount} if rule.code == "invoice" else {}
    return {
        "rule": rule,
        "number": f"{request.pk:08d}" if rule.number_label else "",
        "dated_on": day_of_paper(request, rule),
        "sha256": "" if rule.on_paper else store_sheet(name, division=request.division, by=by),
        **of_invoice,
        **changes,
    }


def day_of_paper(request: PaymentRequest, rule: PaymentPaperRule) -> dt.date:
    """Today; where the project was accepted, its contract and acceptance are of that day."""
    accepted = accepted_on(request.project) if rule.code in (CONTRACT, ACCEPTANCE) else None
    return accepted or today()


PAYMENT_STEPS = (
    ("submit", "township_clerk"),
    ("endorse", "township_reviewer"),
    ("approve", "project_reviewer"),
    ("pass_compliance", "finance_reviewer"),
    ("release", "finance_head"),
    ("pay", "treasury_clerk"),
)


@walked
def payment_at(cast: Cast, status: str, amount: str | int = 100_000) -> PaymentRequest:
    """A request for an approved project of 500,000, walked to `status`."""
    request = draft_payment(cast, approved_project(cast), amount)
    for action, who in PAYMENT_STEPS:
        if request.status == status:
            break
        do(request, action, cast, who)
    return request


def waiver_facts(**changes: Any) -> dict[str, Any]:
    return {
        "rule": rules_in_force()[1],
        "reason": "牧民定居点距县城九十公里，须配生产用运输车辆",
        "valid_from": today(),
        "valid_until": today() + dt.timedelta(days=180),
        **changes,
    }


def draft_waiver(cast: Cast, project: Project | None = None, **changes: Any) -> NegativeWaiver:
    return propose_waiver(
        project=project or draft_project(cast), by=cast["project_clerk"], **waiver_facts(**changes)
    )


def approved_waiver(cast: Cast, project: Project | None = None, **changes: Any) -> NegativeWaiver:
    """Let pass by a meeting of its own, not yet told to anybody."""
    waiver = draft_waiver(cast, project, **changes)
    do(waiver, "submit", cast, "project_clerk")
    held = meeting(cast)
    item = add_item(meeting=held, subject=waiver, by=cast["group_secretary"])
    open_meeting(cast, held)
    vote_on(item)
    close(cast, held, number=f"焉扶领纪〔2025〕{Meeting.objects.count() + 2}号")
    waiver.refresh_from_db()
    return waiver


def published_waiver(cast: Cast, project: Project | None = None, **changes: Any) -> NegativeWaiver:
    waiver = approved_waiver(cast, project, **changes)
    notice = {"notice_number": "焉扶领公告〔2025〕1号", "published_on": today()}
    do(waiver, "publish", cast, "group_secretary", notice)
    return waiver
