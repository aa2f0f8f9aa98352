"""What a notice says, made from its subject: nothing on it is typed a second time.

Each type of notice about a project has its composer here. Another module adds its own with
`register`: `workflow.py` does so for annual plans and adjustments.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from approvals.models import Subject
from funds.money import format_yuan, in_words
from organizations.models import Division, Organization, Parameter
from organizations.models.divisions import Level
from organizations.policies import Refusal
from projects.effects import APPROVED
from projects.models import Acceptance, Project
from projects.queries import approved_sources, figures_by_project
from projects.responsible import leader_and_owners

HOTLINE = "监督举报电话"
AUTHORS = "村“两委”、驻村工作队或乡镇经办（修改项目内容）"
TARGET_SETTERS = "乡镇经办或项目主管部门经办（填报绩效目标）"
LEADING_GROUP = "领导小组（审定资金来源）"
ADMINISTRATORS = "系统管理员（登记项目主管部门或领导小组办公室的办公电话）"


@dataclass(frozen=True)
class Line:
    """One element of a notice."""

    label: str
    text: str
    filled_by: str = ""  # who can fill it in; a line without this may stay empty


@dataclass(frozen=True)
class Composer:
    """How a notice of one type is made of a subject, and at which of its steps.

    `is_round`: each time that the subject comes to the step, a version of its own is due.
    `refuse` says what else stands in the way of publishing.
    """

    model: type[Subject]
    lines: Callable[[Any], list[Line]]
    statuses: tuple[str, ...]
    is_round: bool = False
    refuse: Callable[[Any], Refusal | None] | None = None


COMPOSERS: dict[str, Composer] = {}


def register(type_code: str, composer: Composer) -> None:
    COMPOSERS[type_code] = composer


def composer_of(type_code: str, subject: Subject) -> Composer:
    """LookupError where notices of this type are not about such a subject."""
    composer = COMPOSERS[type_code]
    if not isinstance(subject, composer.model):
        raise LookupError(f"{type_code} is not about {subject.life()}")
    return composer


def compose(type_code: str, subject: Subject) -> list[Line]:
    return composer_of(type_code, subject).lines(subject)


def codes_for(subject: Subject) -> list[str]:
    """The types of notice that there are about such a subject."""
    return sorted(code for code, c in COMPOSERS.items() if isinstance(subject, c.model))


def missing(lines: Iterable[Line]) -> list[Line]:
    return [line for line in lines if line.filled_by and not line.text.strip()]


def as_content(lines: Iterable[Line]) -> list[dict[str, str]]:
    return [{"label": line.label, "text": line.text} for line in lines]


# --- A project ------------------------------------------------------------------------------


def project_lines(project: Project) -> list[Line]:
    """The nine elements of 新扶贫领字〔2018〕76号 二(四), and three of 国开办发〔2018〕11号."""
    return [
        Line("扶贫项目名称", project.name, AUTHORS),
        Line("项目编号", project.code),
        Line("资金来源", funding(project), funding_holder(project)),
        Line("资金规模", scale(project), AUTHORS),
        Line("实施地点", places(project), AUTHORS),
        Line("建设内容", project.content, AUTHORS),
        Line("建设周期", span(project.planned_start, project.planned_end), AUTHORS),
        Line("补助标准", project.subsidy_standard or "无"),
        Line("绩效目标", targets(project), TARGET_SETTERS),
        Line("带贫减贫机制", linkage(project)),
        Line("实施单位及责任人", responsible(project), AUTHORS),
        Line(HOTLINE, hotline(project), ADMINISTRATORS),
    ]


def funding_holder(project: Project) -> str:
    return LEADING_GROUP if project.status in APPROVED else AUTHORS


def funding(project: Project) -> str:
    """What is asked for until the leading group has decided, then each source by its document."""
    parts = [
        f"{allotment.document_number} {allotment.get_level_display()}"
        f"{allotment.category} {format_yuan(amount)} 元"
        for allotment, amount in approved_sources(project)
    ]
    if not parts and project.status not in APPROVED and project.requested_amount:
        parts = [f"申请财政扶贫资金 {format_yuan(project.requested_amount)} 元"]
    if parts and project.self_raised:
        parts.append(f"自筹资金 {format_yuan(project.self_raised)} 元")
    return "；".join(parts)


def scale(project: Project) -> str:
    fiscal = approved(project) or project.requested_amount
    if not (project.total_investment and fiscal):
        return ""
    return (
        f"总投资 {format_yuan(project.total_investment)} 元，"
        f"其中财政资金 {format_yuan(fiscal)} 元（{in_words(fiscal)}）"
    )


def approved(project: Project) -> Decimal:
    return sum((amount for _, amount in approved_sources(project)), Decimal(0))


def places(project: Project) -> str:
    rows = project.places.select_related("division__parent")
    return "、".join(f"{where(place.division)}{place.note}" for place in rows)


def where(division: Division) -> str:
    """A village by its township's name as well."""
    if division.level == Level.VILLAGE and division.parent:
        return f"{division.parent.name}{division.name}"
    return division.name


