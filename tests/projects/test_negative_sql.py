"""What the database holds of the nine prohibitions against plain SQL of the application's role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from psycopg import errors
from psycopg.types.json import Jsonb

from approvals.models import Subject
from projects.models import NegativeHit, NegativeRule, NegativeWaiver, PaymentRequest, Project
from projects.negative import standing_hits
from projects.versions import read_differences
from tests import factories as make
from tests.cast import Cast
from tests.databases import app_connection
from tests.projects import negative_texts as texts
from tests.projects.bare import Row, refusal_of
from tests.projects.negative_texts import answers

READ = "SELECT projects_negative_rests(%s)"


def hit_row(subject: Subject, action: str, code: str = "NL2") -> Row:
    rule = NegativeRule.objects.get(code=code)
    return (
        "INSERT INTO projects_negativehit (subject_type, subject_id, subject_title, division_id,"
        " stage, rule_id, words, places, decision_id) VALUES (%(life)s, %(id)s, 'x',"
        " %(division)s, %(stage)s, %(rule)s, '{车辆}', '{x}', %(decision)s)",
        {
            "life": subject.life(), "id": subject.pk, "division": subject.division.pk,
            "stage": action, "rule": rule.pk,
        },
    )  # fmt: skip


def say(statement: str, values: Sequence[Any] = ()) -> str:
    """What the database answers to one statement of the application's role."""
    with app_connection() as connection:
        try:
            connection.execute(statement, values)
        except errors.Error as error:
            return f"{error.sqlstate} {error.diag.message_primary}"
    return ""


# --- A bare answer ----------------------------------------------------------------------------


def test_a_check_that_left_something_out_does_not_commit(committed_cast: Cast) -> None:
    cast = committed_cast
    request = texts.reviewed_payment(cast, "完成基础工程")
    by = cast["finance_reviewer"]
    for opinions, words in (
        ([], "没有逐条核查"),
        (answers(without="NL9"), "其他与脱贫攻坚无关的开支"),
        (answers(result="涉及"), "没有逐条核查"),
        (answers(result="按豁免办理"), "没有逐条核查"),
    ):
        said = refusal_of(request, "pass_compliance", by, opinions=opinions)
        assert said.startswith("YC020") and words in said
    assert refusal_of(request, "pass_compliance", by, opinions=answers()) == ""


def test_a_word_that_nobody_wrote_down_does_not_commit(committed_cast: Cast) -> None:
    cast = committed_cast
    request, by = texts.reviewed_payment(cast), cast["finance_reviewer"]
    opinions = answers(words="看过")
    said = refusal_of(request, "pass_compliance", by, opinions=opinions)
    assert said.startswith("YC020") and "没有登记命中：购买交通工具及通讯设备" in said
    rows = [hit_row(request, "pass_compliance")]
    said = refusal_of(request, "pass_compliance", by, opinions=answers(), rows=rows)
    assert "没有写明说明" in said
    assert refusal_of(request, "pass_compliance", by, opinions=opinions, rows=rows) == ""


def test_the_second_appraisal_rests_on_three_and_nine(committed_cast: Cast) -> None:
    cast = committed_cast
    project, by = texts.resubmitted(cast), cast["project_clerk"]
    read_differences(project, by)
    said = refusal_of(project, "appraise_again", by, opinions=answers(words="x")[3:])
    assert said.startswith("YC020")
    said = refusal_of(project, "appraise_again", by, opinions=answers(words="x"))
    assert said.startswith("YC020")


def test_a_hit_is_written_with_its_own_decision(committed_cast: Cast) -> None:
    cast = committed_cast
    request = texts.reviewed_payment(cast)
    make.do(request, "pass_compliance", cast, "finance_reviewer")
    first = NegativeHit.objects.get().decision_id
    statement, values = hit_row(request, "pass_compliance", "NL3")
    with app_connection() as connection, pytest.raises(errors.Error) as caught:
        connection.execute(statement, {**values, "decision": first})
    assert caught.value.sqlstate == "YC004"


# --- A bare step forward ----------------------------------------------------------------------


def test_no_step_forward_past_an_unconfirmed_answer(committed_cast: Cast) -> None:
    cast = committed_cast
    project = texts.met(cast)
    make.run_notice(cast, project)
    said = refusal_of(project, "submit", cast["village_cadre"], rows=[version_row(project)])
    assert said.startswith("YC020") and "未经第二人确认" in said
    texts.look(cast, project, "township_reviewer", "involved")
    assert "未经第二人确认" in refusal_of(
        project, "submit", cast["village_cadre"], rows=[version_row(project)]
    )
    make.published_waiver(cast, project)
    said = refusal_of(project, "submit", cast["village_cadre"], rows=[version_row(project)])
    assert said == ""


def test_no_release_past_an_unconfirmed_answer(committed_cast: Cast) -> None:
    cast = committed_cast
    request = texts.reviewed_payment(cast)
    make.do(request, "pass_compliance", cast, "finance_reviewer")
    said = refusal_of(request, "release", cast["finance_head"])
    assert said.startswith("YC020") and "购买交通工具" in said
    assert PaymentRequest.objects.get(pk=request.pk).status == "release"


def test_no_vote_before_the_office_has_checked(committed_cast: Cast) -> None:
    cast = committed_cast
    project = make.jointly_reviewed_project(cast)
    said = refusal_of(project, "vote", cast["group_member"])
    assert said.startswith("YC020")
    with app_connection() as connection:
        found = connection.execute(
            "SELECT function FROM approvals_stepproof WHERE life = 'projects.project'"
            " AND action IN ('vote', 'determine') AND function LIKE %s",
            ["projects_office%"],
        ).fetchall()
    assert len(found) == 2
    make.do(project, "check_prohibited", cast, "group_secretary")
    assert "办公室" not in refusal_of(project, "vote", cast["group_member"])


