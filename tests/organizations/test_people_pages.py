from __future__ import annotations

import datetime as dt
import re

import pytest
from django.utils import timezone

from organizations.models import Organization, Post, Role, User
from tests.cast import PASSWORD, Cast
from tests.pages import logged_in

TODAY = timezone.localdate()
YESTERDAY = TODAY - dt.timedelta(days=1)


def office(cast: Cast, name: str = "finance_clerk") -> Organization:
    return cast.post(name).organization


def appointment(organization: Organization, **changes: object) -> dict[str, object]:
    return {
        "organization": organization.pk,
        "role": Role.FINANCE_CLERK,
        "title": "会计",
        "valid_from": TODAY.isoformat(),
        "appointment_document": "焉人社字〔2026〕1号",
        "predecessor": "",
    } | changes


def account(organization: Organization, **changes: object) -> dict[str, object]:
    person = {"username": "li.mei", "real_name": "李梅", "office_phone": "0996-6022345"}
    return person | appointment(organization) | changes


# --- reading ---------------------------------------------------------------------------------


def test_the_list_shows_who_holds_posts_in_my_territory(cast: Cast) -> None:
    page = logged_in(cast["township_clerk"]).get("/people/").content.decode()
    assert "冯冬" in page
    assert "吴春" in page  # the village below
    assert "朱明" not in page  # the county above
    assert "陈山" not in page  # the township beside


def test_the_list_can_be_asked_for_any_day(cast: Cast) -> None:
    client = logged_in(cast["auditor"])
    assert "朱明" not in client.get("/people/?on=2019-12-31").content.decode()
    assert "朱明" in client.get("/people/?on=2020-01-01").content.decode()
    assert "有效的日期" in client.get("/people/?on=nonsense").content.decode()


def test_the_list_is_searched_by_name_unit_and_role(cast: Cast) -> None:
    client = logged_in(cast["auditor"])
    page = client.get("/people/", {"q": "水利局"}).content.decode()
    assert "沈海" in page
    assert "朱明" not in page
    page = client.get("/people/", {"role": Role.FINANCE_CLERK}).content.decode()
    assert "朱明" in page
    assert "沈海" not in page


def test_the_list_takes_as_many_queries_for_many_as_for_few(
    cast: Cast, django_assert_max_num_queries: object
) -> None:
    client = logged_in(cast["region_clerk"])
    client.get("/people/")
    with django_assert_max_num_queries(15):  # type: ignore[operator]
        client.get("/people/")


def test_a_person_of_another_county_does_not_exist(cast: Cast) -> None:
    other = cast["other_finance_clerk"].pk
    assert logged_in(cast["finance_clerk"]).get(f"/people/{other}/").status_code == 404
    assert logged_in(cast["prefecture_clerk"]).get(f"/people/{other}/").status_code == 200


def test_only_the_administrator_is_offered_the_buttons(cast: Cast) -> None:
    path = f"/people/{cast['finance_clerk'].pk}/"
    assert "重置密码" in logged_in(cast["system_admin"]).get(path).content.decode()
    assert "重置密码" not in logged_in(cast["finance_head"]).get(path).content.decode()


def test_units_are_listed_within_the_territory(cast: Cast) -> None:
    page = logged_in(cast["finance_clerk"]).get("/organizations/").content.decode()
    assert "焉耆县财政局" in page
    assert "和静县财政局" not in page
    page = logged_in(cast["finance_clerk"]).get("/organizations/?q=水利").content.decode()
    assert "焉耆县水利局" in page
    assert "焉耆县审计局" not in page


# --- administering: works --------------------------------------------------------------------


def test_a_new_account_gets_a_password_that_is_shown_once_and_works_once(cast: Cast) -> None:
    client = logged_in(cast["system_admin"])
    page = client.post("/people/new/", account(office(cast)))
    shown = re.search(r">([a-z0-9]{5}(?:-[a-z0-9]{5}){3})</code>", page.content.decode())
    assert shown
    assert "no-store" in page.headers["Cache-Control"]
    person = User.objects.get(username="li.mei")
    assert person.check_password(shown[1])
    assert person.must_change_password
    assert person.posts.get().accepted_at
    assert shown[1] not in client.get(f"/people/{person.pk}/").content.decode()


