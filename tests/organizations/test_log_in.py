from __future__ import annotations

import time

import pytest
from axes.models import AccessAttempt
from django.conf import settings
from django.test import Client
from django.urls import reverse

from organizations.middleware import BEGAN, SEEN
from organizations.models import User
from tests.cast import PASSWORD, Cast
from tests.pages import logged_in


def log_in(client: Client, username: str, password: str = PASSWORD, onward: str = "") -> object:
    return client.post("/login/", {"username": username, "password": password, "next": onward})


def set_session(client: Client, **values: float) -> None:
    session = client.session
    session.update(values)
    session.save()


def test_the_page_speaks_chinese_and_needs_no_log_in(client: Client, db: None) -> None:
    page = client.get("/login/").content.decode()
    assert "用户名" in page
    assert "密码" in page


def test_any_other_page_sends_to_the_log_in(client: Client, db: None) -> None:
    assert client.get("/people/").headers["Location"] == "/login/?next=/people/"


def test_the_right_password_opens_the_page_that_was_wanted(client: Client, cast: Cast) -> None:
    answer = client.post(
        "/login/", {"username": "finance_clerk", "password": PASSWORD, "next": "/people/?on=x"}
    )
    assert answer.headers["Location"] == "/people/?on=x"


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_an_address_elsewhere_is_not_followed(client: Client, cast: Cast, address: str) -> None:
    answer = client.post(
        "/login/", {"username": "finance_clerk", "password": PASSWORD, "next": address}
    )
    assert answer.headers["Location"] == "/"


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(
    client: Client, cast: Cast
) -> None:
    wrong = client.post("/login/", {"username": "finance_clerk", "password": "x"})
    unknown = client.post("/login/", {"username": "no-such-person", "password": "x"})
    for answer in (wrong, unknown):
        assert answer.status_code == 422
        assert "用户名或密码不对" in answer.content.decode()


def test_the_fifth_wrong_password_locks_for_a_while(client: Client, cast: Cast) -> None:
    for _ in range(4):
        assert client.post("/login/", {"username": "auditor", "password": "x"}).status_code == 422
    fifth = client.post("/login/", {"username": "auditor", "password": "x"})
    assert fifth.status_code == 429
    assert "15 分钟后自动解锁" in fifth.content.decode()
    right = client.post("/login/", {"username": "auditor", "password": PASSWORD})
    assert right.status_code == 429


def test_a_lock_does_not_keep_others_out_and_ends(client: Client, cast: Cast) -> None:
    for _ in range(5):
        client.post("/login/", {"username": "auditor", "password": "x"})
    other = client.post("/login/", {"username": "finance_clerk", "password": PASSWORD})
    assert other.status_code == 302
    client.post("/logout/")
    AccessAttempt.objects.update(attempt_time="2020-01-01T00:00Z")
    again = client.post("/login/", {"username": "auditor", "password": PASSWORD})
    assert again.status_code == 302


def test_the_session_gets_a_new_key(client: Client, cast: Cast) -> None:
    client.force_login(cast["nobody"], backend="django.contrib.auth.backends.ModelBackend")
    before = client.session.session_key
    log_in(client, "finance_clerk")
    assert client.session.session_key != before


def test_the_time_before_is_shown_and_no_history_is_written(client: Client, cast: Cast) -> None:
    person = cast["finance_clerk"]
    rows = person.history.count()
    log_in(client, "finance_clerk")
    assert "上次登录" not in client.get("/people/").content.decode()
    first = User.objects.get(pk=person.pk).last_login
    client.post("/logout/")
    log_in(client, "finance_clerk")
    assert "上次登录" in client.get("/people/").content.decode()
    assert User.objects.get(pk=person.pk).last_seen_login == first
    assert person.history.count() == rows


def test_log_out_is_a_post_and_ends_the_session(cast: Cast) -> None:
    client = logged_in(cast["finance_clerk"])
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").headers["Location"] == "/login/"
    assert client.get("/people/").status_code == 302


