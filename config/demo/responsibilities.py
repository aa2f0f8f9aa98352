"""Who answers for the demonstration's projects: one fully named, one being handed over, the
others as the approval left them, so that what is missing can be seen."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.utils import timezone

from organizations.models import Post, Role, User
from projects.models import Project, Responsibility
from projects.responsibilities import NAMERS, hand_over, holder_of, name_responsible

from .story import Story

D = Responsibility.Duty
NAMED, HANDED_OVER = 1, 8  # numbers of the projects
FOLLOWER = "柏长青"
WHO = (
    (D.LEAD_CHIEF, Role.PROJECT_REVIEWER),
    (D.FIN_REVIEWER, Role.FINANCE_REVIEWER),
    (D.DEPT_SUPERVISOR, Role.PROJECT_CLERK),
    (D.TOWN_OWNER, Role.TOWNSHIP_REVIEWER),
    (D.VILLAGE_OWNER, Role.VILLAGE_CADRE),
)


def name_everybody(stories: Sequence[Story]) -> None:
    by_number = {story.plan.no: story for story in stories if story.plan.no}
    name_all(by_number[NAMED])
    change_leader(by_number[HANDED_OVER])


def name_all(story: Story) -> None:
    project = Project.objects.get(pk=story.project.pk)
    for duty, role in WHO:
        name_responsible(
            project=project,
            duty=duty,
            holder=holder_of(post_of(story.person(role))),
            valid_from=timezone.localdate(),
            reason="项目责任分工",
            by=story.person(NAMERS[duty]),
        )


def change_leader(story: Story) -> None:
    """From tomorrow on; whoever follows has not accepted yet."""
    former = Responsibility.objects.get(
        project_id=story.project.pk, duty=D.PROJ_LEADER, valid_until=None
    )
    hand_over(
        former=former,
        holder=holder_of(Post.objects.get(user__real_name=FOLLOWER)),
        valid_from=timezone.localdate() + dt.timedelta(days=1),
        reason="领导分工调整",
        by=story.person(NAMERS[D.PROJ_LEADER]),
    )


def post_of(user: User) -> Post:
    return user.posts_today[0]
