"""What the database refuses of notices to somebody who writes plain SQL as the application."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from approvals.evidence import claim_photos, store_evidence
from config.demo.photos import photo
from projects.models import Project
from projects.workflow import PROJECT
from publicity.models import Notice, Objection, Posting, TakeDown
from publicity.queries import subject_of
from publicity.services import receive_public_objection
from tests import factories as make
from tests.cast import Cast
from tests.publicity.hanging import awaited_project, post, posted, published


def refused(code: str) -> Any:
    return pytest.raises(
        DatabaseError, check=lambda e: getattr(e.__cause__, "sqlstate", "") == code
    )


def run(statement: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


DENIED = "42501"  # the role has no such right


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE publicity_notice SET content = '[]'",
        "UPDATE publicity_notice SET check_code = '000000000000'",
        "UPDATE publicity_notice SET published_at = now()",
        "DELETE FROM publicity_notice",
        "TRUNCATE publicity_notice CASCADE",
        "UPDATE publicity_posting SET posted_on = posted_on - 10",
        "DELETE FROM publicity_posting",
        "UPDATE publicity_takedown SET taken_down_on = now()",
        "DELETE FROM publicity_takedown",
    ],
)
def test_what_is_written_stays(cast: Cast, statement: str) -> None:
    posted(cast, 12)
    with refused(DENIED):
        run(statement)


def copy_of(row: Any, **changes: Any) -> Any:
    row.pk = None
    row._state.adding = True
    for name, value in changes.items():
        setattr(row, name, value)
    return row


def save(row: Any) -> None:
    with transaction.atomic():
        row.save(force_insert=True)


def digest(words: str) -> dict[str, str]:
    found = hashlib.sha256(words.encode()).hexdigest()
    return {"content_sha256": found, "check_code": found[:12]}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "YC004"),  # a second first version of the same
        ({"version": 3, "supersedes": "itself"}, "YC004"),  # one left out
        ({"version": 2, "supersedes": "itself", "number": "652826-2025-公示-9999"}, "YC004"),
        ({"version": 2, "supersedes": None}, "YC004"),
        ({"version": 2, "supersedes": "itself", "is_migrated": True}, "YC004"),
        ({"version": 2, "supersedes": "itself", "content": []}, "YC004"),
        ({"version": 2, "supersedes": "itself", "content": {}}, "YC004"),
        ({"subject_id": 999}, "YC004"),  # another subject under a number that is given
        ({"subject_id": 999, "sequence": 3, "number": "652826-2025-公示-0003"}, "YC004"),  # a gap
        ({"version": 2, "supersedes": "itself", "check_code": "000000000000"}, "23514"),
    ],
)
def test_a_version_follows_another(cast: Cast, changes: dict[str, Any], code: str) -> None:
    notice = published(cast)
    if changes.get("supersedes") == "itself":
        changes = {**changes, "supersedes": Notice.objects.get(pk=notice.pk)}
    with refused(code):
        save(copy_of(notice, **{**digest("x"), **changes}))
    assert Notice.objects.count() == 1


def test_the_attack_as_such_works_when_all_is_right(cast: Cast) -> None:
    notice = published(cast)
    earlier = Notice.objects.get(pk=notice.pk)
    save(copy_of(notice, version=2, supersedes=earlier, **digest("x")))
    assert Notice.objects.count() == 2


def test_nobody_chooses_when_it_was_recorded(cast: Cast) -> None:
    notice = published(cast)
    earlier = Notice.objects.get(pk=notice.pk)
    long_ago = earlier.recorded_at - dt.timedelta(days=30)
    save(copy_of(notice, version=2, supersedes=earlier, recorded_at=long_ago, **digest("x")))
    assert Notice.objects.get(version=2).recorded_at >= earlier.recorded_at


def proved(cast: Cast, notice: Notice, place: str, shown_for: str = "") -> dict[str, str]:
    """Two photos that were claimed for this posting, or for something else."""
    by = cast["village_cadre"]
    near, far = (
        store_evidence(photo(make.key()), division=notice.division, by=by).sha256 for _ in range(2)
    )
    words = shown_for or f"公示 {notice.number} 第{notice.version}版 {place}"
    claim_photos((near, far), subject=subject_of(notice), shown_for=words, by=by)
    return {"near_photo": near, "far_photo": far}


def test_a_posting_that_is_proved_is_taken(cast: Cast) -> None:
    notice = posted(cast, 5)
    save(copy_of(notice.postings.get(), place="别处", **proved(cast, notice, "别处")))
    assert Posting.objects.count() == 2


@pytest.mark.parametrize("days", [-6, 1])
def test_a_posting_lies_between_its_publication_and_today(cast: Cast, days: int) -> None:
    notice = posted(cast, 5)
    day = make.today() + dt.timedelta(days=days)
    changes = {"posted_on": day, "ends_on": day + dt.timedelta(days=10), "place": "别处"}
    with refused("YC004"):
        save(copy_of(notice.postings.get(), **changes, **proved(cast, notice, "别处")))


def test_a_period_is_not_shortened(cast: Cast) -> None:
    notice = posted(cast, 5)
    posting = notice.postings.get()
    for ends_on in (posting.posted_on + dt.timedelta(days=9), None):
        with refused("YC004"):
            proof = proved(cast, notice, "别处")
            save(copy_of(notice.postings.get(), ends_on=ends_on, place="别处", **proof))


def test_a_posting_without_photos_is_no_longer_taken(cast: Cast) -> None:
    notice = posted(cast, 5)
    with refused("YC004"):
        save(copy_of(notice.postings.get(), place="别处", near_photo="", far_photo=""))


def test_photos_shown_for_something_else_prove_nothing(cast: Cast) -> None:
    notice = posted(cast, 5)
    for proof in (
        proved(cast, notice, "别处", shown_for="工程进度"),
        dict.fromkeys(("near_photo", "far_photo"), hashlib.sha256(b"a").hexdigest()),
    ):
        with refused("YC004"):
            save(copy_of(notice.postings.get(), place="别处", **proof))
    near = notice.postings.get().near_photo
    for changes in ({}, {"far_photo": near}):  # the photos of the other place; one of them twice
        with refused("YC004"):
            save(copy_of(notice.postings.get(), place="别处", **changes))


def test_nothing_comes_down_before_its_time(cast: Cast) -> None:
    notice = published(cast, days_ago=9)
    posting = post(cast, notice, 9)
    down = TakeDown(posting=posting, recorded_by=cast["village_cadre"])
    for days in (0, 1, -10):
        down.taken_down_on = make.today() + dt.timedelta(days=days)
        with refused("YC004"):
            save(down)
    assert not TakeDown.objects.exists()


# --- Objections -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE publicity_objection SET summary = 'x'", "YC001"),
        ("UPDATE publicity_objection SET received_on = '2020-01-01'", "YC001"),
        ("UPDATE publicity_objection SET is_named = true, paper_file_number = '1'", "YC001"),
        ("UPDATE publicity_objection SET conclusion = 'unfounded'", "YC004"),
        ("UPDATE publicity_objection SET status_since = now()", "YC004"),
        ("UPDATE publicity_objection SET status = 'answered'", "YC004"),
        ("DELETE FROM publicity_objection", DENIED),
        ("TRUNCATE publicity_objection", DENIED),
    ],
)
def test_an_objection_stands_but_for_its_life(cast: Cast, statement: str, code: str) -> None:
    make.objection(cast)
    with refused(code):
        run(statement)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "answered"}, "YC004"),
        ({"conclusion": "unfounded"}, "YC004"),
        ({"registered_by": None}, "23514"),
        ({"is_named": True}, "23514"),
        ({"summary": ""}, "23514"),
        ({"voids_id": 1}, "YC004"),
    ],
)
def test_a_new_objection_has_no_answer(cast: Cast, changes: dict[str, Any], code: str) -> None:
    objection = make.objection(cast)
    with refused(code):
        save(copy_of(objection, receipt="X", **changes))


def check_at_commit() -> None:
    """What is asked when the transaction ends, asked now."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def past_the_program(cast: Cast, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send it in as if no condition were written in Python."""
    monkeypatch.setitem(PROJECT.conditions, "submit", [])
    with transaction.atomic():
        make.do(project, "submit", cast, "village_cadre")
        check_at_commit()


