from __future__ import annotations

from django.urls import reverse

from organizations.models import Role, User
from organizations.policies import Refusal, refuse_without
from projects.criteria import DOCUMENT
from projects.models import Project

from .models import Declaration, Monitoring

CLAUSE = f"{DOCUMENT} 二(六)"
S = Project.Status
D = Declaration.Status
SETTERS = (Role.VILLAGE_CADRE, Role.WORK_TEAM, Role.TOWNSHIP_CLERK, Role.PROJECT_CLERK)
PUBLISHERS = (Role.PROJECT_CLERK,)
MONITORS = (Role.TOWNSHIP_CLERK,)
# Before the meeting has it.
OPEN = (
    S.DRAFT, S.VILLAGE_NOTICE, S.TOWNSHIP_REVIEW, S.COUNTY_APPRAISAL, S.FEEDBACK, S.REVISION,
    S.REVISION_NOTICE, S.SECOND_APPRAISAL, S.JOINT_REVIEW,
)  # fmt: skip
OVER = (S.REJECTED, S.LEFT, S.CLOSED)


def url_of(project: Project) -> str:
    return reverse("target_list", args=(project.pk,))


def targets_stand(project: Project) -> Refusal | None:
    """Why the project's indicators are not open to change; the database holds the same."""
    latest = Declaration.objects.latest_of(project)
    if latest is None:
        return too_late(project)
    if latest.status == D.DRAFT:
        return None
    if latest.status == D.APPROVED:
        return Refusal(
            f"绩效目标第{latest.number}版已审核通过，批复后原则上不得调整，"
            "确需调整的先登记调整原因",
            who_can_clear="填报人（登记绩效目标调整）",
            url=url_of(project),
        )
    return Refusal(
        f"绩效目标申报表第{latest.number}版现为“{latest.get_status_display()}”，不能改动",
        who_can_clear="现办理人（退回）",
        url=latest.get_absolute_url(),
    )


def too_late(project: Project) -> Refusal | None:
    """Of a project that has no declaration at all."""
    if project.status in OPEN:
        return None
    return Refusal(
        f"项目现为“{project.get_status_display()}”，没有填报绩效目标，批复后原则上不得调整",
        who_can_clear="填报人（登记绩效目标调整）",
        url=url_of(project),
    )


def refuse_setting(project: Project, user: User) -> Refusal | None:
    return refuse_without(user, SETTERS, project.division) or targets_stand(project)


def no_new_version(project: Project) -> Refusal | None:
    if project.status in OVER:
        return Refusal(
            f"项目现为“{project.get_status_display()}”，绩效目标不再调整",
            who_can_clear="本人（无须再办）",
        )
    latest = Declaration.objects.latest_of(project)
    if latest and latest.status != D.APPROVED:
        return Refusal(
            f"绩效目标申报表第{latest.number}版尚未审核通过，直接修改或等待审核",
            who_can_clear="现办理人",
            url=latest.get_absolute_url(),
        )
    if latest is None and project.status in OPEN:
        return Refusal("尚未填报绩效目标，直接填报", who_can_clear="填报人", url=url_of(project))
    return None


def refuse_new_version(project: Project, user: User) -> Refusal | None:
    return refuse_without(user, SETTERS, project.division) or no_new_version(project)


def not_to_publish(declaration: Declaration) -> Refusal | None:
    if declaration.status != D.APPROVED:
        return Refusal("绩效目标审核通过后公开", who_can_clear="现办理人（审核）")
    if not declaration.project.meeting_id:
        return Refusal("项目经领导小组审定后，绩效目标随项目公开", who_can_clear="领导小组（审定）")
    if hasattr(declaration, "publication"):
        return Refusal(
            f"已于 {declaration.publication.published_on} 公开", who_can_clear="本人（无须再办）"
        )
    return None


def refuse_publishing(declaration: Declaration, user: User) -> Refusal | None:
    return refuse_without(user, PUBLISHERS, declaration.division) or not_to_publish(declaration)


def not_to_monitor(project: Project) -> Refusal | None:
    if not project.meeting_id or project.status in OVER:
        return Refusal(
            f"项目现为“{project.get_status_display()}”，审定后、办结前填报绩效监控",
            who_can_clear="领导小组（审定）",
        )
    if Declaration.objects.approved_of(project) is None:
        return Refusal(
            "项目没有审核通过的绩效目标", CLAUSE, "填报人（登记绩效目标调整）", url_of(project)
        )
    draft = Monitoring.objects.filter(project=project).exclude(status="approved").first()
    if draft is None:
        return None
    return Refusal(
        f"{draft.number} 尚未审核通过", who_can_clear="现办理人", url=draft.get_absolute_url()
    )


def refuse_monitoring(project: Project, user: User) -> Refusal | None:
    return refuse_without(user, MONITORS, project.division) or not_to_monitor(project)


def refuse_amending(monitoring: Monitoring, user: User) -> Refusal | None:
    refusal = refuse_without(user, MONITORS, monitoring.division)
    if refusal or monitoring.status == Monitoring.Status.DRAFT:
        return refusal
    return Refusal(
        f"监控表现为“{monitoring.get_status_display()}”，不能改动",
        who_can_clear="现办理人（退回）",
    )
