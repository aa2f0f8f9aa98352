"""How each project of the demonstration came to where it stands, by the right people."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from approvals.models import Subject
from approvals.seats import unsigned
from organizations.models import Division, Role, User
from organizations.models.divisions import Level
from performance.models import Aspect, Declaration, Operator
from performance.targets import Wanted, fill_from_library, library_of, set_target
from projects.accepting import Member, items_to_rectify
from projects.forms.steps import opinions_on
from projects.models import LibraryExit, Project, ProjectType
from projects.negative import SECOND_PERSON, standing_hits
from projects.second_look import confirm_hit
from projects.services import propose_project, revise_project
from projects.versions import read_differences
from publicity.services import publish_notice, record_posting, record_take_down

from .assets import register_what_is_left
from .days import days_ago
from .library import BREEDING, Plan
from .money import Tags, pay_for
from .people import YANQI, Staff
from .performances import LATE
from .photos import photo, store_photo, store_sheet
from .steps import act
from .works import begin_work

S = Project.Status
L = Project.Linkage
# Of the library, what every project of the demonstration takes.
TAKEN = ("T-QUA-01", "T-TIM-01", "T-CST-01", "T-SOC-02", "T-SUS-01", "T-SAT-02")
LEVELS: dict[str, str] = {
    Level.VILLAGE: Project.Level.VILLAGE,
    Level.TOWNSHIP: Project.Level.TOWNSHIP,
}
NOTICE_AT = {S.VILLAGE_NOTICE: "N01", S.REVISION_NOTICE: "N02"}
# What was audited below the approved sum; the rest goes back to the pool.
TOWNSHIP_GROUP = (Role.TOWNSHIP_REVIEWER, Role.PROJECT_CLERK)
COUNTY_GROUP = (Role.PROJECT_REVIEWER, Role.FINANCE_CLERK)
RECTIFIED = 9  # by the project's number: its first inspection asked for something
AUDITED = {2: Decimal("1389000.00"), 3: Decimal("796350.00"), 9: Decimal("1283600.00")}


@dataclass
class Scene:
    """What the story needs at hand."""

    staff: Staff
    divisions: dict[str, Division]
    tags: Tags


@dataclass
class Story:
    """One project on its way. `project` is the row, `plan` where it is going."""

    scene: Scene
    plan: Plan
    project: Project

    def person(self, role: Role, unit: str = "") -> User:
        return self.scene.staff.of(role, self.project.division, unit)

    @property
    def proposer(self) -> User:
        return proposer_in(self.scene.staff, self.project.division)

    def photo(self, name: str) -> str:
        """The SHA-256 of a picture of this project's own."""
        name = f"{self.project.code} {name}"
        return store_photo(name, division=self.project.division, by=self.proposer)

    def paper(self, name: str) -> str:
        name = f"{self.project.code} {name}"
        return store_sheet(name, division=self.project.division, by=self.proposer)

    @property
    def goes_before_the_meeting(self) -> bool:
        decided = self.plan.status not in (*BEFORE_THE_MEETING, S.DETERMINATION)
        return decided or self.plan.ending == "reject"

    @property
    def is_village(self) -> bool:
        return self.project.division.level == Level.VILLAGE


BEFORE_THE_MEETING = (
    S.DRAFT, S.VILLAGE_NOTICE, S.TOWNSHIP_REVIEW, S.COUNTY_APPRAISAL, S.FEEDBACK, S.REVISION,
    S.REVISION_NOTICE, S.SECOND_APPRAISAL, S.JOINT_REVIEW,
)  # fmt: skip


def begin(scene: Scene, plan: Plan) -> Story:
    """Propose the project and take every step up to where the plan, or the meeting, has it."""
    story = Story(scene, plan, propose(scene, plan))
    set_targets(story)
    walk(story, until=S.DETERMINATION)
    return story


