"""A payment is charged by the rule that the meeting decided with the money: the oldest source
first, or each its part of what was approved, to the fen and to the last one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from approvals.meetings import add_item
from approvals.models import AgendaItem, Decision
from approvals.workflow import ConditionUnmet
from funds.models import Allotment
from organizations.policies import Refused
from projects.charging import by_shares, refuse_other_shares
from projects.meetings import set_item_sources
from projects.models import ItemCharge, PaymentRequest, Project, ProjectCharge
from projects.workflow import PAYMENT
from tests import factories as make
from tests.cast import Cast
from tests.lives import unruled
from tests.plain_sql import commit_rules
from tests.projects.pages import enter, read, send

WHY = "中央和自治区资金须同步支出"
Y = Decimal
FENS = st.integers(min_value=0, max_value=10**9).map(lambda fen: Decimal(fen) / 100)


@given(st.lists(st.tuples(FENS, FENS), min_size=1, max_size=5), st.lists(FENS, max_size=6))
def test_parts_add_up_and_none_bears_more_than_it_has(
    sources: list[tuple[Decimal, Decimal]], asked: list[Decimal]
) -> None:
    """Whatever is asked for in which order, until nothing is left: the last takes the rest."""
    left = {tag: there for tag, (there, _) in enumerate(sources)}
    approved = {tag: there + more for tag, (there, more) in enumerate(sources)}
    for amount in [*asked, None]:
        wanted = sum(left.values(), Y(0)) if amount is None else amount
        if wanted > sum(left.values(), Y(0)):
            with pytest.raises(Refused, match="差"):
                by_shares(wanted, left, approved)
            continue
        shares = by_shares(wanted, left, approved)
        assert sum(shares.values(), Y(0)) == wanted
        whole = sum(approved.values(), Y(0))
        for tag, there in left.items():
            share = shares.get(tag, Y(0))
            assert 0 <= share <= there
            assert share == there or share > wanted * approved[tag] / whole - Y("0.01")
        left = {tag: there - shares.get(tag, Y(0)) for tag, there in left.items()}
    assert not any(left.values())


def in_parts(cast: Cast, client: Client) -> tuple[Project, list[Allotment]]:
    """100,000.01 and 50,000.02, to be charged in these parts; the secretary writes it down."""
    first = make.funded_allotment(cast, 300_000)
    second = make.funded_allotment(cast, 200_000)
    project = make.project_before_meeting(cast)
    plan, held = make.plan_with(cast, project), make.meeting(cast)
    sources = [(first, Y("100000.01")), (second, Y("50000.02"))]
    item = make.agenda_item(cast, held, project, sources)
    before = item.digest
    url = f"/meetings/items/{item.pk}/sources/"
    typed = {f"source_{tag.pk}": str(amount) for tag, amount in sources}
    enter(client, cast, "group_secretary")
    assert "按批复比例分摊须写明理由" in send(client, url, typed | {"charge_rule": "shares"}, 200)
    send(client, url, typed | {"charge_rule": "shares", "charge_reason": WHY})
    item = AgendaItem.objects.get(pk=item.pk)
    assert item.digest != before
    plan_item = add_item(meeting=held, subject=plan, by=cast["group_secretary"])
    make.open_meeting(cast, held)
    for each in (item, plan_item):
        make.vote_on(AgendaItem.objects.get(pk=each.pk))
    make.close(cast, held, number=make.minutes_number())
    commit_rules()
    project.refresh_from_db()
    make.do(project, "announce_result", cast, "project_reviewer")
    make.contract(cast, project)
    return project, [first, second]


def borne(request: PaymentRequest) -> list[Decimal]:
    return [source.amount for source in request.sources.order_by("allotment__pk")]


def test_what_the_meeting_decided_is_stored_shown_and_followed(client: Client, cast: Cast) -> None:
    project, tags = in_parts(cast, client)
    assert str(ProjectCharge.objects.get(project=project)) == f"按批复比例分摊（{WHY}）"
    assert WHY in read(enter(client, cast, "auditor"), project.get_absolute_url())
    request = make.draft_payment(cast, project, "60000.01")
    assert borne(request) == [Y("40000.01"), Y("20000.00")]
    assert WHY in read(client, request.get_absolute_url())
    enter(client, cast, "township_clerk")
    preview = read(client, f"/projects/{project.pk}/payments/preview/?amount=60000.01")
    assert "40,000.01" in preview and WHY in preview
    # Taken from the oldest first, as nobody decided: refused by the page and by the database.
    with unruled():
        request.sources.filter(allotment=tags[0]).update(amount=Y("60000.00"))
        request.sources.filter(allotment=tags[1]).update(amount=Y("0.01"))
    with pytest.raises(ConditionUnmet, match="不是按批复比例分摊的"):
        make.do(request, "submit", cast, "township_clerk")
    with unruled():
        request.sources.filter(allotment=tags[0]).update(amount=Y("40000.01"))
        request.sources.filter(allotment=tags[1]).update(amount=Y("20000.00"))
    for action, who in make.PAYMENT_STEPS:
        make.do(request, action, cast, who)
    commit_rules()
    last = make.draft_payment(cast, project, "90000.02")
    assert borne(last) == [Y("60000.00"), Y("30000.02")]
    assert refuse_other_shares(last) is None
    make.do(last, "submit", cast, "township_clerk")
    commit_rules()


def test_the_database_holds_the_rule(client: Client, cast: Cast) -> None:
    project, tags = in_parts(cast, client)
    request = make.draft_payment(cast, project, "60000.01")
    with unruled():
        request.sources.filter(allotment=tags[0]).update(amount=Y("60000.00"))
        request.sources.filter(allotment=tags[1]).update(amount=Y("0.01"))
    with pytest.raises(DatabaseError, match="没有按批复比例承担"), transaction.atomic():
        step_past_the_condition(cast, request)
    for statement in (
        lambda: ProjectCharge.objects.update(rule="fifo"),
        lambda: ProjectCharge.objects.all().delete(),
        lambda: ItemCharge.objects.update(reason="改"),
        lambda: ProjectCharge.objects.create(
            project=make.draft_project(cast),
            decision=Decision.objects.earliest("pk"),
            rule="shares",
            reason="无",
        ),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            statement()


def step_past_the_condition(cast: Cast, request: PaymentRequest) -> None:
    kept = PAYMENT.conditions.pop("submit")
    try:
        make.do(request, "submit", cast, "township_clerk")
        commit_rules()
    finally:
        PAYMENT.conditions["submit"] = kept


def test_a_rule_changed_behind_the_votes_is_voted_on_again(cast: Cast) -> None:
    tag = make.funded_allotment(cast, 300_000)
    held, project = make.meeting(cast), make.project_before_meeting(cast)
    item = make.agenda_item(cast, held, project, [(tag, make.yuan(100_000))])
    make.open_meeting(cast, held)
    make.vote_on(AgendaItem.objects.get(pk=item.pk))
    ItemCharge.objects.create(item=item, rule="shares", reason=WHY)
    with pytest.raises(Refused, match="在表决后有变动"):
        make.close(cast, held, number=make.minutes_number())
    set_item_sources(
        item=item, sources=[(tag, make.yuan(100_000))], by=cast["group_secretary"],
        amendment="改按比例分摊", charge=("shares", WHY),
    )  # fmt: skip
    assert AgendaItem.objects.get(pk=item.pk).is_amended
