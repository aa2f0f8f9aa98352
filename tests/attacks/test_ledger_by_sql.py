"""What somebody could do who holds the application's own database role and writes plain SQL."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from psycopg import errors

from funds.models import Account, Allotment, Voucher
from organizations.models import Post, Role, User
from projects.models import PaymentRequest, Project
from tests import factories as make
from tests import lives
from tests.cast import SINCE, Cast
from tests.databases import app_connection

DECIDE = """
    INSERT INTO approvals_decision (subject_type, subject_id, subject_title, division_id, cases,
        action, action_label, duty, from_status, to_status, by_id, post_id, by_name, by_unit,
        by_title, for_name, comment, opinions, amount, evidence, at, transaction_id,
        body_digest)
    SELECT %(type)s, %(id)s, 'x', %(division)s, %(cases)s, %(action)s, 'x', %(duty)s, %(from)s,
        %(to)s, %(by)s, %(post)s, '', '', '', '', '', '[]', %(amount)s, '{}', now(),
        pg_current_xact_id()::text::bigint, ''
    RETURNING id
"""
POST = """
    SELECT id FROM ledger_post(%(county)s::bigint, %(kind)s, %(key)s,
        (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date, 'x', '', '', '{}', %(by)s, %(post)s,
        %(decision)s, %(refers)s, NULL, %(tags)s::bigint[], %(marks)s::bigint[],
        %(amounts)s::numeric[])
"""
DUTIES = {"withdraw": "withdraw_release", "allocate": "determine"}


MOVE_ON = "UPDATE projects_paymentrequest SET status = %(to)s WHERE id = %(id)s"
STEPS = {"release": ("release", "payment"), "pay": ("payment", "paid")}  # from, to


def move(
    cast: Cast, kind: str, project: Project, who: User, role: str, *, ruled: bool = False,
    **changes: Any,
) -> int:  # fmt: skip
    """A decision with its voucher, as somebody would write them who has read the source.

    Not `ruled`, the decision gets past its own trigger, so that the ledger stands alone.
    """
    came_from, goes_to = STEPS.get(kind, ("a", "b"))
    facts: dict[str, Any] = {
        "type": "projects.paymentrequest",
        "id": 1,
        "division": project.division_id,
        "cases": ["payment:1", f"project:{project.earmark_id}"],
        "action": kind,
        "duty": DUTIES.get(kind, kind),
        "from": came_from,
        "to": goes_to,
        "by": who.pk,
        "post": Post.objects.get(user=who, role=role).pk,
        "amount": 100,
        "county": cast.county.pk,
        "kind": kind,
        "key": make.key(),
        "refers": None,
        "tags": [Allotment.objects.get().pk],
        "marks": [project.earmark_id],
        "amounts": [100],
        **changes,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        with nullcontext() if ruled else lives.unruled():
            cursor.execute(DECIDE, facts)
            decision = cursor.fetchone()[0]
        if ruled:
            cursor.execute(MOVE_ON, facts)
        cursor.execute(POST, {**facts, "decision": decision})
        return int(cursor.fetchone()[0])


def request_at(cast: Cast, project: Project, kind: str) -> dict[str, Any]:
    """A real request where the step of this kind is next, for a decision that is `ruled`."""
    request = make.draft_payment(cast, project, 100 + PaymentRequest.objects.count())
    lives.place(request, "compliance" if kind == "release" else STEPS[kind][0], cast)
    if kind == "release":
        make.do(request, "pass_compliance", cast, "finance_reviewer")
    return {"ruled": True, "id": request.pk, "cases": request.case_keys()}


def refused(code: str) -> Any:
    return pytest.raises(
        DatabaseError, check=lambda e: getattr(e.__cause__, "sqlstate", "") == code
    )


@pytest.fixture
def project(cast: Cast) -> Project:
    return make.approved_project(cast)


def give(cast: Cast, name: str, role: Role) -> User:
    """A second post in the same office: two hats on one head."""
    user = cast[name]
    Post.objects.create(
        user=user, role=role, organization=cast.post(name).organization, title="兼任",
        valid_from=SINCE, accepted_at=cast.post(name).accepted_at,
    )  # fmt: skip
    return user


def test_the_attack_as_such_works_when_all_is_right(cast: Cast, project: Project) -> None:
    move(cast, "release", project, cast["finance_head"], "finance_head")
    move(cast, "pay", project, cast["treasury_clerk"], "treasury_clerk")


@pytest.mark.parametrize("cases", [[None], [None, None], ["project:%s"], []])
def test_a_decision_may_not_leave_its_cases_out(
    cast: Cast, project: Project, cases: list[str | None]
) -> None:
    named = [c and c.replace("%s", str(project.earmark_id)) for c in cases]
    facts = {**request_at(cast, project, "release"), "cases": named}
    with refused("YC004" if None in cases else "YC018"):
        move(cast, "release", project, cast["finance_head"], "finance_head", **facts)


def test_one_head_under_two_hats_does_not_release_and_pay(cast: Cast, project: Project) -> None:
    both = give(cast, "finance_head", Role.TREASURY_CLERK)
    facts = request_at(cast, project, "release")
    move(cast, "release", project, both, "finance_head", **facts)
    with refused("YC003"):
        move(cast, "pay", project, both, "treasury_clerk", **facts)


def test_nor_does_one_who_shares_the_money_of_another_request(cast: Cast, project: Project) -> None:
    """The ledger looks at whose release is paid, whatever the request is called."""
    both = give(cast, "finance_head", Role.TREASURY_CLERK)
    move(cast, "release", project, both, "finance_head")
    with refused("YC003"):
        move(cast, "pay", project, both, "treasury_clerk", id=2,
             cases=["payment:2", f"project:{project.earmark_id}"])  # fmt: skip


def test_who_released_and_saw_it_paid_may_pay_what_another_released(
    cast: Cast, project: Project
) -> None:
    both = give(cast, "finance_head", Role.TREASURY_CLERK)
    other = give(cast, "treasury_clerk", Role.FINANCE_HEAD)
    mark = f"project:{project.earmark_id}"
    move(cast, "release", project, both, "finance_head")
    move(cast, "pay", project, other, "treasury_clerk")
    move(cast, "release", project, other, "finance_head", id=2, cases=["payment:2", mark])
    move(cast, "pay", project, both, "treasury_clerk", id=2, cases=["payment:2", mark])


@pytest.mark.parametrize("who", ["finance_reviewer", "finance_clerk", "auditor", "treasury_clerk"])
def test_a_kind_of_voucher_asks_for_its_own_post(cast: Cast, project: Project, who: str) -> None:
    user = cast[who]
    with pytest.raises(DatabaseError) as caught:
        move(cast, "release", project, user, cast.post(who).role)
    assert getattr(caught.value.__cause__, "sqlstate", "") == "YC002"


def test_a_post_in_a_township_moves_no_money_of_the_county(cast: Cast, project: Project) -> None:
    user = give(cast, "township_clerk", Role.FINANCE_HEAD)
    with refused("YC002"):
        move(cast, "release", project, user, "finance_head")


def test_the_decisions_post_is_the_vouchers_post(cast: Cast, project: Project) -> None:
    user = give(cast, "finance_head", Role.FINANCE_CLERK)
    other = Post.objects.get(user=user, role=Role.FINANCE_CLERK).pk
    with transaction.atomic(), connection.cursor() as cursor:
        with lives.unruled():
            cursor.execute(DECIDE, {
                "type": "projects.paymentrequest", "id": 1, "division": project.division_id,
                "cases": ["payment:1", f"project:{project.earmark_id}"], "duty": "release",
                "action": "release", "from": "release", "to": "payment", "by": user.pk,
                "amount": 100, "post": other,
            })  # fmt: skip
            decision = cursor.fetchone()[0]
        with refused("YC018"), transaction.atomic():
            cursor.execute(POST, {
                "county": cast.county.pk, "kind": "release", "key": make.key(), "by": user.pk,
                "post": Post.objects.get(user=user, role="finance_head").pk, "decision": decision,
                "refers": None, "tags": [Allotment.objects.get().pk],
                "marks": [project.earmark_id], "amounts": [100],
            })  # fmt: skip


def test_two_lines_that_each_fit_are_too_much_together(cast: Cast, project: Project) -> None:
    """100 was paid, and 300 more by another request: 2 × 100 may not come back of the first."""
    for number, amount in ((1, 100), (2, 300)):
        cases = [f"payment:{number}", f"project:{project.earmark_id}"]
        with_amount: dict[str, Any] = {
            "id": number,
            "cases": cases,
            "amount": amount,
            "amounts": [amount],
        }
        move(cast, "release", project, cast["finance_head"], "finance_head", **with_amount)
        move(cast, "pay", project, cast["treasury_clerk"], "treasury_clerk", **with_amount)
    paid = Voucher.objects.filter(kind="pay").order_by("id")[0]
    tag = Allotment.objects.get().pk
    twice: dict[str, Any] = {
        "refers": paid.pk, "amount": 200, "amounts": [100, 100], "tags": [tag, tag],
        "marks": [project.earmark_id] * 2,
    }  # fmt: skip
    with refused("YC017"):
        move(cast, "refund", project, cast["treasury_clerk"], "treasury_clerk", **twice)
    halves = {**twice, "amount": 100, "amounts": [50, 50]}
    move(cast, "refund", project, cast["treasury_clerk"], "treasury_clerk", **halves)


@pytest.mark.parametrize(
    ("amounts", "tags"),
    [
        ("{NaN}", None), ("{Infinity}", None), ("{-0}", None), ("{{100}}", None),
        ("[0:0]={100}", None), ("{NULL}", None), ("{}", None), ("{100}", "{NULL}"),
        ("{100}", "{{1}}"), ("{100,100}", None), ("{100}", "[5:5]={1}"), (None, None),
    ],
)  # fmt: skip
def test_odd_arrays_move_nothing(
    cast: Cast, project: Project, amounts: str | None, tags: str | None
) -> None:
    odd: dict[str, Any] = (
        {"amounts": amounts} if tags is None else {"amounts": amounts, "tags": tags}
    )
    with pytest.raises(DatabaseError):
        move(cast, "release", project, cast["finance_head"], "finance_head", **odd)
    assert not Voucher.objects.filter(kind="release").exists()


@pytest.mark.parametrize("name", ["key", "by", "post", "county", "tags", "marks"])
def test_nothing_is_left_out(cast: Cast, project: Project, name: str) -> None:
    without: dict[str, Any] = {name: None, "duty": "release"}
    with pytest.raises(DatabaseError):
        move(cast, "release", project, cast["finance_head"], "finance_head", **without)


@pytest.mark.parametrize("amount", [None, 0, 99])
def test_the_decision_names_the_amount(cast: Cast, project: Project, amount: int | None) -> None:
    with refused("YC018"):
        move(cast, "release", project, cast["finance_head"], "finance_head", amount=amount)


def test_nobody_uses_up_the_key_of_a_coming_decision(cast: Cast, project: Project) -> None:
    facts: dict[str, Any] = {
        "county": cast.county.pk, "kind": "receive", "key": "decision:999999",
        "by": cast["finance_clerk"].pk, "post": cast.post("finance_clerk").pk, "decision": None,
        "refers": None, "tags": [Allotment.objects.get().pk], "marks": [None], "amounts": [1],
    }  # fmt: skip
    with refused("YC011"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(POST, facts)


def test_nobody_chooses_his_place_in_the_trail(cast: Cast, project: Project) -> None:
    statement = DECIDE.replace("(subject_type", "(id, subject_type").replace(
        "SELECT %(type)s", "SELECT 1000000, %(type)s"
    )
    facts: dict[str, Any] = {
        "type": "projects.project", "id": project.pk, "division": project.division_id,
        "cases": project.case_keys(), "duty": "feed_back", "by": cast["region_clerk"].pk,
        "action": "x", "from": "a", "to": "b",
        "post": cast.post("region_clerk").pk, "amount": None,
    }  # fmt: skip
    with refused("YC004"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, facts)


def test_shadow_tables_of_the_session_are_not_read(committed_cast: Cast) -> None:
    """A temporary table with a table's name, before or after in the path, changes nothing."""
    cast = committed_cast
    tag = make.funded_allotment(cast, 1000)
    with app_connection(connection.settings_dict["NAME"]) as app:
        app.execute("CREATE TEMP TABLE organizations_post (LIKE public.organizations_post)")
        app.execute("INSERT INTO organizations_post SELECT p.* FROM public.organizations_post p")
        app.execute("UPDATE pg_temp.organizations_post SET role = 'finance_clerk'")
        app.execute("SET search_path = pg_temp, public")
        with pytest.raises(errors.DatabaseError) as caught:
            app.execute(POST, {
                "county": cast.county.pk, "kind": "receive", "key": "k",
                "by": cast["auditor"].pk, "post": cast.post("auditor").pk, "decision": None,
                "refers": None, "tags": [tag.pk], "marks": [None], "amounts": [1],
            })  # fmt: skip
        assert caught.value.sqlstate == "YC002"
        with pytest.raises(errors.InsufficientPrivilege):
            app.execute("CREATE FUNCTION public.now_() RETURNS int LANGUAGE sql AS 'SELECT 1'")


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_an_old_snapshot_decides_nothing(committed_cast: Cast, level: str) -> None:
    """It would not see what the same person has just decided in another session."""
    project = make.draft_project(committed_cast)
    cast = committed_cast
    with app_connection(connection.settings_dict["NAME"]) as app:
        app.execute(f"BEGIN ISOLATION LEVEL {level}")
        with pytest.raises(errors.DatabaseError) as caught:
            app.execute(DECIDE, {
                "type": "projects.project", "id": project.pk, "division": project.division_id,
                "cases": project.case_keys(), "duty": "feed_back", "amount": None,
                "action": "x", "from": "a", "to": "b",
                "by": cast["region_clerk"].pk, "post": cast.post("region_clerk").pk,
            })  # fmt: skip
        assert caught.value.sqlstate == "YC019"


def test_an_allotment_is_not_corrected_under_its_first_receipt(committed_cast: Cast) -> None:
    cast = committed_cast
    tag = make.allotment(cast, 1000)
    name = connection.settings_dict["NAME"]
    with app_connection(name) as receiving, app_connection(name) as correcting:
        receiving.execute("BEGIN")
        receiving.execute(POST, {
            "county": cast.county.pk, "kind": "receive", "key": "first",
            "by": cast["finance_clerk"].pk, "post": cast.post("finance_clerk").pk,
            "decision": None, "refers": None, "tags": [tag.pk], "marks": [None], "amounts": [900],
        })  # fmt: skip
        correcting.execute("SET lock_timeout = '300ms'")
        with pytest.raises(errors.LockNotAvailable):
            correcting.execute("UPDATE funds_allotment SET amount = 1 WHERE id = %s", [tag.pk])
        receiving.execute("COMMIT")
        with pytest.raises(errors.DatabaseError) as caught:
            correcting.execute("UPDATE funds_allotment SET amount = 1 WHERE id = %s", [tag.pk])
        assert caught.value.sqlstate == "YC001"
    assert Account.objects.get(kind="outside").floor == -1000


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE projects_project SET subsidy_standard = '另一标准'",
        "UPDATE projects_project SET department_id = department_id, leader_name = '别人'",
        "UPDATE projects_project SET meeting_id = NULL",
        "UPDATE projects_projectplace SET note = '别处'",
        "DELETE FROM projects_projectplace",
        "UPDATE projects_workitem SET quantity = 1",
        "INSERT INTO projects_workitem (project_id, name, unit, quantity, unit_price)"
        " SELECT id, '加项', '个', 1, 1 FROM projects_project",
        "INSERT INTO projects_projectsource (project_id, allotment_id, amount)"
        " SELECT p.id, a.id, 1 FROM projects_project p, funds_allotment a",
    ],
)
def test_what_was_decided_on_stands_whole(cast: Cast, project: Project, statement: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute(statement)


def test_sources_do_not_change_while_the_request_is_sent_in(committed_cast: Cast) -> None:
    request = make.draft_payment(committed_cast, make.approved_project(committed_cast))
    name = connection.settings_dict["NAME"]
    with app_connection(name) as changing, app_connection(name) as sending:
        changing.execute("BEGIN")
        changing.execute("UPDATE projects_paymentsource SET amount = 1")
        sending.execute("SET lock_timeout = '300ms'")
        with pytest.raises(errors.LockNotAvailable):
            sending.execute(
                "SELECT FROM projects_paymentrequest WHERE id = %s FOR UPDATE", [request.pk]
            )
    assert PaymentRequest.objects.get(pk=request.pk).status == "draft"


def month_move(cast: Cast, function: str, duty: str, who: str) -> None:
    month = connection.cursor()
    month.execute(
        "INSERT INTO funds_month (division_id, first_day, status, status_since)"
        " VALUES (%s, '2025-01-01', 'open', now()) ON CONFLICT (division_id, first_day)"
        " DO UPDATE SET status = funds_month.status RETURNING id",
        [cast.county.pk],
    )
    pk = month.fetchone()[0]
    with transaction.atomic(), lives.unruled(), connection.cursor() as cursor:
        cursor.execute(DECIDE, {
            "type": "funds.month", "id": pk, "division": cast.county.pk, "cases": [f"month:{pk}"],
            "duty": duty, "by": cast[who].pk, "post": cast.post(who).pk, "amount": None,
            "action": duty, "from": "a", "to": "b",
        })  # fmt: skip
        decision = cursor.fetchone()[0]
        if function:
            cursor.execute(f"SELECT {function}(%s, '2025-01-01', %s)", [cast.county.pk, decision])


def test_months_close_by_the_reviewer_and_reopen_only_on_request(cast: Cast) -> None:
    with refused("YC018"):
        month_move(cast, "ledger_close_month", "close", "treasury_clerk")
    month_move(cast, "ledger_close_month", "close", "finance_reviewer")
    with refused("YC018"):
        month_move(cast, "ledger_reopen_month", "reopen", "finance_head")
    month_move(cast, "", "request_reopening", "finance_clerk")
    with refused("YC018"):
        month_move(cast, "ledger_reopen_month", "reopen", "finance_reviewer")
    month_move(cast, "ledger_reopen_month", "reopen", "finance_head")
