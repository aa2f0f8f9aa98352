"""委派: who may lend which post to whom, for how long, and what the database refuses of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg import errors

from organizations.delegations import colleagues_of, lend_post, revoke_delegation
from organizations.models import Delegation, Organization, Parameter, Post, Role, User
from organizations.policies import Refused, WrongRole
from organizations.services import appoint
from projects.models import Project
from tests import factories as make
from tests.api.conftest import caller
from tests.cast import Cast
from tests.databases import app_connection, at_once, owner_connection

BACKEND = "django.contrib.auth.backends.ModelBackend"


def day(offset: int = 0) -> dt.date:
    return timezone.localdate() + dt.timedelta(days=offset)


def enter(client: Client, user: User) -> Client:
    client.force_login(user, backend=BACKEND)
    return client


def facts(**changes: Any) -> dict[str, Any]:
    return {"valid_from": day(), "valid_until": day(9), "reason": "外出培训", **changes}


# --- Lending ----------------------------------------------------------------------------------


def test_a_lent_post_counts_from_the_first_day_to_the_last(cast: Cast) -> None:
    make.lent_post(cast, "township_reviewer", "township_clerk", days=1)
    assert cast["township_clerk"].roles() == {Role.TOWNSHIP_CLERK, Role.TOWNSHIP_REVIEWER}
    own, lent = cast["township_clerk"].posts_today
    assert (own.user.real_name, lent.user.real_name) == ("王秋", "冯冬")
    lend_post(
        post=cast.post("township_reviewer"),
        delegate=cast["township_clerk"],
        by=cast["township_reviewer"],
        **facts(valid_from=day(1)),
    )
    revoke_delegation(
        delegation=Delegation.objects.get(valid_from=day()), by=cast["township_reviewer"]
    )
    assert cast["township_clerk"].roles() == {Role.TOWNSHIP_CLERK}


def test_the_delegate_sees_what_the_post_covers(cast: Cast) -> None:
    other = Organization.objects.get(name="永宁镇人民政府")
    clerk = User.objects.create_user(username="spare", password="x", real_name="钱多")  # noqa: S106
    Post.objects.create(
        user=clerk, role=Role.VILLAGE_CADRE, organization=cast.post("village_cadre").organization,
        title="委员", valid_from=day(-5), accepted_at=timezone.now(),
    )  # fmt: skip
    project = make.draft_project(cast)
    assert project in Project.objects.visible_to(User.objects.get(pk=clerk.pk))
    assert other.division.path not in User.objects.get(pk=clerk.pk).territory()
    delegation = make.lent_post(cast, "finance_reviewer", "finance_clerk")
    assert cast["finance_clerk"].territory() == [cast.county.path]
    assert delegation.post.role in cast["finance_clerk"].roles()


@pytest.mark.parametrize("who", ["group_member", "system_admin"])
def test_votes_and_the_handing_out_of_accounts_are_not_lent(cast: Cast, who: str) -> None:
    with pytest.raises(Refused, match="须本人履职，不能委派") as caught:
        make.lent_post(cast, who, "project_clerk")
    assert caught.value.refusal.who_can_clear


def test_what_was_lent_is_not_lent_on(cast: Cast) -> None:
    make.lent_post(cast, "finance_reviewer", "finance_clerk")
    with pytest.raises(WrongRole, match="代办的岗位不能再委派") as caught:
        lend_post(
            post=cast.post("finance_reviewer"),
            delegate=cast["finance_head"],
            by=cast["finance_clerk"],
            **facts(valid_from=day(20), valid_until=day(21)),
        )
    assert caught.value.refusal.who_can_clear == "秦朗"


REFUSED: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("township_reviewer", "township_reviewer", {}, "不能委派给本人"),
    ("township_reviewer", "other_township_clerk", {}, "同一单位或同一区划"),
    ("township_reviewer", "finance_clerk", {}, "同一单位或同一区划"),
    ("township_reviewer", "nobody", {}, "同一单位或同一区划"),
    ("finance_reviewer", "system_admin", {}, "系统管理员不能代办"),
    ("township_reviewer", "township_clerk", {"valid_from": day(-1)}, "不能倒填"),
    ("township_reviewer", "township_clerk", {"valid_until": day(90)}, "代办 91 天，最长 90 天"),
)  # fmt: skip


@pytest.mark.parametrize(("holder", "delegate", "changes", "words"), REFUSED)
def test_the_database_refuses_and_says_why(
    cast: Cast, holder: str, delegate: str, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(Refused, match=words) as caught:
        lend_post(
            post=cast.post(holder), delegate=cast[delegate], by=cast[holder], **facts(**changes)
        )
    assert caught.value.refusal.who_can_clear
    assert not Delegation.objects.exists()


def test_the_longest_time_is_a_dated_parameter(cast: Cast) -> None:
    Parameter.objects.create(
        key="delegation.max_days", setting="5", name="委派最长天数", source="D", valid_from=day(3)
    )
    reviewer, clerk = cast["township_reviewer"], cast["township_clerk"]
    with pytest.raises(Refused, match="代办 6 天，最长 5 天"):
        lend_post(
            post=cast.post("township_reviewer"), delegate=clerk, by=reviewer,
            **facts(valid_from=day(3), valid_until=day(8)),
        )  # fmt: skip
    lend_post(post=cast.post("township_reviewer"), delegate=clerk, by=reviewer, **facts())


def test_to_one_at_a_time(cast: Cast) -> None:
    first = make.lent_post(cast, "finance_reviewer", "finance_clerk")
    for again in ("finance_head", "finance_clerk"):
        with pytest.raises(Refused, match="已委派给 朱明，同一时间只能委派一人"):
            make.lent_post(cast, "finance_reviewer", again)
    revoke_delegation(delegation=first, by=cast["finance_reviewer"])
    make.lent_post(cast, "finance_reviewer", "finance_head")
    assert Role.FINANCE_REVIEWER not in cast["finance_clerk"].roles()


def test_not_beyond_the_post_itself(cast: Cast) -> None:
    Post.objects.filter(user=cast.users["township_reviewer"]).update(
        valid_until=day(5), end_reason="退休"
    )
    with pytest.raises(Refused, match="须在岗位任职期间之内"):
        make.lent_post(cast, "township_reviewer", "township_clerk")
    make.lent_post(cast, "township_reviewer", "township_clerk", days=6)


@pytest.mark.parametrize("leaves", ["township_reviewer", "township_clerk"])
def test_it_lapses_when_either_leaves(cast: Cast, leaves: str) -> None:
    """The holder's post is over, or the delegate no longer works there."""
    make.lent_post(cast, "township_reviewer", "township_clerk")
    Post.objects.filter(user=cast.users[leaves]).update(valid_until=day(-1), end_reason="调离")
    assert Role.TOWNSHIP_REVIEWER not in cast["township_clerk"].roles()


