"""项目库 across the years: 储备 until the joint review, 入库 from then on, 出库 when it is done or
taken out; ranked within county and year, and carried over while nothing was decided on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from approvals.models import AgendaItem, Decision
from funds.document_numbers import normalize
from organizations.models import Division, Parameter, Role, User
from organizations.policies import Refusal, Refused, demand
from organizations.signature import sign

from .models import CarryOver, LibraryEntry, LibraryExit, PlanItem, Project, ProjectSource

S = Project.Status
KEEPERS = (Role.PROJECT_REVIEWER,)
CLERKS = (Role.PROJECT_CLERK, Role.PROJECT_REVIEWER)
CLAUSE = "国开办发〔2018〕10号"
ADJUST_QUARTER = "library.adjust_quarter"
BEFORE_REVIEW = (
    S.DRAFT, S.VILLAGE_NOTICE, S.TOWNSHIP_REVIEW, S.COUNTY_APPRAISAL, S.FEEDBACK, S.REVISION,
    S.REVISION_NOTICE, S.SECOND_APPRAISAL, S.JOINT_REVIEW,
)  # fmt: skip
UNDETERMINED = (*BEFORE_REVIEW, S.DETERMINATION)
GONE = (S.CLOSED, S.LEFT, S.REJECTED)
Changed = tuple[str, ...]


# Where a project stands in the library.
RESERVE, ENTERED, LEFT = "reserve", "entered", "left"
STAGES = {RESERVE: "储备", ENTERED: "入库", LEFT: "出库"}


def passed_joint_review() -> Exists:
    """Once in the library a deferred project stays there, wherever it was sent back to."""
    entries = entry_decisions().filter(subject_id=OuterRef("pk"))
    return Exists(entries)


def entry_decisions() -> QuerySet[Decision]:
    """The last signature of each joint review: the day of entry."""
    return Decision.objects.filter(
        subject_type=Project.life(), action="review_jointly", to_status=S.DETERMINATION
    )


def at_stage(projects: QuerySet[Project], stage: str) -> QuerySet[Project]:
    if stage == LEFT:
        return projects.filter(status__in=GONE)
    if stage == ENTERED:
        return projects.exclude(status__in=GONE).filter(
            ~Q(status__in=BEFORE_REVIEW) | Q(passed_joint_review())
        )
    return projects.filter(~Q(passed_joint_review()), status__in=BEFORE_REVIEW)


def ranked(projects: QuerySet[Project]) -> QuerySet[Project]:
    """In the order of the county's ranking, what has no number after it."""
    return projects.order_by("-year", F("rank").asc(nulls_last=True), "code")


@dataclass(frozen=True)
class LibraryRow:
    project: Project
    entered_on: dt.date | None
    entry_number: str
    approved: Decimal | None
    sources: Sequence[str]
    left_on: dt.date | None
    left_because: str
    remark: str


def library_rows(projects: Sequence[Project]) -> list[LibraryRow]:
    """Five queries, however many."""
    ids = [project.pk for project in projects]
    entered = day_by_project(entry_decisions(), ids, first=True)
    gone = day_by_project(Decision.objects.filter(to_status__in=GONE), ids)
    numbers = dict(
        LibraryEntry.objects.filter(project__in=ids)
        .order_by("id")
        .values_list("project_id", "document_number")
    )
    exits = {row.project_id: row for row in LibraryExit.objects.filter(project__in=ids)}
    money: dict[int, list[tuple[str, Decimal]]] = {}
    given = ProjectSource.objects.filter(project__in=ids).order_by("allotment_id")
    for source in given.select_related("allotment__category"):
        money.setdefault(source.project_id, []).append(
            (str(source.allotment.category), source.amount)
        )
    carried = {row.project_id: row for row in CarryOver.objects.filter(project__in=ids)}
    return [
        LibraryRow(
            project=project,
            entered_on=entered.get(project.pk),
            entry_number=numbers.get(project.pk, ""),
            approved=sum_of(money.get(project.pk)),
            sources=[name for name, _ in money.get(project.pk, ())],
            left_on=gone.get(project.pk) if project.status in GONE else None,
            left_because=why_left(project, exits.get(project.pk)),
            remark=remark_on(project, entered, carried.get(project.pk)),
        )
        for project in projects
    ]


