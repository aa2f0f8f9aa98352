"""Who may vote on what, and what a vote holds for."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from approvals.meeting_rules import tally
from approvals.meetings import (
    ContentChanged,
    add_item,
    amend_item,
    cast_vote,
    move_item,
    number_reply,
    recuse,
    remove_item,
)
from approvals.models import AgendaItem, Decision, Vote
from approvals.workflow import IncompatibleDuty, workflow_of
from organizations.models import Post, Role
from organizations.policies import Refused, WrongRole
from projects.meetings import set_item_sources
from projects.models import Project
from tests import factories as make
from tests import lives
from tests.approvals.gathering import (
    AGREE,
    REJECT,
    Gathering,
    again,
    gather,
    item_of,
    waiting_project,
)
from tests.cast import SINCE, Cast


@pytest.fixture
def tag(cast: Cast) -> Any:
    return make.funded_allotment(cast)


@pytest.fixture
def held(cast: Cast) -> Gathering:
    return gather(cast, 3)


@pytest.fixture
def item(held: Gathering, tag: Any) -> AgendaItem:
    """Of a meeting that sits, everybody there."""
    made = item_of(held, tag)
    held.open()
    return again(made)


def votes_of(item: AgendaItem) -> tuple[int, int, int]:
    votes = tally(again(item), list(item.meeting.members.all()))
    return votes.agree, votes.defer, votes.reject


def test_each_member_votes_once(held: Gathering, item: AgendaItem) -> None:
    vote = held.vote(item, 1, REJECT)
    assert (vote.choice, vote.digest) == (REJECT, item.digest)
    with pytest.raises(Refused, match="您已对本议题表决“不同意”，表决后不能更改"):
        held.vote(item, 1, AGREE)
    assert votes_of(item) == (0, 0, 1)


def test_the_decision_does_not_tell_what_the_vote_was(held: Gathering, item: AgendaItem) -> None:
    """The trail of the project is open to the township while the meeting still sits."""
    cast_vote(
        item=item, choice=REJECT, seen_digest=item.digest, by=held.user(1), comment="关联不足"
    )
    decision = Decision.objects.get(action="vote")
    assert decision.comment == f"{held.meeting.name}第1项议题"
    assert Vote.objects.get().comment == "关联不足"


def test_who_is_not_there_does_not_vote(held: Gathering, tag: Any) -> None:
    item = item_of(held, tag)
    held.open(present=2)
    with pytest.raises(Refused, match="您尚未签到"):
        held.vote(item, 2)


def test_who_is_not_on_the_roster_does_not_vote(held: Gathering, item: AgendaItem) -> None:
    for who in ("group_secretary", "finance_head", "other_group_member"):
        with pytest.raises(WrongRole, match="应到名单"):
            cast_vote(item=item, choice=AGREE, seen_digest=item.digest, by=held.cast[who])


def test_nobody_votes_before_the_meeting_opens_or_after_it_is_cancelled(
    cast: Cast, held: Gathering, tag: Any
) -> None:
    item = item_of(held, tag)
    with pytest.raises(Refused, match="拟定议程"):
        held.vote(item, 0)
    held.open()
    make.do(held.meeting, "cancel_meeting", cast, "group_secretary")
    with pytest.raises(Refused, match="已取消"):
        held.vote(item, 0)


def test_who_stands_aside_does_not_vote_and_is_not_counted(
    held: Gathering, item: AgendaItem
) -> None:
    recuse(item=item, member=held.members[1], reason="亲属参与投标", by=held.user(1))
    with pytest.raises(Refused, match="您已回避本议题"):
        held.vote(item, 1)
    votes = tally(again(item), held.members)
    assert (votes.present, votes.recused, votes.eligible) == (3, 1, 2)


def test_standing_aside_is_for_oneself_or_the_secretary_with_a_reason(
    held: Gathering, item: AgendaItem
) -> None:
    with pytest.raises(WrongRole):
        recuse(item=item, member=held.members[1], reason="无关", by=held.user(2))
    with pytest.raises(Refused, match="须写明事由"):
        recuse(item=item, member=held.members[1], reason=" ", by=held.user(1))
    recusal = recuse(item=item, member=held.members[1], reason="亲属", by=held.secretary)
    twice = recuse(item=item, member=held.members[1], reason="又一次", by=held.user(1))
    assert (twice.pk, twice.reason) == (recusal.pk, "亲属")


def test_after_the_vote_it_is_too_late_to_stand_aside(held: Gathering, item: AgendaItem) -> None:
    held.vote(item, 1)
    with pytest.raises(Refused, match="不能再登记回避"):
        recuse(item=item, member=held.members[1], reason="亲属", by=held.user(1))


@pytest.mark.parametrize("until", [None, SINCE])
def test_nobody_votes_on_his_own_village(
    cast: Cast, held: Gathering, item: AgendaItem, until: Any
) -> None:
    Post.objects.create(
        user=held.user(1), role=Role.VILLAGE_CADRE, title="书记", valid_from=SINCE,
        organization=cast.post("village_cadre").organization, valid_until=until,
        accepted_at=cast.post("village_cadre").accepted_at,
    )  # fmt: skip
    with pytest.raises(Refused, match="现任或曾任下岔河村村民委员会书记，须回避本议题"):
        held.vote(item, 1)


def test_nobody_votes_on_what_he_dealt_with_before(held: Gathering, item: AgendaItem) -> None:
    project = Project.objects.get(pk=item.subject_id)
    lives.decide(project, held.user(1), "appraise")
    with pytest.raises(Refused, match="已在本事项中办理“论证”，须回避本议题"):
        held.vote(item, 1)
    with pytest.raises(IncompatibleDuty):
        workflow_of(project).perform(project, "vote", by=held.user(1))


def test_a_vote_is_for_what_was_shown(held: Gathering, item: AgendaItem) -> None:
    amend_item(item=item, by=held.secretary, amendment="工期改为六个月")
    with pytest.raises(ContentChanged, match="已在您打开之后修改"):
        cast_vote(item=item, choice=AGREE, seen_digest=item.digest, by=held.user(1))
    assert not Vote.objects.exists()
    held.vote(item, 1)


def test_a_vote_on_a_former_version_no_longer_counts(
    held: Gathering, item: AgendaItem, tag: Any
) -> None:
    held.vote(item, 1)
    set_item_sources(
        item=item, sources=[(tag, make.yuan(90))], by=held.secretary, amendment="核减10元"
    )
    assert votes_of(item) == (0, 0, 0)
    held.vote(item, 1)
    assert votes_of(item) == (1, 0, 0)
    assert Vote.objects.count() == 2, "the superseded one stays on record"


def test_taking_a_change_back_does_not_bring_old_votes_back(
    held: Gathering, item: AgendaItem, tag: Any
) -> None:
    amend_item(item=item, by=held.secretary, amendment="甲")
    held.vote(item, 1)
    amend_item(item=item, by=held.secretary, amendment="乙")
    amend_item(item=item, by=held.secretary, amendment="甲")
    assert votes_of(item) == (0, 0, 0)
    assert [v.number for v in item.versions.all()] == [1, 2, 3, 4]


def test_saying_the_same_again_changes_nothing(held: Gathering, item: AgendaItem) -> None:
    amend_item(item=item, by=held.secretary, amendment="甲")
    held.vote(item, 1)
    amend_item(item=item, by=held.secretary, amendment=" 甲 ")
    assert votes_of(item) == (1, 0, 0)


def test_a_change_in_the_meeting_needs_its_words_and_the_secretary(
    held: Gathering, item: AgendaItem, tag: Any
) -> None:
    for words in ("", "  "):
        with pytest.raises(Refused, match="须写明修改内容"):
            amend_item(item=item, by=held.secretary, amendment=words)
        with pytest.raises(Refused, match="须写明修改内容"):
            set_item_sources(
                item=item, sources=[(tag, make.yuan(1))], by=held.secretary, amendment=words
            )
    with pytest.raises(WrongRole):
        amend_item(item=item, by=held.chair, amendment="改")
    assert again(item).digest == item.digest


def test_what_was_voted_on_is_kept_word_for_word(held: Gathering, item: AgendaItem) -> None:
    version = item.versions.get()
    assert hashlib.sha256(version.text.encode()).hexdigest() == item.digest == version.digest
    kept = json.loads(version.text)
    assert kept["content"]["sources"] == [["巴财农〔2025〕11号", "100.00"]]
    words = {part["label"]: part["text"] for part in kept["content"]["project"]}
    assert words["建设内容与规模"] == "新建库房一座，480平方米"


def test_one_key_votes_once(held: Gathering, item: AgendaItem) -> None:
    key = make.key()
    votes = [
        cast_vote(
            item=item, choice=AGREE, seen_digest=item.digest, by=held.user(1), key=key,
            body_digest="x",
        )
        for _ in range(2)
    ]  # fmt: skip
    assert votes[0] == votes[1]
    with pytest.raises(Refused, match="幂等键"):
        cast_vote(
            item=item, choice=AGREE, seen_digest=item.digest, by=held.user(1), key=key,
            body_digest="y",
        )  # fmt: skip


def test_a_project_stands_on_one_agenda(cast: Cast, held: Gathering, tag: Any) -> None:
    project = waiting_project(cast)
    held.put(project, [(tag, 1)])
    other = gather(cast, 3, name="第4次会议")
    for meeting in (held.meeting, other.meeting):
        with pytest.raises(Refused, match="已列入本次或另一次"):
            add_item(meeting=meeting, subject=project, by=held.secretary)
    with pytest.raises(Refused, match="不在待审定的环节"):
        add_item(meeting=other.meeting, subject=make.draft_project(cast), by=held.secretary)
    with pytest.raises(WrongRole):
        add_item(meeting=other.meeting, subject=waiting_project(cast), by=cast["group_member"])


def test_an_agenda_is_ordered_and_shortened_until_it_opens(held: Gathering, tag: Any) -> None:
    items = [item_of(held, tag) for _ in range(3)]
    move_item(item=items[2], by=held.secretary, up=True)
    move_item(item=items[0], by=held.secretary, up=True)
    move_item(item=items[0], by=held.secretary, up=False)
    remove_item(item=items[1], by=held.secretary)
    left = list(held.meeting.items.values_list("subject_id", flat=True))
    assert left == [items[2].subject_id, items[0].subject_id]
    held.open()
    with pytest.raises(Refused, match="会议进行"):
        move_item(item=items[0], by=held.secretary, up=True)


def test_an_item_leaves_a_sitting_meeting_only_with_a_reason(
    cast: Cast, held: Gathering, item: AgendaItem, tag: Any
) -> None:
    held.vote(item, 1)
    with pytest.raises(Refused, match="须写明事由"):
        remove_item(item=item, by=held.secretary)
    remove_item(item=item, by=held.secretary, reason="资金尚未到账")
    with pytest.raises(Refused, match="已撤出议程"):
        held.vote(item, 2)
    assert again(item).removal_reason == "资金尚未到账"
    other = gather(cast, 3, name="第4次会议")
    project = Project.objects.get(pk=item.subject_id)
    add_item(meeting=other.meeting, subject=project, by=held.secretary)


def test_money_of_another_county_or_more_than_asked_is_refused(
    cast: Cast, held: Gathering, tag: Any
) -> None:
    item = item_of(held, tag)
    theirs = make.allotment(
        cast, 100, number="巴财农〔2025〕9号", who="other_finance_clerk", county=cast.other_county
    )
    with pytest.raises(Refused, match="不是本县的指标"):
        set_item_sources(item=item, sources=[(theirs, make.yuan(1))], by=held.secretary)
    with pytest.raises(Refused, match="超过申请的 500,000.00 元"):
        set_item_sources(item=item, sources=[(tag, make.yuan("500000.01"))], by=held.secretary)
    with pytest.raises(WrongRole):
        set_item_sources(item=item, sources=[(tag, make.yuan(1))], by=cast["finance_clerk"])
    assert item.sources.get().amount == 100


def test_a_reply_has_a_number_of_its_own(held: Gathering, tag: Any) -> None:
    first, second = item_of(held, tag), item_of(held, tag)
    assert number_reply(item=first, number="焉扶领批〔2025〕1号", by=held.secretary)
    with pytest.raises(Refused, match="已用于"):
        number_reply(item=second, number="焉扶领批〔2025〕1号", by=held.secretary)
    number_reply(item=second, number="", by=held.secretary)
    number_reply(item=first, number="", by=held.secretary)