def finish(story: Story) -> Project:
    """After the meeting, to the end of the plan."""
    plan = story.plan
    story.project.refresh_from_db()
    if plan.ending != "reject":
        walk(story, until=plan.status)
    if plan.status == S.VILLAGE_NOTICE:
        hang_own_notice(story, posted=3)
    if plan.status == S.REVISION_NOTICE:
        hang_own_notice(story, posted=18, taken_down=4)
    if plan.status == S.ASSET_REGISTRATION:
        register_what_is_left(story)
    if plan.ending == "return":
        send_back(story)
    if plan.ending == "leave":
        take_out(story)
    return story.project


def walk(story: Story, until: str) -> None:
    while story.project.status not in (until, story.plan.status):
        STEPS[story.project.status](story)
        if story.project.status != story.plan.status:
            look_again(story)
        begin_work(story.project, story.plan, story.scene.staff)
        pay_for(story.project, story.plan, story.scene.staff)


def look_again(story: Story) -> None:
    """A second person at every word that the negative list names."""
    for hit in standing_hits(story.project):
        confirm_hit(
            hit=hit,
            conclusion="not_involved",
            note="核对建设内容和工程量，未购建本条所列事项",
            by=story.person(SECOND_PERSON[hit.stage][0]),
        )


def propose(scene: Scene, plan: Plan) -> Project:
    division = scene.divisions[plan.division]
    return propose_project(
        division=division,
        by=proposer_in(scene.staff, division),
        facts=facts_of(plan, division, scene.staff),
        places=[scene.divisions[code] for code in plan.places or (plan.division,)],
        work_items=work_items(plan),
    )


def proposer_in(staff: Staff, division: Division) -> User:
    """The village's own cadre where there is one, else the township's clerk."""
    try:
        return staff.of(Role.VILLAGE_CADRE, division)
    except LookupError:
        return staff.of(Role.TOWNSHIP_CLERK, division)


def facts_of(plan: Plan, division: Division, staff: Staff) -> dict[str, Any]:
    households, people, poor_households, poor_people = plan.people
    township = staff.of(Role.TOWNSHIP_REVIEWER, division)
    leader = staff.of(Role.GROUP_MEMBER, division)
    at = timezone.now() - dt.timedelta(days=plan.overdue_days)
    text = plan.text
    return {
        "name": plan.name,
        "year": 2025,
        "type": ProjectType.objects.in_force().get(code=text.type_code),
        "nature": Project.Nature.EXTEND if "二期" in plan.name else Project.Nature.NEW,
        "level": LEVELS[division.level] if plan.places != (YANQI,) else Project.Level.COUNTY,
        "department": staff.of(Role.PROJECT_CLERK, division).posts_today[0].organization,
        "implementing_unit": township.posts_today[0].organization.name,
        "leader_name": leader.real_name,
        "leader_title": f"领导小组{leader.posts_today[0].title}",
        "owner_name": township.real_name,
        "owner_title": township.posts_today[0].title,
        "planned_start": days_ago(60),
        "planned_end": days_ago(-30 if plan.no == LATE else -120),
        "content": plan.content,
        "total_investment": plan.amount,
        "requested_amount": plan.amount,
        "villages_covered": max(len(plan.places), 1),
        "households": households,
        "people": people,
        "poor_households": poor_households,
        "poor_people": poor_people,
        "linkages": [L.ORDER, L.DIVIDEND] if text is BREEDING else [L.WORK, L.DIVIDEND],
        "linkage_note": f"带动帮扶对象{poor_households}户{poor_people}人，收益按协议兑现",
        "causes": text.causes,
        "resources": text.resources,
        "funding": f"申请财政资金{plan.amount / 10_000:f}万元，无自筹，不留缺口",
        "needs": text.needs,
        "proposed_at": at,
        "status_since": at,
    }