@pytest.mark.parametrize("username", ["Li Mei", "1abc", "ab", "finance_clerk"])
def test_a_bad_or_taken_username_is_refused_at_its_field(cast: Cast, username: str) -> None:
    client = logged_in(cast["system_admin"])
    answer = client.post("/people/new/", account(office(cast), username=username))
    assert answer.status_code == 422
    assert "用户名" in answer.content.decode()
    assert "李梅" in answer.content.decode()


def test_a_private_mobile_number_is_not_an_office_phone(cast: Cast) -> None:
    client = logged_in(cast["system_admin"])
    answer = client.post("/people/new/", account(office(cast), office_phone="13899001234"))
    assert answer.status_code == 422
    assert "手机号" in answer.content.decode()


def test_a_hand_over_gives_rights_only_once_it_is_accepted(cast: Cast) -> None:
    before = cast.post("finance_clerk")
    successor = cast["township_clerk"]
    answer = logged_in(cast["system_admin"]).post(
        f"/people/{successor.pk}/appoint/", appointment(office(cast), predecessor=before.pk)
    )
    assert answer.status_code == 302
    before.refresh_from_db()
    assert before.valid_until == YESTERDAY
    assert Role.FINANCE_CLERK not in cast["township_clerk"].roles()
    assert Role.FINANCE_CLERK not in cast["finance_clerk"].roles()

    client = logged_in(successor)
    assert "待接任确认" in client.get("/").content.decode()
    assert "接替 朱明" in client.get("/posts/mine/").content.decode()
    post = Post.objects.get(user=successor, role=Role.FINANCE_CLERK)
    assert client.post(f"/posts/{post.pk}/accept/").status_code == 302
    assert Role.FINANCE_CLERK in cast["township_clerk"].roles()
    again = client.post(f"/posts/{post.pk}/accept/", follow=True)
    assert "已确认接任" in again.content.decode()


def test_only_oneself_accepts(cast: Cast) -> None:
    post = cast.post("finance_clerk")
    assert logged_in(cast["finance_head"]).post(f"/posts/{post.pk}/accept/").status_code == 404
    assert logged_in(cast["finance_clerk"]).get(f"/posts/{post.pk}/accept/").status_code == 405


def test_a_post_ends_with_a_reason_and_the_day_is_kept(cast: Cast) -> None:
    post = cast.post("finance_clerk")
    client = logged_in(cast["system_admin"])
    answer = client.post(
        f"/posts/{post.pk}/end/", {"last_day": YESTERDAY.isoformat(), "reason": "调离"}
    )
    assert answer.status_code == 302
    assert cast["finance_clerk"].roles() == set()
    assert "调离" in client.get(f"/people/?on={YESTERDAY}").content.decode()
    assert "朱明" not in client.get("/people/").content.decode()
    again = client.post(f"/posts/{post.pk}/end/", {"last_day": TODAY.isoformat(), "reason": "退休"})
    assert again.status_code == 409
    assert "卸任" in again.content.decode()
    assert "退休" in again.content.decode()


def test_a_post_is_not_ended_backwards(cast: Cast) -> None:
    post = cast.post("finance_clerk")
    answer = logged_in(cast["system_admin"]).post(
        f"/posts/{post.pk}/end/", {"last_day": "2024-01-01", "reason": "调离"}
    )
    assert answer.status_code == 409
    assert "不能倒填" in answer.content.decode()


def test_a_disabled_account_ends_at_once_and_comes_back_with_another_password(cast: Cast) -> None:
    person, admin = cast["finance_clerk"], logged_in(cast["system_admin"])
    theirs = logged_in(person)
    assert theirs.get("/people/").status_code == 200
    assert admin.post(f"/people/{person.pk}/disable/", {"reason": "离职"}).status_code == 302
    assert theirs.get("/people/").status_code == 302
    assert "账号已停用" in admin.get(f"/people/{person.pk}/").content.decode()
    assert person.history.latest().history_change_reason == "停用：离职"
    assert admin.post(f"/people/{person.pk}/disable/", {"reason": "离职"}).status_code == 409

    page = admin.post(f"/people/{person.pk}/enable/", {"reason": "返聘"})
    assert page.status_code == 200
    person.refresh_from_db()
    assert person.is_active
    assert person.must_change_password
    assert not person.check_password(PASSWORD)


