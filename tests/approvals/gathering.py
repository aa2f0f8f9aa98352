"""A leading group of any size and projects that wait for it, without walking there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from approvals.meetings import MEETING_LIFE, add_item, call_meeting, cast_vote, check_in
from approvals.models import AgendaItem, Meeting, MeetingMember, Vote
from funds.models import Allotment
from organizations.models import Organization, Role, User
from projects.meetings import set_item_sources
from projects.models import Project
from tests import factories as make
from tests import lives
from tests.cast import Cast, make_person

AGREE, DEFER, REJECT = Vote.Choice.AGREE, Vote.Choice.DEFER, Vote.Choice.REJECT
GROUP = "焉耆县扶贫开发领导小组"


@dataclass
class Gathering:
    """`members` in the order of the roster, the chair first."""

    cast: Cast
    meeting: Meeting

    @property
    def members(self) -> list[MeetingMember]:
        rows = self.meeting.members.select_related("meeting__division", "post__user")
        return list(rows.order_by("-is_chair", "id"))

    def user(self, index: int) -> User:
        """Fresh, as a request would load it."""
        return User.objects.get(pk=self.members[index].post.user_id)

    @property
    def chair(self) -> User:
        return self.user(0)

    @property
    def secretary(self) -> User:
        return self.cast["group_secretary"]

    def put(self, project: Project, sources: Sequence[tuple[Allotment, str | int]]) -> AgendaItem:
        item = add_item(meeting=self.meeting, subject=project, by=self.secretary)
        taken = [(tag, make.yuan(amount)) for tag, amount in sources]
        return set_item_sources(item=item, sources=taken, by=self.secretary)

    def open(self, present: int | None = None) -> None:
        """With the first `present` of the roster in the room, everybody when not said."""
        MEETING_LIFE.perform(self.meeting, "open_meeting", by=self.secretary)
        self.come(range(len(self.members))[:present])

    def come(self, indices: Sequence[int]) -> None:
        for index in indices:
            check_in(member=self.members[index], by=self.user(index))

    def vote(self, item: AgendaItem, index: int, choice: str = AGREE) -> Vote:
        item = AgendaItem.objects.select_related("meeting__division").get(pk=item.pk)
        return cast_vote(item=item, choice=choice, seen_digest=item.digest, by=self.user(index))

    def vote_all(self, item: AgendaItem, choice: str = AGREE) -> None:
        for index in range(len(self.members)):
            self.vote(item, index, choice)


def gather(cast: Cast, members: int = 3, name: str = "2025年第3次会议") -> Gathering:
    """A meeting in preparation of a group with so many members."""
    group = Organization.objects.get(name=GROUP)
    for number in range(group.posts.filter(role=Role.GROUP_MEMBER).count(), members):
        make_person(f"member_{number}", f"成员{number}", Role.GROUP_MEMBER, group, "成员")
    meeting = call_meeting(
        county=cast.county,
        by=cast["group_secretary"],
        name=name,
        held_on=make.today(),
        chair=cast.post("group_member"),
    )
    return Gathering(cast, meeting)


def waiting_project(cast: Cast) -> Project:
    """Before the leading group and checked by its office, asking for 500,000."""
    project = make.draft_project(cast)
    with transaction.atomic():
        lives.place(project, Project.Status.DETERMINATION, cast)
    make.do(project, "check_prohibited", cast, "group_secretary")
    return project


def item_of(gathering: Gathering, tag: Allotment, amount: str | int = 100) -> AgendaItem:
    return gathering.put(waiting_project(gathering.cast), [(tag, amount)])


def status_of(project_id: int) -> str:
    return str(Project.objects.get(pk=project_id).status)


def again(item: AgendaItem) -> AgendaItem:
    """As the database has it now."""
    return AgendaItem.objects.select_related("meeting__division").get(pk=item.pk)


def in_pool(tag: Allotment) -> Decimal:
    return tag.accounts.get(kind="pool").balance