def test_it_lapses_while_the_holder_is_disabled(cast: Cast) -> None:
    make.lent_post(cast, "township_reviewer", "township_clerk")
    User.objects.filter(username="township_reviewer").update(is_active=False)
    assert cast["township_clerk"].roles() == {Role.TOWNSHIP_CLERK}


def test_who_acts_for_somebody_is_not_made_administrator(cast: Cast) -> None:
    held = Post.objects.filter(user=cast.users["finance_clerk"])
    delegation = make.lent_post(cast, "finance_reviewer", "finance_clerk")
    held.update(valid_until=day(), end_reason="转岗")
    appointment: dict[str, Any] = {
        "user": cast["finance_clerk"], "role": Role.SYSTEM_ADMIN, "title": "管理员",
        "organization": cast.post("system_admin").organization, "valid_from": day(1),
        "by": cast["system_admin"],
    }  # fmt: skip
    with pytest.raises(Refused, match="正在代办他人的岗位") as caught:
        appoint(**appointment)
    assert "交回" in caught.value.refusal.who_can_clear
    revoke_delegation(delegation=delegation, by=cast["finance_clerk"])
    appoint(**appointment)


# --- Taking back ------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["township_reviewer", "township_clerk"])
def test_taken_back_by_the_holder_or_handed_back_by_the_delegate(cast: Cast, who: str) -> None:
    delegation = make.lent_post(cast, "township_reviewer", "township_clerk")
    done = revoke_delegation(delegation=delegation, by=cast[who])
    assert done.revoked_by == cast.users[who]
    assert str(cast.users[who]) in done.state
    assert cast["township_clerk"].roles() == {Role.TOWNSHIP_CLERK}
    with pytest.raises(Refused, match="不必再收回"):
        revoke_delegation(delegation=delegation, by=cast[who])