def sum_of(money: Iterable[tuple[str, Decimal]] | None) -> Decimal | None:
    return sum((amount for _, amount in money), Decimal(0)) if money else None


def day_by_project(
    decisions: QuerySet[Decision], ids: Iterable[int], *, first: bool = False
) -> dict[int, dt.date]:
    rows = decisions.filter(subject_type=Project.life(), subject_id__in=list(ids))
    rows = rows.order_by("-id" if first else "id")
    return {d.subject_id: timezone.localdate(d.at) for d in rows.only("subject_id", "at")}


def why_left(project: Project, exit_: LibraryExit | None) -> str:
    if project.status == S.CLOSED:
        return "已实施完成"
    if project.status == S.REJECTED:
        return "领导小组不予立项"
    return f"{exit_.get_reason_display()}：{exit_.note}" if exit_ else ""


def remark_on(project: Project, entered: Mapping[int, dt.date], carried: CarryOver | None) -> str:
    words = []
    if project.status in BEFORE_REVIEW and project.pk in entered:
        words.append("领导小组暂缓")
    if carried:
        words.append(f"由{carried.from_year}年度转入")
    return "，".join(words)


def library_gaps(project: Project) -> list[str]:
    """Which of the items that a project needs before it enters the library are missing; the
    performance targets ask for themselves."""
    complete = {
        "项目名称": project.name,
        "项目类别": project.type_id,
        "建设性质": project.nature,
        "实施地点": project.places.exists(),
        "时间进度": project.planned_start and project.planned_end,
        "责任单位": project.implementing_unit and project.leader_name and project.owner_name,
        "建设任务": project.content.strip() and project.work_items.exists(),
        "资金规模和筹资方式": project.requested_amount and project.funding.strip(),
        "受益对象": project.people,
        "群众参与和带贫减贫机制": project.linkages,
    }
    return [label for label, is_there in complete.items() if not is_there]


def refuse_entry(project: Project) -> Refusal | None:
    missing = library_gaps(project)
    if not missing:
        return None
    return Refusal(f"入库项目基本内容缺少{'、'.join(missing)}", CLAUSE, "申报单位（退回后补齐）")


def adjust_quarter(on: dt.date) -> int:
    return Parameter.objects.number(ADJUST_QUARTER, on)


def is_adjusting(on: dt.date | None = None) -> bool:
    """Whether the library is being adjusted on that day (default today)."""
    day = on or timezone.localdate()
    return (day.month + 2) // 3 == adjust_quarter(day)


def on_agenda(project: Project) -> Refusal | None:
    item = AgendaItem.objects.filter(
        subject_type=project.life(), subject_id=project.pk, outcome="", is_removed=False
    ).first()
    if item is None:
        return None
    return Refusal(
        f"项目已列入“{item.meeting}”的议程，须先撤下议题", who_can_clear="领导小组办公室"
    )


def in_a_plan(project: Project) -> Refusal | None:
    item = PlanItem.objects.filter(project=project).select_related("plan").first()
    if item is None:
        return None
    return Refusal(
        f"项目已列入“{item.plan}”，须先移出", who_can_clear="项目主管部门经办（选择项目）"
    )


def refuse_leaving(project: Project) -> Refusal | None:
    """On an agenda or in a plan others count on it."""
    return on_agenda(project) or in_a_plan(project)


def leave_library(project: Project, decision: Decision, data: Mapping[str, Any]) -> Changed:
    """The effect of 出库. Raises Refused outside the quarter without a special reason."""
    special = data.get("special_reason", "").strip()
    if not is_adjusting() and not special:
        quarter = adjust_quarter(timezone.localdate())
        raise Refused(
            f"项目库在第{quarter}季度集中调整，期外出库须写明特殊事由", clause=CLAUSE,
            who_can_clear="办理人",
        )  # fmt: skip
    LibraryExit.objects.create(
        project=project,
        decision=decision,
        reason=data["reason"],
        note=data["note"],
        special_reason="" if is_adjusting() else special,
    )
    project.rank = None
    return ("rank",)


