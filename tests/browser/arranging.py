"""What a journey begins with, walked to in the site's own database without a browser (by
`office.backstage`): that part of its life has a journey of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from unittest import mock

from django.utils import timezone

from approvals.meetings import add_item
from config.demo.library import Plan
from config.demo.meeting import SERIES, convene, put_forward
from config.demo.people import HEJING, YANQI, Staff
from config.demo.plan import draw_up, send_to_the_group
from config.demo.story import Scene, Story, begin, finish
from organizations.models import Division, Post, Role
from projects import effects
from projects.models import PaymentRequest, Project
from tests import factories as make
from tests.cast import Cast

MEETING_NUMBERS = iter(range(21, 40))
OURS = 99  # the number of a project for which the demonstration has no contract and no payment
P = PaymentRequest.Status


def approve(plan: Plan) -> str:
    """Proposed, reviewed, determined in a meeting of its own with money that came in for it, and
    told to the village: 组织实施. `plan.document` is the document of the money. The address."""
    story, cast = propose(plan)
    decide(story, cast)
    return finish(story).get_absolute_url()


def propose(plan: Plan) -> tuple[Story, Cast]:
    """Up to 领导小组审定, with its money in the pool where the plan names a document."""
    staff = present_staff()
    village = Division.objects.get(code=plan.division)
    cast = cast_over(village, staff)
    tags = {}
    if plan.document:
        money = make.funded_allotment(cast, str(plan.amount), number=plan.document)
        tags[plan.document, plan.category] = money
    codes = (YANQI, plan.county, plan.division)
    divisions = {d.code: d for d in Division.objects.filter(code__in=codes)}
    return begin(Scene(staff, divisions, tags), plan), cast


def pass_on_unseen(number: str) -> None:
    """A payment request that was sent in, to 待支付."""
    request = PaymentRequest.objects.get(number=number)
    cast = cast_over(request.division, present_staff())
    for action, who in make.PAYMENT_STEPS[1:-1]:
        make.do(request, action, cast, who)
    assert request.status == P.PAYMENT


def request_waiting_for_payment(project: str, amount: str, invoice: str) -> tuple[str, str]:
    """The number of a progress payment that finance released, on the project's only contract;
    the address of the contract. `project` is its address."""
    row = Project.objects.get(pk=number_in(project))
    cast = cast_over(row.division, present_staff())
    request = make.draft_payment(cast, row, amount, invoice_number=invoice)
    make.do(request, "submit", cast, "township_clerk")
    pass_on_unseen(request.number)
    assert request.contract
    return request.number, request.contract.get_absolute_url()


def number_in(address: str) -> int:
    """Of the thing that the address leads to."""
    return int(address.split("#")[0].strip("/").split("/")[-1])


@contextmanager
def booked_on(day: dt.date) -> Iterator[None]:
    """What comes in and goes out meanwhile is of that day; everything else is of today."""
    clock = SimpleNamespace(localdate=lambda: day, now=timezone.now)
    with (
        mock.patch.object(effects, "timezone", clock),
        mock.patch.object(make, "today", clock.localdate),
    ):
        yield


def present_staff() -> Staff:
    staff = Staff()
    for post in Post.objects.select_related("organization__division", "user").order_by("pk"):
        unit = post.organization
        staff.holders[Role(post.role), unit.division.code].append((unit.name, post.user))
    return staff


def cast_over(village: Division, staff: Staff) -> Cast:
    """Who holds each role over the village, by the names that the factories know them by."""
    counties = Division.objects.filter(code__in=(YANQI, HEJING))
    (own,) = (c for c in counties if c.path in village.paths_above())
    (other,) = (c for c in counties if c != own)
    users = {role.value: staff.of(role, village) for role in Role if role in roles_over(village)}
    township = village.parent
    assert township
    return Cast(own, other, township, village, users)


def roles_over(village: Division) -> set[str]:
    held = Post.objects.filter(organization__division__path__in=village.paths_above())
    return set(held.values_list("role", flat=True))


def decide(story: Story, cast: Cast) -> None:
    """The project and a plan that lists it, agreed to by everybody."""
    plan = send_to_the_group(draw_up([story]), story)
    number = next(MEETING_NUMBERS)
    held = convene(story, number, "审定项目和资金分配方案")
    items = [put_forward(held, story)]
    items.append(add_item(meeting=held, subject=plan, by=held.recorded_by))
    make.open_meeting(cast, held)
    for item in items:
        make.vote_on(item)
    series = SERIES.get(story.plan.county, "静扶领纪")
    make.close(cast, held, number=f"{series}〔{held.held_on.year}〕{number}号")