def test_nobody_else_takes_it_back(cast: Cast) -> None:
    delegation = make.lent_post(cast, "township_reviewer", "township_clerk")
    for name in ("system_admin", "village_cadre", "group_member"):
        with pytest.raises(WrongRole, match="由岗位本人收回") as caught:
            revoke_delegation(delegation=delegation, by=cast[name])
        assert caught.value.refusal.who_can_clear == "冯冬、王秋"


# --- Past the program -------------------------------------------------------------------------


def test_the_application_s_role_can_not_bend_it(committed_cast: Cast) -> None:
    cast = committed_cast
    delegation = make.lent_post(cast, "township_reviewer", "township_clerk")
    name = connection.settings_dict["NAME"]
    insert = (
        "INSERT INTO organizations_delegation"
        " (post_id, delegate_id, valid_from, valid_until, reason, made_by_id, made_at)"
        " VALUES (%s, %s, %s, %s, 'x', %s, '2001-01-01') RETURNING made_at"
    )
    head, clerk, member = (cast.post(n) for n in ("finance_head", "finance_clerk", "group_member"))
    wrong = (
        (head.pk, clerk.user_id, day(), day(9), clerk.user_id),  # not by the holder
        (member.pk, clerk.user_id, day(), day(9), member.user_id),  # a vote
        (head.pk, head.user_id, day(), day(9), head.user_id),
        (head.pk, clerk.user_id, day(-3), day(9), head.user_id),  # into the past
        (head.pk, clerk.user_id, day(), day(400), head.user_id),
    )
    with app_connection(name) as app, owner_connection(name) as owner:
        for row in wrong:
            with pytest.raises(errors.DatabaseError) as caught:
                app.execute(insert, row)
            assert caught.value.sqlstate == "YC021", row
        stamped = app.execute(
            insert, (head.pk, clerk.user_id, day(), day(9), head.user_id)
        ).fetchone()
        assert stamped and stamped[0].year > 2020
        for change in (
            "valid_until = valid_until + 60",
            "delegate_id = made_by_id",
            "reason = '改过'",
            "revoked_at = now()",
        ):
            with pytest.raises(errors.DatabaseError):
                app.execute(
                    f"UPDATE organizations_delegation SET {change} WHERE id = %s", [delegation.pk]
                )
        with pytest.raises(errors.DatabaseError) as caught:  # by somebody else
            app.execute(
                "UPDATE organizations_delegation SET revoked_at = now(), revoked_by_id = %s"
                " WHERE id = %s",
                [cast.users["auditor"].pk, delegation.pk],
            )
        assert caught.value.sqlstate == "YC021"
        with pytest.raises(errors.InsufficientPrivilege):
            app.execute("DELETE FROM organizations_delegation")
        for statement in (
            "DELETE FROM organizations_delegation",
            "TRUNCATE organizations_delegation CASCADE",
        ):
            with pytest.raises(errors.DatabaseError) as caught:
                owner.execute(statement)
            assert caught.value.sqlstate == "YC001"
        revoke = "UPDATE organizations_delegation SET revoked_at = %s, revoked_by_id = made_by_id"
        app.execute(revoke + " WHERE id = %s", ["2001-01-01", delegation.pk])
        delegation.refresh_from_db()
        assert delegation.revoked_at and delegation.revoked_at.year > 2020
        with pytest.raises(errors.DatabaseError):  # and not made undone
            app.execute(
                "UPDATE organizations_delegation SET revoked_at = NULL, revoked_by_id = NULL"
            )