def work_items(plan: Plan) -> list[dict[str, Any]]:
    """The works, and the rest of the sum as one line for design, supervision and small works."""
    items: list[dict[str, Any]] = [
        {"name": name, "unit": unit, "quantity": Decimal(quantity), "unit_price": Decimal(price)}
        for name, unit, quantity, price in plan.items
    ]
    rest = plan.amount - sum((i["quantity"] * i["unit_price"] for i in items), Decimal(0))
    if rest > 0:
        last = {"name": "设计、监理及附属工程", "unit": "项", "quantity": Decimal(1)}
        items.append(last | {"unit_price": rest})
    return items


def set_targets(story: Story) -> None:
    """Its own quantity, and what the library asks of every project."""
    plan, (name, unit, quantity, _) = story.plan, story.plan.items[0]
    by, project = story.person(Role.TOWNSHIP_CLERK), story.project
    set_target(
        project=project, aspect=Aspect.QUANTITY, name=name, operator=Operator.AT_LEAST,
        value=Decimal(quantity), unit=unit, evidence="竣工验收记录", by=by,
    )  # fmt: skip
    values = {"T-CST-01": plan.amount / 10_000, "T-SOC-02": Decimal(plan.people[3])}
    library = library_of(project).filter(type_code="", code__in=TAKEN)
    wanted = [
        Wanted(row, values.get(row.code, row.value or Decimal(0)), row.wording) for row in library
    ]
    fill_from_library(project=project, wanted=wanted, by=by)


def approve_targets(story: Story) -> None:
    """By finance against the four criteria, then by the department."""
    declaration = Declaration.objects.latest_of(story.project)
    assert declaration
    act(declaration, "submit", story.person(Role.TOWNSHIP_CLERK), "指标齐全，送审")
    act(declaration, "endorse", story.person(Role.FINANCE_REVIEWER), "目标与资金规模相当，同意")
    act(declaration, "approve", story.person(Role.PROJECT_REVIEWER), "目标明确可考核，同意")


def hang_own_notice(story: Story, posted: int, taken_down: int | None = None) -> None:
    """Of the project itself, as its step asks."""
    hang_notice(story, story.project, NOTICE_AT[S(story.project.status)], posted, taken_down)


def hang_notice(
    story: Story, subject: Subject, code: str, posted: int, taken_down: int | None = None
) -> None:
    """Published and posted so many days ago and, where it is over, taken down."""
    posted_on = days_ago(posted)
    notice = publish_notice(
        subject=subject,
        code=code,
        by=story.proposer,
        at=timezone.make_aware(dt.datetime.combine(posted_on, dt.time(10))),
    )
    posting = record_posting(
        notice=notice,
        place="村委会公示栏" if story.is_village else "乡镇政务公开栏",
        posted_on=posted_on,
        poster_unit=story.proposer.posts_today[0].organization.name,
        near_photo=photo(f"{notice} 近景"),
        far_photo=photo(f"{notice} 远景"),
        by=story.proposer,
    )
    if taken_down is not None:
        record_take_down(
            posting=posting, taken_down_on=days_ago(taken_down), note="", by=story.proposer
        )


