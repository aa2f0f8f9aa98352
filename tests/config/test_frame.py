"""What stands around every page: menu, unit of money, refusals, health, headers."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client
from django.urls import resolve, reverse

from config import views
from config.navigation import MENU, longest_beginning
from organizations.models import User
from tests.cast import Cast
from tests.pages import logged_in


def menu_of(user: User) -> list[str]:
    answer = logged_in(user).get("/people/")
    return [entry[0] for _, entries in answer.context["navigation"] for entry in entries]


def test_every_entry_of_the_menu_leads_to_a_page() -> None:
    assert all(resolve(item.url).url_name == item.name for item in MENU)


@pytest.mark.parametrize(
    ("name", "offered", "withheld"),
    [
        ("finance_clerk", {"待办", "到账录入", "总台账", "结账", "项目库"}, set()),
        ("auditor", {"总台账", "专账明细账", "项目库"}, {"到账录入"}),
        ("township_clerk", {"待办", "项目库", "拨付"}, {"总台账", "指标", "到账录入", "结账"}),
        ("industry_reviewer", {"待办", "项目库"}, {"总台账", "指标"}),
        ("system_admin", {"单位与人员"}, {"待办", "项目库", "总台账", "会议", "拨付"}),
    ],
)
def test_the_menu_offers_what_the_roles_may_open(
    cast: Cast, name: str, offered: set[str], withheld: set[str]
) -> None:
    menu = menu_of(cast[name])
    assert "待办" in withheld or menu[0] == "待办"
    assert offered <= set(menu)
    assert not withheld & set(menu)


def test_whoever_holds_no_post_has_no_menu(cast: Cast) -> None:
    assert menu_of(cast["nobody"]) == []


@pytest.mark.parametrize("name", ["finance_clerk", "township_clerk", "auditor", "system_admin"])
def test_no_entry_of_the_menu_answers_with_a_refusal(cast: Cast, name: str) -> None:
    client = logged_in(cast[name])
    for _, entries in client.get("/people/").context["navigation"]:
        for _, url, _, _ in entries:
            assert client.get(url).status_code == 200, url


def test_the_entry_of_this_page_is_marked() -> None:
    addresses = ["/inbox/", "/receipts/new/", "/people/"]
    assert longest_beginning("/people/3/", addresses) == "/people/"
    assert longest_beginning("/", addresses) == ""


@pytest.mark.parametrize(
    ("name", "county"),
    [
        ("township_clerk", "焉耆回族自治县"),
        ("finance_clerk", "焉耆回族自治县"),
        ("prefecture_clerk", "巴音郭楞蒙古自治州"),
        ("nobody", ""),
    ],
)
def test_the_banner_names_the_county(cast: Cast, name: str, county: str) -> None:
    assert logged_in(cast[name]).get("/people/").context["county_name"] == county


def test_the_unit_of_money_is_kept_until_it_is_changed(cast: Cast) -> None:
    client = logged_in(cast["finance_clerk"])
    assert client.get("/people/").context["unit"] == "yuan"
    assert client.get("/people/?unit=wan").context["unit"] == "wan"
    assert client.get("/").context["unit"] == "wan"
    assert client.get("/?unit=dollars").context["unit"] == "wan"
    assert client.get("/?unit=yuan").context["unit"] == "yuan"


def test_a_fragment_for_htmx_does_not_count_the_inbox(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    client = logged_in(cast["finance_clerk"])
    client.get("/people/")
    with django_assert_max_num_queries(5):
        client.get("/divisions/search/?q=yan", headers={"HX-Request": "true"})


# --- demonstration ---------------------------------------------------------------------------


def demo_people(monkeypatch: pytest.MonkeyPatch) -> None:
    login = {"username": "auditor", "password": "x", "name": "何正", "role": "审计", "unit": "局"}
    monkeypatch.setattr(views, "demo_logins", lambda: [login])
    monkeypatch.setattr("config.context.demo_logins", lambda: [login])


def test_the_demonstration_has_a_button_for_each_role(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo_people(monkeypatch)
    monkeypatch.setattr(settings, "DEMO", True)
    assert "何正" in client.get("/login/").content.decode()
    assert client.post("/demo-login/", {"username": "auditor"}).headers["Location"] == "/"
    page = client.get("/").content.decode()
    assert "演示数据" in page
    assert "何正" in page


def test_only_the_people_of_the_demonstration_enter_without_a_password(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo_people(monkeypatch)
    monkeypatch.setattr(settings, "DEMO", True)
    assert client.post("/demo-login/", {"username": "finance_head"}).status_code == 404
    assert client.get("/demo-login/").status_code == 405


def test_there_is_no_such_door_outside_the_demonstration(
    client: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo_people(monkeypatch)
    monkeypatch.setattr(settings, "DEMO", False)
    assert client.post("/demo-login/", {"username": "auditor"}).status_code == 404
    assert "何正" not in client.get("/login/").content.decode()


# --- health and errors -----------------------------------------------------------------------


def test_health_needs_no_log_in_and_asks_the_database(client: Client, db: None) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_health_says_when_the_database_is_away(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        def cursor(self) -> None:
            raise OperationalError

    monkeypatch.setattr(views, "connection", Away())
    assert client.get("/healthz").status_code == 503


def test_an_address_that_leads_nowhere_says_so_in_chinese(client: Client, cast: Cast) -> None:
    for browser in (client, logged_in(cast["finance_clerk"])):
        answer = browser.get("/no-such-page/")
        assert answer.status_code == 404
        assert "找不到这一页" in answer.content.decode()


def test_a_wrong_role_is_told_why(cast: Cast) -> None:
    answer = logged_in(cast["township_clerk"]).get(reverse("ledger"))
    assert answer.status_code == 403
    assert "不能办理" in answer.content.decode()


def test_a_form_without_its_token_is_refused_in_chinese(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/login/", {"username": "auditor", "password": "x"})
    assert answer.status_code == 403
    assert "请重新提交" in answer.content.decode()


def test_a_fault_shows_a_page_without_details(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_user: User) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(views, "home_of", fail)
    client = logged_in(cast["finance_clerk"])
    client.raise_request_exception = False
    answer = client.get("/")
    assert answer.status_code == 500
    assert "系统出错" in answer.content.decode()
    assert "secret" not in answer.content.decode()


def test_every_page_carries_the_headers_that_protect_it(client: Client, db: None) -> None:
    headers = client.get("/login/").headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
