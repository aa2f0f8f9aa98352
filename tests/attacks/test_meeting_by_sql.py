"""What the database refuses to somebody who holds the application's role and writes plain SQL
into a meeting, with every commit real."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import transaction
from psycopg import Connection

from approvals.meetings import recuse
from approvals.models import AgendaItem, AgendaVersion, MeetingMember
from funds.models import Allotment
from organizations.models import Post, Role
from projects.models import Project
from tests import factories as make
from tests.approvals.gathering import (
    Gathering,
    again,
    gather,
    in_pool,
    item_of,
    status_of,
    waiting_project,
)
from tests.cast import SINCE, Cast
from tests.databases import app_connection
from tests.lives import unruled

DECIDE = """
    INSERT INTO approvals_decision (subject_type, subject_id, subject_title, division_id, cases,
        action, action_label, duty, from_status, to_status, by_id, post_id, by_name, by_unit,
        by_title, for_name, comment, opinions, amount, evidence, at, transaction_id, body_digest)
    VALUES (%(life)s, %(subject)s, 'x', %(division)s, %(cases)s, %(action)s, 'x', %(duty)s,
        %(source)s, %(target)s, %(by)s, %(post)s, '', '', '', '', '', '[]', %(amount)s, '{}', now(),
        0, '') RETURNING id
"""
VOTE = """
    INSERT INTO approvals_vote (item_id, member_id, choice, comment, digest, decision_id)
    VALUES (%(item)s, %(member)s, %(choice)s, '', %(digest)s, %(decision)s) RETURNING id
"""
RECUSE = """
    INSERT INTO approvals_recusal (item_id, member_id, reason, by_id, at)
    VALUES (%s, %s, %s, %s, now())