def hold_village_meeting(story: Story) -> None:
    due = max(story.plan.people[0] // 3, 24)
    present = due * 9 // 10
    data = {
        "held_on": days_ago(50),
        "due": due,
        "present": present,
        "in_favour": present - 1,
        "chair": story.proposer.real_name,
        "minutes": f"会议讨论{story.plan.name}的必要性、建设内容和受益范围，逐人表态后表决。",
        "proposal": "同意申报，公示后上报乡镇。",
        "minutes_file": [story.paper("村民代表会议纪要")],
        "photos": [story.photo("村民代表会议会场"), story.photo("村民代表会议表决")],
    }
    act(story.project, "record_meeting", story.proposer, "按程序召开会议", data)


def submit(story: Story) -> None:
    hang_own_notice(story, posted=48, taken_down=34)
    act(story.project, "submit", story.proposer, "公示期满无异议，上报审核")


def endorse(story: Story) -> None:
    act(story.project, "endorse", story.person(Role.TOWNSHIP_REVIEWER), "实地核查属实，同意上报")


def appraise(story: Story) -> None:
    comment = "项目与县产业规划衔接，技术方案可行，同意论证通过"
    act(story.project, "appraise", story.person(Role.PROJECT_CLERK), comment)


def feed_back(story: Story) -> None:
    data = {
        "letter_number": f"焉扶办反馈〔2025〕{story.project.pk}号",
        "issued_on": days_ago(25),
        "items": ["细化工程量和单价依据", "完善带贫减贫机制，明确到户收益", "落实管护单位"],
    }
    act(story.project, "feed_back", story.person(Role.PROJECT_REVIEWER), "发出反馈意见书", data)


def revise_text(story: Story) -> None:
    project = story.project
    lines = project.work_items.values("name", "unit", "quantity", "unit_price")
    story.project = revise_project(
        project=project,
        by=story.proposer,
        facts={
            "content": f"{project.content}；建成后由村集体管护",
            "linkage_note": f"{project.linkage_note}，每年年底按户公示兑现情况",
        },
        places=[place.division for place in project.places.select_related("division")],
        work_items=list(lines),
        reason="按反馈意见修改",
    )


def revise(story: Story) -> None:
    revise_text(story)
    words = iter(("已按询价结果细化到分项", "已签订带动协议，收益按户兑现", "管护单位为村集体"))
    answers = {item.pk: ("adopted", next(words)) for item in opinions_on(story.project)}
    data = {"answer": "反馈意见均已采纳，工程量和单价已据实修改。", "answers": answers}
    act(story.project, "revise", story.proposer, "已逐条修改", data)


def resubmit(story: Story) -> None:
    hang_own_notice(story, posted=18, taken_down=4)
    reviewer = story.person(Role.TOWNSHIP_REVIEWER)
    act(story.project, "resubmit", reviewer, "再次公示无异议，二次上报")


def appraise_again(story: Story) -> None:
    comment = "反馈意见已落实，不涉及负面清单"
    clerk = story.person(Role.PROJECT_CLERK)
    read_differences(story.project, clerk)
    act(story.project, "appraise_again", clerk, comment)


def review_jointly(story: Story) -> None:
    approve_targets(story)
    hang_notice(story, story.project, "N03", posted=16, taken_down=3)
    for seat in unsigned(story.project):
        reviewer = story.person(Role.INDUSTRY_REVIEWER, seat.organization.name)
        act(story.project, "review_jointly", reviewer, "符合行业规划和建设标准，同意")


def announce(story: Story) -> None:
    reviewer = story.person(Role.PROJECT_REVIEWER)
    act(story.project, "announce_result", reviewer, "审定结果反馈乡村，请按批复组织实施")


def complete(story: Story) -> None:
    data = {
        "started_on": days_ago(58),
        "completed_on": days_ago(6),
        "contractor": story.plan.contractor,
        "contract_number": story.plan.contract,
        "contract_price": story.plan.amount,
    }
    act(story.project, "complete", story.person(Role.TOWNSHIP_CLERK), "按合同完工，申请验收", data)


def inspection(story: Story, days: int, name: str) -> dict[str, Any]:
    """`name` tells the papers of one inspection from another's."""
    township = story.project.status == S.PRELIMINARY_ACCEPTANCE
    roles = TOWNSHIP_GROUP if township else COUNTY_GROUP
    people = [story.person(role) for role in roles]
    unit = people[0].posts_today[0].organization.name
    return {
        "accepted_on": days_ago(days),
        "lead_unit": unit,
        "members": [
            *(Member(post=person.posts_today[0].pk) for person in people),
            Member(unit="巴州恒信工程监理有限公司", title="总监理工程师"),
        ],
        "quality": "质量合格，资料齐全",
        "report_file": [story.paper(f"{name}报告")],
        "photos": [story.photo(f"{name}照片")],
        "lines": [
            (number, item, item.quantity, "")
            for number, item in enumerate(story.project.work_items.all(), start=1)
        ],
    }


def inspect(story: Story) -> None:
    asks = story.plan.no == RECTIFIED or story.plan.status == S.RECTIFICATION
    if asks and not story.project.acceptances.exists():
        order_rectification(story)
        return
    data = inspection(story, 5, "初验")
    reviewer = story.person(Role.TOWNSHIP_REVIEWER)
    act(story.project, "pass_preliminary", reviewer, "初验合格，申请县级验收", data)


def order_rectification(story: Story) -> None:
    data = inspection(story, 6, "首次初验") | {
        "quality": "主体合格，两处须整改",
        "items": ["两处安全警示标识缺失，须补齐", "设备铭牌和操作规程未上墙"],
        "due_on": days_ago(-9),
    }
    act(story.project, "rectify", story.person(Role.TOWNSHIP_REVIEWER), "限期整改", data)


def report_rectified(story: Story) -> None:
    answers = {
        item.pk: ("已按要求整改", [story.photo(f"整改{item.position}照片")])
        for item in items_to_rectify(story.project)[1]
    }
    data = {"finished_on": days_ago(5), "answers": answers}
    act(story.project, "report_rectified", story.person(Role.TOWNSHIP_CLERK), "已整改", data)


def accept(story: Story) -> None:
    data = inspection(story, 3, "验收")
    act(story.project, "accept", story.person(Role.PROJECT_REVIEWER), "验收合格", data)


def verify_settlement(story: Story) -> None:
    data = {
        "audit_unit": "焉耆县审计局",
        "report_number": f"焉审投报〔2025〕{story.plan.no}号",
        "audited_on": days_ago(1),
        "audited_amount": AUDITED[story.plan.no],
        "report_file": [story.paper("决算审计报告")],
    }
    reviewer = story.person(Role.PROJECT_REVIEWER)
    act(story.project, "verify_settlement", reviewer, "按审计报告核定决算", data)


def settle(story: Story) -> None:
    reviewer = story.person(Role.FINANCE_REVIEWER)
    act(story.project, "settle", reviewer, "按审定额核定，结余收回资金池")


def register_assets(story: Story) -> None:
    register_what_is_left(story)
    clerk = story.person(Role.TOWNSHIP_CLERK)
    act(story.project, "register_assets", clerk, "资产原值与项目支付一致，登记台账")


def send_back(story: Story) -> None:
    comment = "停放棚选址在机耕道边，请调整选址并补充受益户数后再报"
    act(story.project, "return", story.person(Role.TOWNSHIP_REVIEWER), comment)


def take_out(story: Story) -> None:
    data = {
        "reason": LibraryExit.Reason.CONDITIONS,
        "note": "选址位于禁养区，不具备实施条件",
        "special_reason": "禁养区划定后不得新建、改建养殖设施",
    }
    act(story.project, "leave_library", story.person(Role.PROJECT_REVIEWER), "同意调出", data)


# The step that leads on from each status.
STEPS: dict[str, Callable[[Story], None]] = {
    S.DRAFT: hold_village_meeting,
    S.VILLAGE_NOTICE: submit,
    S.TOWNSHIP_REVIEW: endorse,
    S.COUNTY_APPRAISAL: appraise,
    S.FEEDBACK: feed_back,
    S.REVISION: revise,
    S.REVISION_NOTICE: resubmit,
    S.SECOND_APPRAISAL: appraise_again,
    S.JOINT_REVIEW: review_jointly,
    S.RESULT_FEEDBACK: announce,
    S.IMPLEMENTATION: complete,
    S.PRELIMINARY_ACCEPTANCE: inspect,
    S.RECTIFICATION: report_rectified,
    S.ACCEPTANCE: accept,
    S.SETTLEMENT: verify_settlement,
    S.SETTLEMENT_REVIEW: settle,
    S.ASSET_REGISTRATION: register_assets,
}
