from __future__ import annotations

from django.utils import timezone

from organizations.models import Role, User
from organizations.policies import Refusal, refuse_without
from projects.models import Project

from .models import Notice
from .workflow import CLAUSE

S = Project.Status
ROUND_AT = {S.VILLAGE_NOTICE: Notice.Round.PROPOSAL, S.REVISION_NOTICE: Notice.Round.REVISION}
POSTERS = (Role.VILLAGE_CADRE, Role.WORK_TEAM, Role.TOWNSHIP_CLERK)
# The rule that the parameter `notice.min_days` carries out.
DAYS_CLAUSE = "国开办发〔2018〕11号：原则上不少于10天"


def not_awaited(project: Project) -> Refusal | None:
    """Why no notice can be recorded for the project as it stands."""
    if S(project.status) not in ROUND_AT:
        return Refusal(
            f"项目现为“{project.get_status_display()}”，此时不登记公示", CLAUSE, "现办理人"
        )
    if standing_notice(project):
        return Refusal("本次公示已登记，请在期满后办结", CLAUSE, "村“两委”或乡镇经办")
    return None


def standing_notice(project: Project) -> Notice | None:
    """The notice of this round that has not come down."""
    return project.notices.filter(
        round=ROUND_AT[S(project.status)],
        taken_down_on__isnull=True,
        recorded_at__gte=project.status_since,
    ).first()


def refuse_posting(project: Project, user: User) -> Refusal | None:
    return refuse_without(user, POSTERS, project.division) or not_awaited(project)


def not_yet_over(notice: Notice) -> Refusal | None:
    if notice.taken_down_on is not None:
        return Refusal("本公示已办结")
    if timezone.localdate() < notice.may_end_on:
        return Refusal(
            f"公示未满期：{notice.posted_on} 张贴（当日不计），最早 {notice.may_end_on} 撤下",
            DAYS_CLAUSE,
            "期满后由村“两委”、驻村工作队或乡镇经办",
        )
    return None


def refuse_ending(notice: Notice, user: User) -> Refusal | None:
    return refuse_without(user, POSTERS, notice.project.division) or not_yet_over(notice)
