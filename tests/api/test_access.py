"""Who gets in, what each sees, and how the API says no."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from config.api import answer_refusal
from funds.models import Allotment
from organizations.models import User
from tests import factories as make
from tests.api.conftest import Api, Caller, caller
from tests.cast import PASSWORD, Cast

SHAPE = {"reason", "clause", "who_can_clear", "fields"}


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> list[str]:
    found = []
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            found += addresses(pattern.url_patterns, path)
        else:
            found.append(path)
    return found


def every_address() -> list[str]:
    """Each address of the API with 1 for each id, as it would be called."""
    (root,) = [p for p in get_resolver().url_patterns if str(p.pattern) == "api/"]
    assert isinstance(root, URLResolver)
    named = [a.replace("^", "").replace("\\Z", "").rstrip("$") for a in addresses([root])]
    return [
        "/"
        + a.replace(r"(?P<pk>\d{1,18})", "1")
        .replace("(?P<step>[a-z_]{1,40})", "submit")
        .replace(r"(?P<item>\d{1,18})", "1")
        .replace(r"(?P<member>\d{1,18})", "1")
        for a in named
    ]


@pytest.mark.django_db
def test_anonymous_callers_get_401_in_json_at_every_address() -> None:
    paths = every_address()
    assert len(paths) > 35
    for path in paths:
        if path.startswith("/api/deliveries/"):  # there the signature says who it is
            continue
        for method in ("get", "post"):
            if (path, method) == ("/api/token/", "post"):
                continue
            answer = getattr(APIClient(), method)(path, {}, format="json")
            assert answer.status_code == 401, (path, method, answer.status_code)
            assert answer.headers["WWW-Authenticate"] == "Token"


def test_a_session_needs_the_csrf_token(cast: Cast) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(cast["finance_clerk"], "django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/me/").status_code == 200
    answer = client.post("/api/receipts/", {}, format="json")
    assert answer.status_code == 403
    assert set(answer.json()) == SHAPE


def token_for(username: str, password: str = PASSWORD) -> APIClient:
    client = APIClient()
    answer = client.post("/api/token/", {"username": username, "password": password}, format="json")
    assert answer.status_code == 200, answer.content
    client.credentials(HTTP_AUTHORIZATION=f"Token {answer.json()['token']}")
    return client


def test_a_token_speaks_for_its_person(cast: Cast) -> None:
    client = token_for("finance_clerk")
    me = client.get("/api/me/").json()
    assert (me["real_name"], me["posts"][0]["role"]) == ("朱明", "finance_clerk")


def test_a_new_token_ends_the_old_one_and_delete_ends_it_too(cast: Cast) -> None:
    old, new = token_for("finance_clerk"), token_for("finance_clerk")
    assert (old.get("/api/me/").status_code, new.get("/api/me/").status_code) == (401, 200)
    assert new.delete("/api/token/").status_code == 204
    assert new.get("/api/me/").status_code == 401


def test_a_token_ends_with_its_time_its_person_and_an_unset_password(cast: Cast) -> None:
    client = token_for("finance_clerk")
    people = User.objects.filter(username="finance_clerk")
    people.update(must_change_password=True)
    assert client.get("/api/me/").status_code == 401
    people.update(must_change_password=False, is_active=False)
    assert client.get("/api/me/").status_code == 401
    people.update(is_active=True)
    assert client.get("/api/me/").status_code == 200
    Token.objects.update(created=timezone.now() - dt.timedelta(days=31))
    assert "过期" in client.get("/api/me/").json()["reason"]


def test_who_owes_a_password_or_is_disabled_gets_no_token(cast: Cast) -> None:
    body = {"username": "auditor", "password": PASSWORD}
    people = User.objects.filter(username="auditor")
    people.update(must_change_password=True)
    answer = APIClient().post("/api/token/", body, format="json")
    assert (answer.status_code, answer.json()["reason"]) == (403, "请先登录网页修改初始密码")
    people.update(is_active=False)
    assert APIClient().post("/api/token/", body, format="json").status_code == 401


def test_guessing_passwords_locks_the_account_here_as_on_the_page(cast: Cast) -> None:
    wrong = {"username": "finance_head", "password": "wrong"}
    codes = [APIClient().post("/api/token/", wrong, format="json").status_code for _ in range(6)]
    assert codes[0] == 401
    assert codes[-1] == 429
    right = {"username": "finance_head", "password": PASSWORD}
    answer = APIClient().post("/api/token/", right, format="json")
    assert (answer.status_code, set(answer.json())) == (429, SHAPE)
    assert not Token.objects.exists()


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("finance_clerk", "allotments/", 200),
        ("auditor", "ledger/", 200),
        ("auditor", "vouchers/", 200),
        ("auditor", "months/", 200),
        ("township_clerk", "allotments/", 403),
        ("township_clerk", "ledger/", 403),
        ("township_clerk", "vouchers/", 403),
        ("township_clerk", "figures/", 403),
        ("township_clerk", "projects/", 200),
        ("township_clerk", "payments/", 200),
        ("township_clerk", "contracts/", 200),
        ("township_clerk", "progress-reports/", 200),
        ("township_clerk", "responsibilities/", 200),
        ("township_clerk", "meetings/", 200),
        ("township_clerk", "notices/", 200),
        ("township_clerk", "targets/", 200),
        ("system_admin", "projects/", 403),
        ("system_admin", "payments/", 403),
        ("system_admin", "contracts/", 403),
        ("system_admin", "progress-reports/", 403),
        ("system_admin", "responsibilities/", 403),
        ("system_admin", "notices/", 403),
        ("nobody", "projects/", 403),
        ("nobody", "allotments/", 403),
        ("nobody", "divisions/", 200),
        ("nobody", "inbox/", 200),
        ("nobody", "posts/", 200),
    ],
)
def test_each_list_is_read_by_those_whom_it_concerns(
    cast: Cast, api: Api, who: str, path: str, status: int
) -> None:
    answer = api(who).get(path)
    assert answer.status_code == status
    if status != 200:
        assert set(answer.json()) == SHAPE


def test_another_countys_rows_do_not_exist(cast: Cast, api: Api) -> None:
    payment = make.payment_at(cast, "payment")
    project, other = payment.project, api("other_finance_head")
    voucher, tag = project.county.vouchers.first(), Allotment.objects.get()
    assert voucher
    assert api("finance_head").get(f"vouchers/{voucher.pk}/").status_code == 200
    for path in (
        f"projects/{project.pk}/",
        f"projects/{project.pk}/actions/",
        f"projects/{project.pk}/decisions/",
        f"payments/{payment.pk}/",
        f"payments/{payment.pk}/actions/",
        f"vouchers/{voucher.pk}/",
        f"allotments/{tag.pk}/",
        f"allotments/{tag.pk}/figures/",
        f"meetings/{project.meeting_id or 0}/",
        "projects/999999999999999999/",
    ):
        assert other.get(path).status_code == 404, path
    for path in (
        "projects/", "payments/", "contracts/", "vouchers/", "allotments/", "ledger/", "meetings/",
    ):  # fmt: skip
        assert other.get(path).json()["results"] == [], path


def test_divisions_and_units_are_found_by_name_within_ones_territory(cast: Cast, api: Api) -> None:
    def names(who: str, **asked: str) -> list[str]:
        return [d["name"] for d in api(who).get("divisions/", **asked).json()["results"]]

    assert names("township_clerk") == ["永宁镇", "下岔河村"]
    assert names("finance_clerk", q="永宁") == ["永宁镇"]
    assert names("finance_clerk", level="village") == ["夏热采开村", "下岔河村"]
    assert names("township_clerk", q="和静") == []
    assert names("finance_clerk", q="a\0b") == []
    units = api("township_clerk").get("organizations/", q="永宁").json()["results"]
    assert [unit["name"] for unit in units] == ["永宁镇人民政府"]


def test_wrong_questions_are_answered_in_one_shape(cast: Cast) -> None:
    client = caller(cast["finance_clerk"]).client
    answers = [
        client.get("/api/allotments/?fund_year=abc"),
        client.get("/api/allotments/999/"),
        client.post("/api/allotments/", "{", content_type="application/json"),
        client.post("/api/allotments/", "[]", content_type="application/json"),
        client.post("/api/allotments/", b"\xff\xfe", content_type="application/json"),
        client.post("/api/allotments/", "[" * 100_000, content_type="application/json"),
        client.post("/api/allotments/", '{"\\ud800": 1}', content_type="application/json"),
        client.post("/api/allotments/", "a=1", content_type="text/plain"),
        client.delete("/api/allotments/"),
        client.get("/api/projects/?status=nonsense"),
    ]
    assert [a.status_code for a in answers] == [400, 404, 400, 400, 400, 400, 400, 415, 405, 400]
    assert all(set(a.json()) == SHAPE for a in answers)


@pytest.mark.parametrize(("code", "status"), [("YC003", 409), ("22012", None)])
def test_what_a_trigger_refuses_is_a_refusal_and_a_fault_stays_a_fault(
    db: None, code: str, status: int | None
) -> None:
    statement = f"DO $$ BEGIN RAISE EXCEPTION '不相容职责' USING ERRCODE = '{code}'; END $$"
    with pytest.raises(DatabaseError) as raised, transaction.atomic(), connection.cursor() as sql:
        sql.execute(statement)
    answer = answer_refusal(raised.value, {})
    assert (answer.status_code if answer else None) == status
    assert answer is None or answer.data["reason"] == "不相容职责"


@pytest.mark.parametrize(
    "path",
    [
        "projects/",
        "payments/",
        "contracts/",
        "allotments/",
        "ledger/",
        "vouchers/",
        "divisions/",
    ],  # fmt: skip
)
def test_a_longer_list_takes_no_more_queries(cast: Cast, api: Api, path: str) -> None:
    payment = make.payment_at(cast, "payment")
    reader = api("auditor")
    reader.get("me/")  # the first request of a session also marks when it began
    first = count_queries(reader, path)
    for number in range(3):
        make.draft_payment(cast, payment.project, 1000 + number)
        make.contract(cast, payment.project, price=make.yuan(1))
        make.draft_project(cast, f"另一个项目{number}")
        make.funded_allotment(cast, 1000, number=f"巴财农〔2025〕{number + 50}号")
    assert count_queries(reader, path) == first


def count_queries(reader: Caller, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert reader.get(path).status_code == 200
    return len(queries)


def test_pages_have_a_size_that_nobody_can_stretch(cast: Cast, api: Api) -> None:
    for number in range(3):
        make.allotment(cast, number=f"巴财农〔2025〕{number + 50}号")
    page = api("auditor").get("allotments/", page_size=2).json()
    assert (page["count"], len(page["results"])) == (3, 2)
    assert api("auditor").get("allotments/", page_size=100000).status_code == 200
    assert api("auditor").get("allotments/", page=99).status_code == 404


def test_the_schema_is_valid_and_complete(tmp_path: Path) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", f"--file={tmp_path}/schema.yml")