def refuse_carry(project: Project) -> Refusal | None:
    """Why the project can not be carried over to the next year now."""
    if project.status not in UNDETERMINED:
        return Refusal(
            f"“{project}”现为“{project.get_status_display()}”，只有尚未审定的项目可以转入下年",
            who_can_clear="县级项目主管部门（已审定的按项目调整办理）",
        )
    today = timezone.localdate()
    starts = dt.date(project.year, 3 * adjust_quarter(today) - 2, 1)
    if today < starts:
        return Refusal(
            f"“{project}”为{project.year}年度项目，{starts} 起才可以转入下年",
            CLAUSE,
            f"本人（{starts} 起）",
        )
    later = project.division.projects.filter(year=project.year + 1, name=project.name)
    if later.exclude(status__in=(S.REJECTED, S.LEFT)).exists():
        return Refusal(
            f"{project.division.name}{project.year + 1}年度已有同名项目“{project}”",
            who_can_clear="申报单位（改用能区分的名称）",
        )
    return on_agenda(project) or in_a_plan(project)


@transaction.atomic
def carry_over(*, project: Project, by: User, reason: str) -> Project:
    """Into the next year, with its number in the ranking given up. Raises Refused."""
    demand(by, KEEPERS, project.division)
    rows = Project.objects.select_related("division", "county")
    project = rows.select_for_update(of=("self",)).get(pk=project.pk)
    refusal = refuse_carry(project)
    if refusal:
        raise Refused(refusal.reason, clause=refusal.clause, who_can_clear=refusal.who_can_clear)
    CarryOver.objects.create(
        project=project, from_year=project.year, to_year=project.year + 1, reason=reason, by=by
    )
    project.year, project.rank = project.year + 1, None
    sign(project, by, f"转入下年：{reason}").save(update_fields=["year", "rank"])
    return project


@transaction.atomic
def carry_over_all(*, projects: Iterable[Project], by: User, reason: str) -> int:
    """All of them or none."""
    return len([carry_over(project=project, by=by, reason=reason) for project in projects])


def rankable(county: Division, year: int) -> QuerySet[Project]:
    """What is in the library and waits for the leading group."""
    waiting = Project.objects.filter(county=county, year=year, status__in=UNDETERMINED)
    return ranked(at_stage(waiting, ENTERED).select_related("division__parent", "type"))


@transaction.atomic
def rank_projects(
    *, county: Division, year: int, numbers: Mapping[int, int | None], by: User
) -> int:
    """`numbers` by project, none for one without; how many changed. Raises Refused where a
    number would stand twice, naming both projects."""
    demand(by, CLERKS, county)
    Division.objects.select_for_update(no_key=True).get(pk=county.pk)
    projects = {project.pk: project for project in rankable(county, year)}
    strangers = set(numbers) - set(projects)
    if strangers:
        raise Refused(
            "所排项目中有的已审定、已出库或不属本县本年度",
            who_can_clear="排序人（重新打开排序页）",
        )
    others = Project.objects.filter(county=county, year=year, rank__isnull=False)
    taken = {p.rank: p for p in others.exclude(pk__in=numbers)}
    for pk, number in numbers.items():
        if number is None:
            continue
        if number in taken:
            raise Refused(
                f"排序号 {number} 重复：“{taken[number]}”和“{projects[pk]}”",
                who_can_clear="排序人（改用不重复的序号）",
            )
        taken[number] = projects[pk]
    changed = [pk for pk, number in numbers.items() if projects[pk].rank != number]
    for pk in changed:
        projects[pk].rank = numbers[pk]
        sign(projects[pk], by, "项目库排序").save(update_fields=["rank"])
    return len(changed)


def without_number(projects: QuerySet[Project]) -> QuerySet[Project]:
    """Entered, and the number of the document by which it entered is not recorded."""
    entered = at_stage(projects, ENTERED)
    return ranked(entered.filter(~Exists(LibraryEntry.objects.filter(project=OuterRef("pk")))))


@transaction.atomic
def record_entry(
    *, projects: Iterable[Project], county: Division, document_number: str, by: User
) -> int:
    """入库文号 of projects of one county that have passed the joint review. Raises Refused."""
    demand(by, CLERKS, county)
    wanted = {project.pk for project in projects}
    found = at_stage(Project.objects.filter(county=county, pk__in=wanted), ENTERED)
    if found.count() != len(wanted):
        raise Refused(
            "所选项目中有的没有通过行业会审，尚未入库",
            clause=CLAUSE,
            who_can_clear="行业主管部门（会审）",
        )
    LibraryEntry.objects.bulk_create(
        LibraryEntry(project=project, document_number=normalize(document_number), recorded_by=by)
        for project in found
    )
    return len(wanted)