"""
POST = """
    SELECT id FROM ledger_post(%(county)s::bigint, 'allocate', %(key)s,
        (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date, 'x', '', '', '{}', %(by)s, %(post)s,
        %(decision)s, NULL, NULL, %(tags)s::bigint[], %(marks)s::bigint[], %(amounts)s::numeric[])
"""


@pytest.fixture
def held(committed_cast: Cast) -> Gathering:
    return gather(committed_cast, 3)


@pytest.fixture
def tag(committed_cast: Cast) -> Allotment:
    return make.funded_allotment(committed_cast, 1000)


@pytest.fixture
def item(held: Gathering, tag: Allotment) -> AgendaItem:
    """In a meeting that sits, two of the three there."""
    made = item_of(held, tag)
    held.open(present=2)
    return again(made)


@pytest.fixture
def sql(committed_cast: Cast) -> Iterator[Connection[Any]]:
    with app_connection() as connection:
        yield connection


def decision(sql: Connection[Any], item: AgendaItem, member: MeetingMember, **changes: Any) -> int:
    project = Project.objects.get(pk=item.subject_id)
    facts = {
        "life": "projects.project",
        "subject": project.pk,
        "division": project.division_id,
        "cases": [f"project:{project.earmark_id}"],
        "action": "vote",
        "duty": "determine",
        "source": "determination",
        "target": "determination",
        "by": member.post.user_id,
        "post": member.post_id,
        "amount": None,
        **changes,
    }
    (made,) = sql.execute(DECIDE, facts).fetchone() or (0,)
    return int(made)


def vote(sql: Connection[Any], item: AgendaItem, voter: MeetingMember, **changes: Any) -> None:
    """With its decision, as the program writes it."""
    facts = {"item": item.pk, "member": voter.pk, "choice": "agree", "digest": item.digest}
    with sql.transaction():
        made = decision(sql, item, voter)
        sql.execute(VOTE, {**facts, "decision": made, **changes})


def refused(code: str, words: str = "") -> Any:
    return pytest.raises(
        psycopg.DatabaseError,
        check=lambda error: error.sqlstate == code and words in str(error),
    )


def test_the_vote_as_such_works_when_all_is_right(
    sql: Connection[Any], held: Gathering, item: AgendaItem
) -> None:
    vote(sql, item, held.members[1])
    with refused("23505"):
        vote(sql, item, held.members[1])


def test_absent_recused_or_on_other_words(
    sql: Connection[Any], held: Gathering, item: AgendaItem
) -> None:
    with refused("YC004", "未到会"):
        vote(sql, item, held.members[2])
    with refused("YC004", "内容已变"):
        vote(sql, item, held.members[1], digest="0" * 64)
    with refused("YC004"):
        vote(sql, item, held.members[1], member=held.members[0].pk)
    recuse(item=item, member=held.members[1], reason="亲属", by=held.user(1))
    with refused("YC004", "已回避"):
        vote(sql, item, held.members[1])


def test_words_that_nobody_kept(sql: Connection[Any], held: Gathering, item: AgendaItem) -> None:
    """The digest of an item means nothing without the text that it is the digest of."""
    sql.execute("UPDATE approvals_agendaitem SET digest = %s WHERE id = %s", ["0" * 64, item.pk])
    with refused("YC004"):
        vote(sql, item, held.members[1], digest="0" * 64)
    keep = (
        "INSERT INTO approvals_agendaversion (item_id, number, text, digest, made_at) "
        "VALUES (%s, 2, 'x', %s, now())"
    )
    with refused("YC004", "摘要不符"):
        sql.execute(keep, [item.pk, "0" * 64])
    sql.execute(keep, [item.pk, hashlib.sha256(b"x").hexdigest()])
    assert AgendaVersion.objects.count() == 2


@pytest.mark.parametrize("place", ["division", "places"])
def test_a_tie_holds_in_the_database(
    sql: Connection[Any], committed_cast: Cast, held: Gathering, item: AgendaItem, place: str
) -> None:
    """By the village that proposes, and by one where it is built: the draft names both towns."""
    who = "village_cadre" if place == "division" else "other_village_cadre"
    if place == "places":
        build_in(committed_cast, item, who)
    Post.objects.create(
        user=held.user(1), role=Role.VILLAGE_CADRE, title="书记", valid_from=SINCE,
        organization=committed_cast.post(who).organization, valid_until=SINCE,
        accepted_at=committed_cast.post(who).accepted_at,
    )  # fmt: skip
    with refused("YC004" if place == "division" else "YC020", "回避"):
        vote(sql, item, held.members[1])


def build_in(cast: Cast, item: AgendaItem, who: str) -> None:
    with transaction.atomic(), unruled():
        project = Project.objects.get(pk=item.subject_id)
        project.places.create(division=cast.post(who).division)


def test_nobody_on_the_roster(sql: Connection[Any], held: Gathering, item: AgendaItem) -> None:
    other = held.cast.post("other_group_member")
    with refused("YC002"), sql.transaction():
        decision(sql, item, held.members[1], by=other.user_id, post=other.pk)


@pytest.mark.parametrize("code", ["YC018", "YC020"])
def test_a_vote_moves_no_money(
    sql: Connection[Any], held: Gathering, item: AgendaItem, tag: Allotment, code: str
) -> None:
    """Though it is taken in the duty of the resolution: without an amount the ledger refuses,
    with one the commit does."""
    member, project = held.members[1], Project.objects.get(pk=item.subject_id)
    with refused(code), sql.transaction():
        amount = 100 if code == "YC020" else None
        made = decision(sql, item, member, amount=amount)
        sql.execute(VOTE, {
            "item": item.pk, "member": member.pk, "choice": "agree", "digest": item.digest,
            "decision": made,
        })  # fmt: skip
        sql.execute(POST, {
            "county": held.cast.county.pk, "key": make.key(), "by": member.post.user_id,
            "post": member.post_id, "decision": made, "tags": [tag.pk],
            "marks": [project.earmark_id], "amounts": [100],
        })  # fmt: skip
    assert in_pool(tag) == 1000


def test_sources_without_a_resolution(
    sql: Connection[Any], held: Gathering, item: AgendaItem, tag: Allotment
) -> None:
    with refused("YC004", "须随领导小组的审定一并登记"), sql.transaction():
        made = decision(sql, item, held.members[1])
        sql.execute(VOTE, {
            "item": item.pk, "member": held.members[1].pk, "choice": "agree",
            "digest": item.digest, "decision": made,
        })  # fmt: skip
        sql.execute(
            "INSERT INTO projects_projectsource (project_id, allotment_id, amount) "
            "VALUES (%s, %s, 1)",
            [item.subject_id, tag.pk],
        )


def determine(
    sql: Connection[Any], held: Gathering, item: AgendaItem, tag: Allotment, sum_: int = 100
) -> None:
    """The chair's resolution with its money and its status, but not through a closing."""
    chair, project = held.members[0], Project.objects.get(pk=item.subject_id)
    made = decision(sql, item, chair, action="determine", target="result_feedback", amount=sum_)
    sql.execute(
        "INSERT INTO projects_projectsource (project_id, allotment_id, amount) VALUES (%s, %s, %s)",
        [project.pk, tag.pk, sum_],
    )
    sql.execute(POST, {
        "county": held.cast.county.pk, "key": make.key(), "by": chair.post.user_id,
        "post": chair.post_id, "decision": made, "tags": [tag.pk], "marks": [project.earmark_id],
        "amounts": [sum_],
    })  # fmt: skip
    sql.execute(
        "UPDATE projects_project SET status = 'result_feedback', meeting_id = %s WHERE id = %s",
        [item.meeting_id, project.pk],
    )
    sql.execute(
        "UPDATE approvals_agendaitem SET outcome = 'agreed', decision_id = %s WHERE id = %s",
        [made, item.pk],
    )


def shut(sql: Connection[Any], held: Gathering, *, due: int = 3, present: int = 2) -> None:
    """The closing of the meeting, as the program writes it."""
    chair = held.members[0]
    sql.execute(DECIDE, {
        "life": "approvals.meeting", "subject": held.meeting.pk,
        "division": held.meeting.division_id, "cases": [f"meeting:{held.meeting.pk}"],
        "action": "close_meeting", "duty": "preside", "source": "open", "target": "closed",
        "by": chair.post.user_id, "post": chair.post_id, "amount": None,
    })  # fmt: skip
    sql.execute(
        "UPDATE approvals_meeting SET status = 'closed', minutes_document = 'x', chair = %s, "
        "members_due = %s, members_present = %s WHERE id = %s",
        [chair.post.user.real_name, due, present, held.meeting.pk],
    )


def test_the_closing_as_such_works_when_all_is_right(
    sql: Connection[Any], held: Gathering, item: AgendaItem, tag: Allotment
) -> None:
    for member in held.members[:2]:
        vote(sql, item, member)
    with sql.transaction():
        determine(sql, held, item, tag)
        shut(sql, held)
    assert status_of(item.subject_id) == "result_feedback"
    assert in_pool(tag) == 900


def test_a_resolution_outside_a_closing(
    sql: Connection[Any], held: Gathering, item: AgendaItem, tag: Allotment
) -> None:
    for member in held.members[:2]:
        vote(sql, item, member)
    with refused("YC020", "会议没有闭会"), sql.transaction():
        determine(sql, held, item, tag)
    with refused("YC020", "没有经领导小组会议议决"), sql.transaction():
        decision(sql, item, held.members[0], action="reject", target="rejected")
        sql.execute("UPDATE projects_project SET status = 'rejected' WHERE id = %s",
                    [item.subject_id])  # fmt: skip
    assert in_pool(tag) == 1000


def test_a_resolution_that_its_votes_do_not_bear(
    sql: Connection[Any], held: Gathering, item: AgendaItem, tag: Allotment
) -> None:
    vote(sql, item, held.members[0])
    with refused("YC020", "同意 1 票、不同意 0 票，与决议不符"), sql.transaction():
        determine(sql, held, item, tag)
        shut(sql, held)
    assert in_pool(tag) == 1000


def test_other_money_than_was_voted_on(
    sql: Connection[Any], held: Gathering, item: AgendaItem, tag: Allotment
) -> None:
    for member in held.members[:2]:
        vote(sql, item, member)
    with refused("YC020", "不一致"), sql.transaction():
        determine(sql, held, item, tag, sum_=101)
        shut(sql, held)
    assert in_pool(tag) == 1000


@pytest.mark.parametrize(("due", "present"), [(3, 3), (2, 2)])
def test_numbers_that_were_not_so(
    sql: Connection[Any], held: Gathering, item: AgendaItem, tag: Allotment, due: int, present: int
) -> None:
    for member in held.members[:2]:
        vote(sql, item, member)
    with refused("YC020", "与签到不符"), sql.transaction():
        determine(sql, held, item, tag)
        shut(sql, held, due=due, present=present)


def test_a_closing_that_leaves_items_open_or_has_none(
    sql: Connection[Any], held: Gathering, item: AgendaItem
) -> None:
    with refused("YC020", "有议题没有议决"), sql.transaction():
        shut(sql, held)
    sql.execute("UPDATE approvals_agendaitem SET is_removed = true WHERE id = %s", [item.pk])
    with refused("YC020", "有议题没有议决"), sql.transaction():
        shut(sql, held)


def test_a_closing_without_quorum(sql: Connection[Any], held: Gathering, tag: Allotment) -> None:
    item = item_of(held, tag)
    held.open(present=1)
    with refused("YC020", "不足法定人数"), sql.transaction():
        determine(sql, held, again(item), tag)
        sql.execute("UPDATE approvals_meeting SET members_due = 3 WHERE id = %s", [held.meeting.pk])
        shut(sql, held, due=1, present=1)


def test_a_packed_or_thinned_roster_does_not_open(
    sql: Connection[Any], held: Gathering, tag: Allotment
) -> None:
    item_of(held, tag)
    clerk = held.cast.post("finance_clerk")

    def open_it() -> None:
        secretary = held.cast.post("group_secretary")
        sql.execute(DECIDE, {
            "life": "approvals.meeting", "subject": held.meeting.pk,
            "division": held.meeting.division_id, "cases": [f"meeting:{held.meeting.pk}"],
            "action": "open_meeting", "duty": "convene", "source": "preparing", "target": "open",
            "by": secretary.user_id, "post": secretary.pk, "amount": None,
        })  # fmt: skip
        sql.execute("UPDATE approvals_meeting SET status = 'open' WHERE id = %s", [held.meeting.pk])

    with refused("YC020", "应到名单"), sql.transaction():
        sql.execute("DELETE FROM approvals_meetingmember WHERE id = %s", [held.members[2].pk])
        open_it()
    with refused("YC020", "应到名单"), sql.transaction():
        sql.execute(
            "INSERT INTO approvals_meetingmember (meeting_id, post_id, is_chair) "
            "VALUES (%s, %s, false)",
            [held.meeting.pk, clerk.pk],
        )
        open_it()
    with sql.transaction():
        open_it()


CHANGES_OF_A_CLOSED_MEETING = (
    "UPDATE approvals_meeting SET chair = 'x'",
    "DELETE FROM approvals_meetingmember",
    "UPDATE approvals_meetingmember SET is_chair = false",
    "INSERT INTO approvals_meetingmember (meeting_id, post_id, is_chair) "
    "SELECT meeting_id, post_id, false FROM approvals_meetingmember LIMIT 1",
    "UPDATE approvals_agendaitem SET amendment = 'x'",
    "DELETE FROM approvals_agendaitem",
    "UPDATE projects_itemsource SET amount = 1",
    "DELETE FROM projects_itemsource",
    "INSERT INTO projects_itemsource (item_id, allotment_id, amount) "
    "SELECT item_id, allotment_id, 1 FROM projects_itemsource",
    "INSERT INTO approvals_recusal (item_id, member_id, reason, by_id, at) "
    "SELECT v.item_id, v.member_id, 'x', d.by_id, now() "
    "FROM approvals_vote v JOIN approvals_decision d ON d.id = v.decision_id",
    "INSERT INTO approvals_agendaversion (item_id, number, text, digest, made_at) "
    "SELECT id, 9, 'x', encode(sha256('x'), 'hex'), now() FROM approvals_agendaitem",
    "INSERT INTO approvals_vote (item_id, member_id, choice, comment, digest, decision_id) "
    "SELECT item_id, member_id, 'agree', '', digest, decision_id FROM approvals_vote",
)
NEVER_ALLOWED = (
    "UPDATE approvals_vote SET choice = 'reject'",
    "DELETE FROM approvals_vote",
    "UPDATE approvals_recusal SET reason = 'x'",
    "UPDATE approvals_agendaversion SET text = 'x'",
    "DELETE FROM approvals_agendaversion",
    "DELETE FROM approvals_meeting",
    "TRUNCATE approvals_vote",
    "UPDATE projects_projectsource SET amount = 1",
)


def test_a_closed_meeting_stands(
    sql: Connection[Any], held: Gathering, item: AgendaItem, tag: Allotment
) -> None:
    for member in held.members[:2]:
        vote(sql, item, member)
    with sql.transaction():
        determine(sql, held, item, tag)
        shut(sql, held)
    for statement in CHANGES_OF_A_CLOSED_MEETING:
        with refused_as("YC001", "YC004"):
            sql.execute(statement)
    for statement in NEVER_ALLOWED:
        with refused_as("42501"):
            sql.execute(statement)


def refused_as(*codes: str) -> Any:
    return pytest.raises(psycopg.DatabaseError, check=lambda error: error.sqlstate in codes)


def test_a_seat_is_not_given_to_another_nor_presence_taken_from_a_voter(
    sql: Connection[Any], held: Gathering, item: AgendaItem
) -> None:
    vote(sql, item, held.members[1])
    for change in ("checked_in_at = NULL, checked_in_by_id = NULL", "post_id = 1"):
        with refused("YC001"):
            sql.execute(
                f"UPDATE approvals_meetingmember SET {change} WHERE id = %s",  # noqa: S608
                [held.members[1].pk],
            )
    with refused("YC004", "不能登记回避"):
        sql.execute(RECUSE, [item.pk, held.members[1].pk, "x", held.members[1].post.user_id])
    with refused("23514"):
        sql.execute(RECUSE, [item.pk, held.members[0].pk, "", held.members[0].post.user_id])


def test_an_item_stays_what_it_is(sql: Connection[Any], held: Gathering, item: AgendaItem) -> None:
    other = waiting_project(held.cast)
    with refused("YC001"):
        sql.execute(
            "UPDATE approvals_agendaitem SET subject_id = %s WHERE id = %s", [other.pk, item.pk]
        )
    with refused("YC004", "决议须随"), sql.transaction():
        made = decision(sql, item, held.members[1])
        sql.execute(
            "UPDATE approvals_agendaitem SET outcome = 'agreed', decision_id = %s WHERE id = %s",
            [made, item.pk],
        )
    sql.execute("UPDATE approvals_agendaitem SET is_removed = true WHERE id = %s", [item.pk])
    with refused("YC001"):
        sql.execute("UPDATE approvals_agendaitem SET is_removed = false WHERE id = %s", [item.pk])