def test_a_reset_password_ends_the_sessions(cast: Cast) -> None:
    person, admin = cast["finance_clerk"], logged_in(cast["system_admin"])
    theirs = logged_in(person)
    assert theirs.get("/people/").status_code == 200
    assert "只显示一次" in admin.get(f"/people/{person.pk}/password/").content.decode()
    page = admin.post(f"/people/{person.pk}/password/")
    assert page.status_code == 200
    assert theirs.get("/people/").status_code == 302
    person.refresh_from_db()
    assert person.must_change_password
    assert not person.check_password(PASSWORD)


# --- administering: refused ------------------------------------------------------------------


def test_an_administrator_holds_no_other_post(cast: Cast) -> None:
    person = cast["finance_clerk"]
    form = appointment(office(cast, "system_admin"), role=Role.SYSTEM_ADMIN)
    answer = logged_in(cast["system_admin"]).post(f"/people/{person.pk}/appoint/", form)
    assert answer.status_code == 409
    assert "不相容岗位" in answer.content.decode()


def test_nobody_holds_the_same_post_twice(cast: Cast) -> None:
    person = cast["finance_clerk"]
    answer = logged_in(cast["system_admin"]).post(
        f"/people/{person.pk}/appoint/", appointment(office(cast))
    )
    assert answer.status_code == 409
    assert "已在本单位任这一岗位" in answer.content.decode()


def test_a_successor_takes_the_same_office(cast: Cast) -> None:
    person, before = cast["township_clerk"], cast.post("finance_head")
    answer = logged_in(cast["system_admin"]).post(
        f"/people/{person.pk}/appoint/", appointment(office(cast), predecessor=before.pk)
    )
    assert answer.status_code == 409
    assert "同一岗位" in answer.content.decode()


def test_nobody_administers_himself(cast: Cast) -> None:
    me = cast["system_admin"]
    client = logged_in(me)
    assert client.post(f"/people/{me.pk}/password/").status_code == 409
    assert client.post(f"/people/{me.pk}/disable/", {"reason": "x"}).status_code == 409
    answer = client.post(f"/people/{me.pk}/appoint/", appointment(office(cast)))
    assert answer.status_code == 409


def test_a_unit_elsewhere_cannot_be_chosen(cast: Cast) -> None:
    elsewhere = office(cast, "other_finance_clerk")
    answer = logged_in(cast["system_admin"]).post("/people/new/", account(elsewhere))
    assert answer.status_code == 422
    assert not User.objects.filter(username="li.mei").exists()


ACTIONS = ("appoint", "disable", "enable", "password")


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_person_elsewhere_does_not_exist(cast: Cast, action: str, method: str) -> None:
    other = cast["other_finance_clerk"].pk
    client = logged_in(cast["system_admin"])
    assert getattr(client, method)(f"/people/{other}/{action}/").status_code == 404


def test_a_post_elsewhere_does_not_exist(cast: Cast) -> None:
    other = cast.post("other_finance_clerk").pk
    assert logged_in(cast["system_admin"]).post(f"/posts/{other}/end/").status_code == 404


@pytest.mark.parametrize("name", ["finance_head", "auditor", "township_clerk", "nobody"])
def test_another_role_is_told_who_does_this(cast: Cast, name: str) -> None:
    client = logged_in(cast[name])
    person, post = cast["finance_clerk"].pk, cast.post("finance_clerk").pk
    paths = [f"/people/{person}/{action}/" for action in ACTIONS]
    for path in [*paths, "/people/new/", f"/posts/{post}/end/"]:
        for answer in (client.get(path), client.post(path, {"reason": "x"})):
            assert answer.status_code == 403, path
            assert "系统管理" in answer.content.decode()
    assert cast["finance_clerk"].is_active