def test_without_a_list_nothing_commits(committed_cast: Cast) -> None:
    cast = committed_cast
    request = texts.reviewed_payment(cast, "完成基础工程")
    assert not say(
        "INSERT INTO organizations_parameter (key, setting, name, source, clause, valid_from)"
        " VALUES ('negative.regime', 'x', 'x', 'D', '', current_date)"
    )
    said = refusal_of(request, "pass_compliance", cast["finance_reviewer"], opinions=[])
    assert "没有装载" in said


def version_row(project: Project) -> Row:
    return (
        "INSERT INTO projects_projectversion (project_id, decision_id, round, content, sha256)"
        " VALUES (%(project)s, %(decision)s, 1, %(content)s, %(sha)s)",
        {"project": project.pk, "content": Jsonb([]), "sha": "0" * 64},
    )


# --- A bare confirmation ----------------------------------------------------------------------

CONFIRM = (
    "INSERT INTO projects_negativereview (hit_id, conclusion, note, by_id, post_id, at)"
    " VALUES (%s, 'not_involved', 'x', %s, %s, '2020-01-01')"
)


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ("project_clerk", "YC002"), ("township_reviewer", "YC002"), ("system_admin", "YC002"),
        ("other_finance_head", "YC002"), ("project_reviewer", ""),
    ],
)  # fmt: skip
def test_who_confirms(committed_cast: Cast, who: str, code: str) -> None:
    cast = committed_cast
    (hit,) = standing_hits(texts.appraised(cast))
    said = say(CONFIRM, [hit.pk, cast[who].pk, cast.post(who).pk])
    assert said[:5] == code
    if not code:
        assert NegativeHit.objects.get(pk=hit.pk).review.at.year > 2020


def test_nobody_confirms_himself_or_in_the_name_of_another(committed_cast: Cast) -> None:
    cast = committed_cast
    request = texts.reviewed_payment(cast)
    make.do(request, "pass_compliance", cast, "finance_reviewer")
    (hit,) = standing_hits(request)
    own = cast.post("finance_reviewer").pk
    assert say(CONFIRM, [hit.pk, cast["finance_reviewer"].pk, own])[:5] == "YC003"
    assert say(CONFIRM, [hit.pk, cast["finance_head"].pk, own])[:5] == "YC002"


def test_an_answer_a_hit_and_a_confirmation_stay_as_they_are(committed_cast: Cast) -> None:
    cast = committed_cast
    texts.look(cast, texts.appraised(cast), "project_reviewer", "involved")
    for table, change in (
        ("projects_negativereview", "conclusion = 'not_involved'"),
        ("projects_negativehit", "words = '{x}'"),
        ("projects_negativerule", "keywords = '{}'"),
    ):
        assert say(f"UPDATE {table} SET {change}").startswith("42501")
        assert say(f"DELETE FROM {table}").startswith("42501")
        assert say(f"TRUNCATE {table} CASCADE").startswith("42501")


# --- A bare waiver ----------------------------------------------------------------------------


def test_a_waiver_is_not_written_into_force(committed_cast: Cast) -> None:
    cast = committed_cast
    waiver = make.draft_waiver(cast)
    for change in (
        "status = 'published', notice_number = 'x', published_on = current_date",
        "status = 'approved'",
        "notice_number = 'x', published_on = current_date",
        "project_id = project_id + 1",
        "proposed_by_id = proposed_by_id + 1",
    ):
        said = say(f"UPDATE projects_negativewaiver SET {change} WHERE id = %s", [waiver.pk])
        assert said.startswith("YC004"), change
    assert say("DELETE FROM projects_negativewaiver").startswith("42501")
    insert = (
        "INSERT INTO projects_negativewaiver (status, status_since, project_id, division_id,"
        " rule_id, reason, valid_from, valid_until, notice_number, published_on, proposed_by_id,"
        " proposed_at) SELECT 'published', now(), project_id, division_id, rule_id + 1, 'x',"
        " valid_from, valid_until, 'x', current_date, proposed_by_id, now()"
        " FROM projects_negativewaiver"
    )
    assert say(insert).startswith(("YC004", "23514"))


def test_a_waiver_that_stands_is_not_stretched(committed_cast: Cast) -> None:
    cast = committed_cast
    waiver = make.published_waiver(cast)
    for change in ("valid_until = valid_until + 900", "reason = 'x'", "published_on = NULL"):
        said = say(f"UPDATE projects_negativewaiver SET {change} WHERE id = %s", [waiver.pk])
        assert said.startswith("YC004"), change


def test_no_waiver_without_a_meeting(committed_cast: Cast) -> None:
    cast = committed_cast
    waiver = make.draft_waiver(cast)
    make.do(waiver, "submit", cast, "project_clerk")
    member = cast["group_member"]
    for action in ("vote", "determine"):
        said = refusal_of(waiver, action, member)
        assert said.startswith("YC020"), action
    assert NegativeWaiver.objects.get().status == "determination"


def test_a_check_of_yesterday_is_not_asked_for_the_words_of_today(committed_cast: Cast) -> None:
    """The text of a village's first answer may be another by now; what was proved stays proved."""
    cast = committed_cast
    project = make.project_in_revision(cast)
    make.revise_text(cast, project, content=texts.TEXT)
    first = project.villagemeetings.get().decision_id
    with app_connection() as connection:
        assert connection.execute(READ, [first]).fetchone() == (None,)