def test_two_at_once_lend_it_to_one_only(committed_cast: Cast) -> None:
    cast = committed_cast
    names = ("finance_clerk", "finance_head", "treasury_clerk")

    def lend(number: int) -> Delegation:
        return make.lent_post(cast, "finance_reviewer", names[number])

    done = at_once(3, lend)
    assert sum(isinstance(result, Delegation) for result in done) == 1
    assert all(isinstance(result, Delegation | Refused) for result in done)
    assert Delegation.objects.count() == 1


def test_a_savepoint_is_left_clean_by_a_refusal(cast: Cast) -> None:
    with transaction.atomic():
        with pytest.raises(Refused):
            make.lent_post(cast, "township_reviewer", "nobody")
        assert Delegation.objects.count() == 0
        with pytest.raises(DatabaseError), transaction.atomic():
            Delegation.objects.create(
                post=cast.post("group_member"), delegate=cast["project_clerk"],
                made_by=cast["group_member"], **facts(),
            )  # fmt: skip


# --- Pages and API ----------------------------------------------------------------------------


def test_the_pages(cast: Cast, client: Client) -> None:
    reviewer = cast["township_reviewer"]
    enter(client, reviewer)
    address = f"/posts/{cast.post('township_reviewer').pk}/lend/"
    assert address in client.get("/posts/mine/").content.decode()
    shown = client.get(address).content.decode()
    assert "王秋（永宁镇人民政府 扶贫专干）" in shown
    assert "朱明" not in shown and "最长 90 天" in shown
    assert "王秋" not in client.get(address, {"q": "冯"}).content.decode()
    assert "王秋" in client.get(address, {"q": "专干"}).content.decode()
    wrong = {"valid_from": day(-1), "valid_until": day(120), "reason": "电话13999123456"}
    response = client.post(address, {"delegate": cast.users["township_clerk"].pk, **wrong})
    assert response.status_code == 422
    text = response.content.decode()
    assert "不能倒填" in text and "selected" in text and "电话13999123456" in text
    too_long = facts(valid_until=day(120), delegate=cast.users["township_clerk"].pk)
    assert "代办 121 天，最长 90 天" in client.post(address, too_long).content.decode()
    right = facts(delegate=cast.users["township_clerk"].pk)
    assert client.post(address, right).status_code == 302
    again = client.post(address, right)
    assert again.status_code == 409 and "同一时间只能委派一人" in again.content.decode()
    mine = client.get("/posts/mine/").content.decode()
    assert "我委派出去的" in mine and "代办中" in mine and ">收回<" in mine
    delegation = Delegation.objects.get()
    enter(client, cast["township_clerk"])
    assert ">交回<" in client.get("/posts/mine/").content.decode()
    enter(client, cast["finance_clerk"])
    revoke = f"/delegations/{delegation.pk}/revoke/"
    assert client.post(revoke).status_code == 404
    enter(client, cast["township_clerk"])
    assert client.post(revoke).status_code == 302
    assert Delegation.objects.get().revoked_by == cast.users["township_clerk"]