def span(first: dt.date | None, last: dt.date | None) -> str:
    return f"{in_chinese(first)}至{in_chinese(last)}" if first and last else ""


def in_chinese(day: dt.date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def targets(project: Project) -> str:
    return "；".join(str(target) for target in project.targets.all())


def linkage(project: Project) -> str:
    labels = dict(Project.Linkage.choices)
    kinds = "、".join(str(labels.get(code, code)) for code in project.linkages)
    return "。".join(part for part in (kinds, project.linkage_note) if part) or "无"


def responsible(project: Project) -> str:
    """By real name, as they answer today; whom the proposal names until it is approved."""
    leader, owner = leader_and_owners(project)
    if not (project.implementing_unit.strip() and leader and owner):
        return ""
    return f"{project.implementing_unit}；责任领导 {leader}，责任人 {owner}"


def hotline(project: Project) -> str:
    """The department's office telephone, else that of the leading group's office, and 12317."""
    return reachable(project.county, [project.department.office_phone])


def reachable(county: Division, numbers: Iterable[str]) -> str:
    """The first office telephone of these and of the leading group's office, and 12317."""
    offices = Organization.objects.filter(
        division=county, kind=Organization.Kind.LEADING_GROUP, is_active=True
    )
    numbers = [*numbers, *(unit.office_phone for unit in offices)]
    office = next((number for number in numbers if number.strip()), "")
    return f"{office}、{Parameter.objects.value('notice.hotline')}" if office else ""


def completion_lines(project: Project) -> list[Line]:
    """What the project came to, besides what was announced of it."""
    *announced, phone = project_lines(project)
    return [*announced, *results(project), phone]


def results(project: Project) -> list[Line]:
    done = project.completions.first()
    accepted = project.acceptances.passed(Acceptance.Stage.FINAL).first()
    settled = project.settlements.first()
    assets = project.assetstatements.first()
    paid = figures_by_project([project])[project.earmark_id].paid
    lines = [
        Line(
            "资金使用情况",
            f"批准 {format_yuan(approved(project))} 元，已支付 {format_yuan(paid)} 元",
        )
    ]
    if done:
        lines.append(
            Line(
                "建设完成情况",
                f"{span(done.started_on, done.completed_on)}，{done.contractor}承建，"
                f"合同价 {format_yuan(done.contract_price)} 元",
            )
        )
    if accepted:
        words = f"{in_chinese(accepted.accepted_on)}由{accepted.lead_unit}组织验收，"
        lines.append(Line("验收结论", f"{words}{accepted.get_conclusion_display()}"))
    if settled:
        words = f"审定 {format_yuan(settled.audited_amount)} 元（{settled.report_number}），"
        lines.append(Line("决算与结余", f"{words}结余 {format_yuan(settled.surplus)} 元"))
    if assets and assets.leaves_assets:
        words = f"{assets.asset_name}，产权单位 {assets.owner_unit}，"
        lines.append(Line("资产与管护", f"{words}管护单位 {assets.keeper_unit}"))
    return lines


S = Project.Status
REVIEWED = (
    S.COUNTY_APPRAISAL, S.FEEDBACK, S.REVISION_NOTICE, S.SECOND_APPRAISAL, S.JOINT_REVIEW,
    S.DETERMINATION,
)  # fmt: skip
FINISHED = (S.SETTLEMENT, S.SETTLEMENT_REVIEW, S.ASSET_REGISTRATION, S.CLOSED)
register("N01", Composer(Project, project_lines, (S.VILLAGE_NOTICE,), is_round=True))
register("N02", Composer(Project, project_lines, (S.REVISION_NOTICE,), is_round=True))
register("N03", Composer(Project, project_lines, REVIEWED))
register("N07", Composer(Project, project_lines, APPROVED))
register("N08", Composer(Project, project_lines, (S.RESULT_FEEDBACK, S.IMPLEMENTATION)))
register("N09", Composer(Project, completion_lines, FINISHED))