def test_half_an_hour_without_a_request_ends_the_session(cast: Cast) -> None:
    client = logged_in(cast["finance_clerk"])
    client.get("/people/")
    set_session(client, **{SEEN: time.time() - settings.SESSION_IDLE_SECONDS - 1})
    answer = client.get("/people/?on=2024-01-01")
    assert answer.headers["Location"] == ("/login/?next=%2Fpeople%2F%3Fon%3D2024-01-01&ended=idle")
    assert "已自动退出" in client.get(answer.headers["Location"]).content.decode()
    assert client.get("/people/").headers["Location"] == "/login/?next=/people/"


def test_a_request_keeps_the_session_going(cast: Cast) -> None:
    client = logged_in(cast["finance_clerk"])
    client.get("/people/")
    set_session(client, **{SEEN: time.time() - settings.SESSION_IDLE_SECONDS + 60})
    assert client.get("/people/").status_code == 200
    assert client.session[SEEN] == pytest.approx(time.time(), abs=5)


def test_eight_hours_end_the_session_whatever_happens(cast: Cast) -> None:
    client = logged_in(cast["finance_clerk"])
    client.get("/people/")
    set_session(client, **{BEGAN: time.time() - 8 * 3600 - 1, SEEN: time.time()})
    assert "ended=limit" in client.get("/people/").headers["Location"]


def test_an_ended_session_tells_htmx_and_machines_in_their_own_way(cast: Cast) -> None:
    for path, headers in (("/divisions/search/", {"HX-Request": "true"}), ("/api/x/", {})):
        client = logged_in(cast["finance_clerk"])
        client.get("/people/")
        set_session(client, **{SEEN: time.time() - 7200})
        answer = client.get(path, headers=headers)
        if headers:
            assert answer.headers["HX-Redirect"].startswith("/login/")
        else:
            assert answer.status_code == 403
            assert "超时" in answer.json()["reason"]


def test_a_disabled_person_is_out_at_the_next_request(cast: Cast) -> None:
    client = logged_in(cast["finance_clerk"])
    assert client.get("/people/").status_code == 200
    User.objects.filter(username="finance_clerk").update(is_active=False)
    assert client.get("/people/").status_code == 302
    answer = client.post("/login/", {"username": "finance_clerk", "password": PASSWORD})
    assert "用户名或密码不对" in answer.content.decode()


def test_pages_stay_in_no_cache(cast: Cast) -> None:
    client = logged_in(cast["finance_clerk"])
    assert "no-store" in client.get("/people/").headers["Cache-Control"]


def test_a_given_password_must_be_changed_first(cast: Cast) -> None:
    User.objects.filter(username="finance_clerk").update(must_change_password=True)
    client = logged_in(cast["finance_clerk"])
    assert client.get("/people/").headers["Location"] == "/password/"
    assert client.get("/api/x/").status_code == 403
    assert "只能用一次" in client.get("/password/").content.decode()
    new = "Bai-yang+shu-lin-88"
    answer = client.post(
        "/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    )
    assert answer.headers["Location"] == reverse("home")
    assert client.get("/people/").status_code == 200
    assert User.objects.get(username="finance_clerk").check_password(new)


def test_a_new_password_ends_the_other_sessions(cast: Cast) -> None:
    here, elsewhere = logged_in(cast["finance_clerk"]), logged_in(cast["finance_clerk"])
    new = "Bai-yang+shu-lin-88"
    here.post("/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert here.get("/people/").status_code == 200
    assert elsewhere.get("/people/").status_code == 302


@pytest.mark.parametrize(
    ("new", "why"),
    [
        ("Abc1!", "至少"),
        ("meiyoudaxie", "三类"),
        ("Fupin-Zhuan-77x!", "fupin"),
        ("Hao-tian-qi-2018!", "2018"),
        ("Hetian-Zhuming-x9", "本人姓名"),
        ("Hao-yanqi-Tian-x9", "本人姓名"),
        (PASSWORD, "不能与原密码相同"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(cast: Cast, new: str, why: str) -> None:
    client = logged_in(cast["finance_clerk"])
    answer = client.post(
        "/password/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    )
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert User.objects.get(username="finance_clerk").check_password(PASSWORD)
