"""Members, secretaries and chairs at the same moment, in threads with commits of their own; and a
chair whose machine dies in the middle of closing."""

from __future__ import annotations

from typing import Any

from approvals.meeting_rules import tally
from approvals.meetings import ContentChanged, amend_item, cast_vote, close_meeting, recuse
from approvals.models import AgendaItem, Decision, Vote
from approvals.transitions import WrongState
from funds.models import Account, Allotment, Voucher
from funds.verification import verify_county
from organizations.policies import Refused
from projects.models import ProjectSource
from tests import factories as make
from tests.approvals.gathering import AGREE, Gathering, again, gather, in_pool, item_of, status_of
from tests.cast import Cast
from tests.databases import at_once
from tests.dying import killed_at_every_statement


def close(held: Gathering, number: int = 1) -> Decision:
    return close_meeting(
        meeting=held.meeting, by=held.chair, minutes_document=f"焉扶领纪〔2025〕{number}号",
        comment="",
    )  # fmt: skip


def ready(cast: Cast, tag: Allotment, amount: int, name: str = "第1次会议") -> Gathering:
    """A meeting that only has to be closed."""
    held = gather(cast, 3, name=name)
    item = item_of(held, tag, amount)
    held.open()
    held.vote_all(item)
    return held


def test_two_meetings_race_for_the_last_money(committed_cast: Cast) -> None:
    """Exactly one wins; the other is told what is missing and has written nothing."""
    cast = committed_cast
    tag = make.funded_allotment(cast, 600)
    meetings = [ready(cast, tag, 500, name=f"第{n}次会议") for n in (1, 2)]
    outcomes = at_once(2, lambda n: close(meetings[n], number=n + 1))
    (won,) = [n for n, o in enumerate(outcomes) if isinstance(o, Decision)]
    lost = outcomes[1 - won]
    assert isinstance(lost, Refused)
    assert "资金池 可用 100.00 元，本次 500.00 元，差 400.00 元" in lost.refusal.reason
    assert "议题“1. " in lost.refusal.reason
    for n, held in enumerate(meetings):
        held.meeting.refresh_from_db()
        item = held.meeting.items.get()
        assert held.meeting.status == ("closed" if n == won else "open")
        assert (item.outcome == "agreed") == (n == won)
        assert status_of(item.subject_id) == ("result_feedback" if n == won else "determination")
    assert in_pool(tag) == 100
    assert ProjectSource.objects.count() == Voucher.objects.filter(kind="allocate").count() == 1
    assert not verify_county(cast.county).problems


def test_many_items_race_and_the_pool_is_never_below_zero(committed_cast: Cast) -> None:
    cast = committed_cast
    tag = make.funded_allotment(cast, 1000)
    meetings = [ready(cast, tag, 300, name=f"第{n}次会议") for n in range(5)]
    outcomes = at_once(5, lambda n: close(meetings[n], number=n + 1))
    assert sum(isinstance(o, Decision) for o in outcomes) == 3
    assert sum(isinstance(o, Refused) for o in outcomes) == 2
    assert in_pool(tag) == 100
    assert Account.objects.filter(kind="allocated", balance=300).count() == 3


def vote(item: AgendaItem, by: Any) -> Vote:
    fresh = again(item)
    return cast_vote(item=fresh, choice=AGREE, seen_digest=item.digest, by=by)


def counted(item: AgendaItem) -> int:
    return tally(again(item), list(item.meeting.members.all())).agree


def test_the_last_two_votes_at_the_same_moment_both_count(committed_cast: Cast) -> None:
    cast = committed_cast
    held = gather(cast, 3)
    item = item_of(held, make.funded_allotment(cast))
    held.open()
    item = again(item)
    held.vote(item, 0)
    users = [held.user(1), held.user(2)]
    outcomes = at_once(2, lambda n: vote(item, users[n]))
    assert all(isinstance(o, Vote) for o in outcomes), outcomes
    assert counted(item) == 3


def test_one_member_in_two_windows_votes_once(committed_cast: Cast) -> None:
    cast = committed_cast
    held = gather(cast, 3)
    item = item_of(held, make.funded_allotment(cast))
    held.open()
    item, user = again(item), held.user(1)
    outcomes = at_once(4, lambda _: vote(item, user))
    assert sum(isinstance(o, Vote) for o in outcomes) == 1
    assert all(isinstance(o, Vote) or "表决后不能更改" in str(o) for o in outcomes)
    assert counted(item) == 1


