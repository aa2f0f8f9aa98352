from __future__ import annotations

from django.db.models import QuerySet

from approvals.meetings import SECRETARIES
from approvals.models import Meeting
from organizations.models import Division, Organization, Post, Role, User
from organizations.models.divisions import Level
from organizations.policies import (
    Refusal,
    Refused,
    WrongRole,
    demand,
    refuse_without,
    role_names,
)

from .adjusting import not_adjustable, open_adjustment
from .effects import unapproved
from .models import Adjustment, PaymentRequest, Project
from .plans import not_in_plan
from .workflow import CLAUSE, VILLAGE

PROJECT_READERS = tuple(role for role in Role if role != Role.SYSTEM_ADMIN)
APPLICANTS = (Role.TOWNSHIP_CLERK,)
ADJUSTERS = (Role.TOWNSHIP_CLERK,)
NO_LONGER_PROPOSED = (Project.Status.REJECTED, Project.Status.LEFT)
# While the village or the township still works on the text.
EDITABLE = (Project.Status.DRAFT, Project.Status.REVISION)


def demand_project_reader(user: User) -> None:
    """Raises WrongRole (403): who hands out accounts reads no projects."""
    if not user.roles().intersection(PROJECT_READERS):
        raise WrongRole(
            "项目由各级承办、审批和监督岗位查阅", who_can_clear=role_names(PROJECT_READERS)
        )


def demand_post(user: User, roles: tuple[Role, ...]) -> list[Post]:
    """The posts of today with one of these roles, wherever. Raises WrongRole."""
    posts = [post for post in user.posts_today if post.role in roles]
    if not posts:
        raise WrongRole(
            f"此项由{role_names(roles)}办理，您没有这一岗位", who_can_clear=role_names(roles)
        )
    return posts


def raise_if(refusal: Refusal | None, *, wrong_role: Refusal | None = None) -> None:
    """Turn an answer into an exception: 403 for the person, 409 for the state of the thing."""
    if wrong_role:
        raise WrongRole(wrong_role.reason, who_can_clear=wrong_role.who_can_clear)
    if refusal:
        raise Refused(refusal.reason, clause=refusal.clause, who_can_clear=refusal.who_can_clear)


def demand_secretary(user: User, meeting: Meeting, *statuses: str) -> None:
    """Raises WrongRole (403), or Refused (409) where the meeting is past it."""
    demand(user, SECRETARIES, meeting.division)
    if meeting.status not in statuses:
        raise Refused(
            f"会议现为“{meeting.get_status_display()}”，不能办理",
            who_can_clear="领导小组办公室（另行召集会议）",
        )


def divisions_to_propose_for(user: User) -> QuerySet[Division]:
    """The villages and townships for which this person may put forward projects."""
    paths = [post.division.path for post in user.posts_today if post.role in VILLAGE]
    levels = (Level.TOWNSHIP, Level.VILLAGE)
    return Division.objects.within(paths).filter(level__in=levels, is_current=True)


def counties_over(divisions: QuerySet[Division]) -> QuerySet[Division]:
    codes = {division.county_code for division in divisions}
    return Division.objects.filter(code__in=codes)


def departments_of(counties: QuerySet[Division]) -> QuerySet[Organization]:
    kinds = (Organization.Kind.PROJECT_DEPARTMENT, Organization.Kind.INDUSTRY)
    return Organization.objects.filter(division__in=counties, kind__in=kinds, is_active=True)


def no_longer_editable(project: Project) -> Refusal | None:
    if project.status in EDITABLE:
        return None
    return Refusal(
        f"项目现为“{project.get_status_display()}”，只有在村级谋划或修改完善时可以改动内容",
        CLAUSE,
        "现办理人（退回）",
    )


def same_project(
    division: Division, year: int, name: str, but: Project | None = None
) -> Refusal | None:
    """Why this would be the same project a second time; the database holds the same."""
    namesakes = division.projects.filter(year=year, name=name)
    other = (
        namesakes.exclude(status__in=NO_LONGER_PROPOSED).exclude(pk=but.pk if but else 0)
    ).first()
    if other is None:
        return None
    return Refusal(
        f"{division.name}{other.year}年度已有同名项目“{other.name}”（{other.code}），没有重复申报",
        who_can_clear="申报人（改用能区分的名称）",
    )


def foreign_department(county: Division, department: Organization) -> Refusal | None:
    if department.division.county_code == county.code:
        return None
    return Refusal(f"主管部门“{department}”不在{county.name}", who_can_clear="申报人")


def same_draft(request: PaymentRequest) -> Refusal | None:
    """Why this would be the same request a second time; the database holds the same."""
    drafts = request.project.payments.filter(status=PaymentRequest.Status.DRAFT)
    other = (
        drafts.filter(
            kind=request.kind, payee_name=request.payee_name, amount=request.amount
        ).exclude(pk=request.pk)
    ).first()
    if other is None:
        return None
    return Refusal(
        f"拨付申请 {other.number} 正在填报，款项性质、收款人和金额都相同，没有重复申请",
        who_can_clear="申请人（先送审或作废那一份）",
    )


def refuse_revision(project: Project, user: User) -> Refusal | None:
    return refuse_without(user, VILLAGE, project.division) or no_longer_editable(project)


def refuse_application(project: Project, user: User) -> Refusal | None:
    """Why this person can not ask for a payment of this project. Retention money is asked for
    when everything else is over."""
    is_late = project.status == Project.Status.CLOSED and project.contracts.standing().exists()
    return (
        refuse_without(user, APPLICANTS, project.division)
        or (None if is_late else unapproved(project))
        or not_in_plan(project)
    )


def already_sent(request: PaymentRequest) -> Refusal | None:
    if request.status == PaymentRequest.Status.DRAFT:
        return None
    return Refusal(
        f"拨付申请现为“{request.get_status_display()}”，只有填报时可以改动内容",
        who_can_clear="现办理人（退回）",
    )


def refuse_amendment(request: PaymentRequest, user: User) -> Refusal | None:
    return refuse_without(user, APPLICANTS, request.division) or already_sent(request)


def refuse_adjusting(project: Project, user: User) -> Refusal | None:
    """Why this person can not ask for a change of this project now."""
    return (
        refuse_without(user, ADJUSTERS, project.division)
        or not_adjustable(project)
        or open_adjustment(project)
    )


def already_put_forward(adjustment: Adjustment) -> Refusal | None:
    if adjustment.status == Adjustment.Status.DRAFT:
        return None
    return Refusal(
        f"项目调整现为“{adjustment.get_status_display()}”，只有填报时可以改动内容",
        who_can_clear="现办理人（退回）",
    )


def refuse_rewriting(adjustment: Adjustment, user: User) -> Refusal | None:
    return refuse_without(user, ADJUSTERS, adjustment.division) or already_put_forward(adjustment)