def test_a_project_whose_notice_is_over_passes(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    project = awaited_project(cast)
    posted(cast, 11, project)
    past_the_program(cast, project, monkeypatch)
    assert project.status == "township_review"


def none_at_all(cast: Cast, project: Project) -> None:
    """Not even published."""


def only_published(cast: Cast, project: Project) -> None:
    published(cast, project, days_ago=30)


def not_yet_over(cast: Cast, project: Project) -> None:
    posted(cast, 10, project)


def objected(cast: Cast, project: Project) -> None:
    receive_public_objection(notice=posted(cast, 20, project), summary="面积不实")


def void(cast: Cast, project: Project) -> None:
    objected(cast, project)
    objection = Objection.objects.get()
    make.do(objection, "investigate", cast, "project_clerk", {"investigating_unit": "县扶贫办"})
    facts = {"conclusion": "partly", "measures": "重新公示", "remedy": "restart"}
    make.do(objection, "answer", cast, "project_clerk", facts)


def superseded(cast: Cast, project: Project) -> None:
    posted(cast, 20, project)
    project.targets.filter(aspect="SAT").delete()
    published(cast, project)


def of_an_earlier_round(cast: Cast, project: Project) -> None:
    posted(cast, 20, project)
    make.do(project, "submit", cast, "village_cadre")
    make.do(project, "return", cast, "township_reviewer", comment="请核实")
    facts = make.meeting_facts(cast, project)
    make.do(project, "record_meeting", cast, "village_cadre", facts)


@pytest.mark.parametrize(
    "arrange",
    [none_at_all, only_published, not_yet_over, objected, void, superseded, of_an_earlier_round],
)
def test_the_database_holds_the_gate_too(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, arrange: Any
) -> None:
    project = awaited_project(cast)
    arrange(cast, project)
    check_at_commit()
    with refused("YC020"):
        past_the_program(cast, project, monkeypatch)


def test_a_step_taken_back_and_taken_again_rests_on_the_same_notice(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = awaited_project(cast)
    posted(cast, 11, project)
    past_the_program(cast, project, monkeypatch)
    make.do(project, "withdraw", cast, "village_cadre", comment="数字有误")
    past_the_program(cast, project, monkeypatch)
    assert project.status == "township_review"
