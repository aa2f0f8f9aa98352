"""The leading group meets: agenda, attendance, a recusal, votes, and everything decided at once."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from approvals.meetings import (
    MEETING_LIFE,
    add_item,
    call_meeting,
    cast_vote,
    check_in,
    close_meeting,
    recuse,
)
from approvals.models import AgendaItem, Meeting, MeetingMember, Vote
from organizations.models import Role
from projects.meetings import set_item_sources
from projects.models import Project

from .people import YANQI
from .plan import draw_up, keep_the_library, report, send_to_the_group
from .steps import act
from .story import Story, look_again

SERIES = {YANQI: "焉扶领纪"}
# Stands aside from the second item, on which a relative of his bids.
RECUSED = "柏长青"


def hold_meeting(stories: Sequence[Story]) -> None:
    """Everything that waits for it, in the order of the library."""
    waiting = [story for story in stories if story.goes_before_the_meeting]
    planned = [story for story in waiting if story.plan.ending != "reject"]
    keep_the_library(waiting)
    plan = send_to_the_group(draw_up(planned), planned[0])
    meeting = convene(waiting[0], 3, "审定项目、资金分配方案和年度项目计划")
    items = [(put_forward(meeting, story), story) for story in waiting]
    items.append((add_item(meeting=meeting, subject=plan, by=meeting.recorded_by), planned[0]))
    MEETING_LIFE.perform(meeting, "open_meeting", by=meeting.recorded_by)
    members = list(meeting.members.select_related("meeting__division", "post__user"))
    for member in members:
        check_in(member=member, by=member.post.user)
    for position, (item, story) in enumerate(items):
        for member in members:
            if position == 1 and member.post.user.real_name == RECUSED:
                recuse(item=item, member=member, reason="亲属参与投标", by=member.post.user)
            else:
                vote(item, story, member)
    number = f"{SERIES.get(waiting[0].plan.county, '静扶领纪')}〔{meeting.held_on.year}〕3号"
    chair = next(member.post.user for member in members if member.is_chair)
    close_meeting(meeting=meeting, by=chair, minutes_document=number, comment="按表决结果形成决议")
    if planned[0].plan.county == YANQI:
        report(plan, planned[0])


def begin_next_meeting(stories: Sequence[Story]) -> None:
    """It sits while the visitor looks in: four of five are there, one has voted."""
    waiting = [s for s in stories if s.project.status == Project.Status.DETERMINATION]
    meeting = convene(waiting[0], 4, "审定第二批项目和资金分配方案")
    items = [put_forward(meeting, story) for story in waiting]
    MEETING_LIFE.perform(meeting, "open_meeting", by=meeting.recorded_by)
    present = list(meeting.members.select_related("meeting__division", "post__user"))[:4]
    for member in present:
        check_in(member=member, by=meeting.recorded_by)
    vote(items[0], waiting[0], present[-1])


def convene(story: Story, number: int, agenda: str) -> Meeting:
    held_on = timezone.localdate()
    chair = story.person(Role.GROUP_MEMBER)
    county = story.project.county
    return call_meeting(
        county=county,
        by=story.person(Role.GROUP_SECRETARY),
        name=f"{held_on.year}年第{number}次会议",
        held_on=held_on,
        chair=next(post for post in chair.posts_today if post.division == county),
        place="县政府二楼会议室",
        agenda=agenda,
    )


def put_forward(meeting: Meeting, story: Story) -> AgendaItem:
    by, plan = meeting.recorded_by, story.plan
    act(story.project, "check_prohibited", by)
    look_again(story)
    item = add_item(meeting=meeting, subject=story.project, by=by)
    if plan.ending == "reject":
        return item
    tag = story.scene.tags[plan.document, plan.category]
    return set_item_sources(item=item, sources=[(tag, plan.amount)], by=by)


def vote(item: AgendaItem, story: Story, member: MeetingMember) -> None:
    rejected = story.plan.ending == "reject"
    cast_vote(
        item=item,
        choice=Vote.Choice.REJECT if rejected else Vote.Choice.AGREE,
        seen_digest=item.digest,
        by=member.post.user,
        comment="步道亮化属景观设施，与帮扶对象增收关联不足" if rejected else "",
    )