def test_a_vote_races_with_the_closing(committed_cast: Cast) -> None:
    """Either it was cast before and is counted, or the meeting was over."""
    cast = committed_cast
    held = gather(cast, 3)
    item = item_of(held, make.funded_allotment(cast))
    held.open()
    item = again(item)
    for index in (0, 1):
        held.vote(item, index)
    user = held.user(2)
    outcomes = at_once(2, lambda n: vote(item, user) if n else close(held))
    assert isinstance(outcomes[0], Decision)
    said = Decision.objects.get(action="determine").comment
    if isinstance(outcomes[1], Vote):
        assert "同意 3、" in said
    else:
        assert isinstance(outcomes[1], Refused) and "已闭会" in str(outcomes[1])
        assert "同意 2、" in said and Vote.objects.count() == 2


def test_a_vote_races_with_a_change_of_what_is_voted_on(committed_cast: Cast) -> None:
    """The vote was on the old words, or it was refused; never on words that were not shown."""
    cast = committed_cast
    held = gather(cast, 3)
    item = item_of(held, make.funded_allotment(cast))
    held.open()
    item, user, secretary = again(item), held.user(1), held.secretary
    outcomes = at_once(
        2,
        lambda n: (
            vote(item, user) if n else amend_item(item=again(item), by=secretary, amendment="改")
        ),
    )
    assert isinstance(outcomes[0], AgendaItem)
    assert isinstance(outcomes[1], (Vote, ContentChanged))
    assert counted(item) == 0
    assert set(Vote.objects.values_list("digest", flat=True)) <= {item.digest}


def test_a_vote_races_with_standing_aside(committed_cast: Cast) -> None:
    cast = committed_cast
    held = gather(cast, 3)
    item = item_of(held, make.funded_allotment(cast))
    held.open()
    item, user, member = again(item), held.user(1), held.members[1]
    outcomes = at_once(
        2,
        lambda n: (
            vote(item, user) if n else recuse(item=item, member=member, reason="亲属", by=user)
        ),
    )
    assert sum(isinstance(o, Refused) for o in outcomes) == 1, outcomes


def test_two_hands_close_once(committed_cast: Cast) -> None:
    cast = committed_cast
    tag = make.funded_allotment(cast, 600)
    held = ready(cast, tag, 100)
    outcomes = at_once(4, lambda n: close(held, number=n + 1))
    assert sum(isinstance(o, Decision) for o in outcomes) == 1
    assert all(isinstance(o, (Decision, WrongState)) for o in outcomes), outcomes
    assert in_pool(tag) == 500


CLOSING = """
from approvals.meetings import close_meeting
from approvals.models import AgendaItem, Decision, Meeting
from funds.models import Account, Voucher
from organizations.models import User
from projects.models import Project, ProjectSource

def act():
    meeting = Meeting.objects.select_related("division").get(pk=int(sys.argv[1]))
    by = User.objects.get(username="group_member")
    close_meeting(meeting=meeting, by=by, minutes_document="x", comment="")

def held():
    return {
        "closed": Meeting.objects.get().status == "closed",
        "decided": AgendaItem.objects.exclude(outcome="").count(),
        "moved": Project.objects.filter(status="result_feedback").count(),
        "sources": ProjectSource.objects.count(),
        "vouchers": Voucher.objects.filter(kind="allocate").count(),
        "pool": str(Account.objects.get(kind="pool").balance),
        "decisions": Decision.objects.count(),
    }
"""


def test_killed_between_any_two_statements_all_or_nothing(committed_cast: Cast) -> None:
    cast = committed_cast
    tag = make.funded_allotment(cast, 1000)
    held = gather(cast, 3)
    items = [item_of(held, tag, 100) for _ in range(2)]
    held.open()
    for item in items:
        held.vote_all(item)
    before = Decision.objects.count()
    found = killed_at_every_statement(CLOSING, held.meeting.pk)
    nothing = {
        "died": True, "closed": False, "decided": 0, "moved": 0, "sources": 0, "vouchers": 0,
        "pool": "1000.00", "decisions": before,
    }  # fmt: skip
    whole = {
        "died": False, "closed": True, "decided": 2, "moved": 2, "sources": 2, "vouchers": 2,
        "pool": "800.00", "decisions": before + 3,
    }  # fmt: skip
    assert len(found) > 40
    assert all(after == nothing for after in found[:-1])
    assert found[-1] == whole