def test_a_post_of_somebody_else_or_a_vote_is_not_lent_by_the_page(
    cast: Cast, client: Client
) -> None:
    enter(client, cast["township_clerk"])
    other = cast.post("township_reviewer").pk
    assert client.get(f"/posts/{other}/lend/").status_code == 404
    make.lent_post(cast, "township_reviewer", "township_clerk")
    assert client.post(f"/posts/{other}/lend/", facts()).status_code == 404
    enter(client, cast["group_member"])
    response = client.get(f"/posts/{cast.post('group_member').pk}/lend/")
    assert response.status_code == 409 and "须本人履职" in response.content.decode()
    assert "委派代办" not in client.get("/posts/mine/").content.decode()


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("system_admin", True),
        ("auditor", True),
        ("discipline_inspector", True),
        ("prefecture_clerk", True),
        ("other_township_clerk", False),
        ("other_finance_head", False),
    ],
)
def test_who_sees_the_delegations_of_a_territory(
    cast: Cast, client: Client, who: str, sees: bool
) -> None:
    make.lent_post(cast, "township_reviewer", "township_clerk")
    text = enter(client, cast[who]).get("/delegations/").content.decode()
    assert ("外出培训" in text) is sees
    person = f"/people/{cast.users['township_reviewer'].pk}/"
    if sees:
        assert "委派与代办" in client.get(person).content.decode()
    else:
        assert client.get(person).status_code == 404


def test_the_list_shows_past_ones_when_asked(cast: Cast, client: Client) -> None:
    delegation = make.lent_post(cast, "township_reviewer", "township_clerk")
    revoke_delegation(delegation=delegation, by=cast["township_reviewer"])
    enter(client, cast["auditor"])
    assert "外出培训" not in client.get("/delegations/").content.decode()
    assert "由 冯冬 收回" in client.get("/delegations/?all=1").content.decode()


def test_the_lists_take_as_many_queries_for_many_as_for_few(cast: Cast, client: Client) -> None:
    from_all = ("project_clerk", "project_reviewer", "industry_reviewer", "group_secretary")
    enter(client, cast["auditor"])
    counts = []
    for number, holder in enumerate(from_all):
        make.lent_post(cast, holder, "finance_clerk", days=number + 1)
        with CaptureQueriesContext(connection) as captured:
            client.get("/delegations/")
        counts.append(len(captured))
    assert len(set(counts[1:])) == 1, counts


def test_the_api(cast: Cast) -> None:
    body = {
        "post": cast.post("township_reviewer").pk,
        "delegate": cast.users["township_clerk"].pk,
        "valid_from": str(day()),
        "valid_until": str(day(9)),
        "reason": "外出培训",
    }
    made = caller(cast["township_reviewer"]).post("delegations/", body)
    assert made.status_code == 201, made.content
    assert (made.json()["holder"], made.json()["delegate_name"]) == ("冯冬", "王秋")
    me = caller(cast["township_clerk"]).get("me/").json()
    assert [p["holder"] for p in me["posts"]] == ["王秋", "冯冬"]
    assert caller(cast["other_finance_clerk"]).post("delegations/", body).status_code == 404
    refused = caller(cast["township_clerk"]).post("delegations/", body)
    assert refused.status_code == 403 and refused.json()["who_can_clear"] == "冯冬"
    revoke = f"delegations/{made.json()['id']}/revoke/"
    assert caller(cast["other_finance_clerk"]).post(revoke).status_code == 404
    assert caller(cast["auditor"]).post(revoke).status_code == 403
    assert caller(cast["township_reviewer"]).post(revoke).json()["revoked_at"]
    assert caller(cast["auditor"]).get("delegations/").json()["count"] == 1
    assert caller(cast["other_finance_clerk"]).get("delegations/").json()["count"] == 0


def test_colleagues_are_of_the_unit_or_the_division_and_no_administrators(cast: Cast) -> None:
    names = set(colleagues_of(cast.post("finance_head")).values_list("username", flat=True))
    assert {"finance_clerk", "treasury_clerk", "project_clerk", "auditor"} <= names
    assert not names & {"finance_head", "system_admin", "township_clerk", "other_finance_head"}
