from __future__ import annotations

from organizations.models import Role, User
from organizations.policies import Refusal, refuse_without
from projects.models import Project

from .workflow import CLAUSE

S = Project.Status
SETTERS = (Role.VILLAGE_CADRE, Role.WORK_TEAM, Role.TOWNSHIP_CLERK, Role.PROJECT_CLERK)
# Once the meeting has decided, targets change only by adjustment of the project.
OPEN = (
    S.DRAFT, S.VILLAGE_NOTICE, S.TOWNSHIP_REVIEW, S.COUNTY_APPRAISAL, S.FEEDBACK, S.REVISION,
    S.REVISION_NOTICE, S.SECOND_APPRAISAL, S.JOINT_REVIEW,
)  # fmt: skip


def targets_stand(project: Project) -> Refusal | None:
    if project.status in OPEN:
        return None
    return Refusal(
        f"项目现为“{project.get_status_display()}”，绩效目标批复后原则上不得调整",
        CLAUSE,
        "领导小组（暂缓退回后）",
    )


def refuse_setting(project: Project, user: User) -> Refusal | None:
    return refuse_without(user, SETTERS, project.division) or targets_stand(project)
