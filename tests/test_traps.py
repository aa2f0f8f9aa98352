"""The traps that others fell into (TRAPS.md §1), each with its test, where no other file has it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import ProtectedError
from django.test import Client
from rest_framework.authtoken.models import Token

from approvals.workflow import IncompatibleDuty
from config.celery import SafeServer
from config.launch.home import ROOT
from funds.checks import UnsafeServer
from funds.models import Account, Allotment
from organizations.models import User
from organizations.policies import Refused
from organizations.services import change_password, disable_user, reset_password
from projects.models import Project
from tests import factories as make
from tests.cast import Cast

BACKEND = "django.contrib.auth.backends.ModelBackend"
APPS = (
    "organizations", "approvals", "funds", "projects", "publicity", "performance", "assets",
    "supervision", "reports",
    "config",
)  # fmt: skip
# A switch that would lift a control, however it is called.
SWITCH = re.compile(
    r"\b\w*(?:SKIP|BYPASS|IGNORE|DISABLE|FORCE|ALLOW|WITHOUT)_?"
    r"(?:CHECK|RULE|CONTROL|BALANCE|BUDGET|SEPARATION|WORKFLOW|LEDGER|POLICY|OVERDRAFT)\w*",
    re.I,
)


def test_an_actor_is_never_deleted(cast: Cast) -> None:
    make.noticed_project(cast)
    with pytest.raises(ProtectedError):
        cast["village_cadre"].delete()


@pytest.mark.parametrize("flag", [False, True])
def test_no_flag_lifts_the_separation(cast: Cast, flag: bool) -> None:
    """The clerk who applied gets every other post of the payment, and every flag."""
    request = make.payment_at(cast, "department_review")
    clerk = cast["township_clerk"]
    User.objects.filter(pk=clerk.pk).update(is_superuser=flag, is_staff=flag)
    post = cast.post("project_reviewer")
    post.pk, post.user = None, clerk
    post.save(force_insert=True)
    with pytest.raises(IncompatibleDuty):
        make.do(request, "approve", cast, "township_clerk")


@pytest.mark.parametrize("text", ["0.30", "99999999.99"])
def test_a_fen_is_a_fen_everywhere(cast: Cast, client: Client, text: str) -> None:
    amount = Decimal(text)
    parts = [Decimal("0.10"), Decimal("0.20")] if text == "0.30" else [amount]
    tag = make.allotment(cast, text)
    for part in parts:
        make.receipt(cast, tag, str(part))
    assert Account.objects.get(kind="pool").balance == amount
    assert Allotment.history.get(id=tag.pk).amount == amount
    client.force_login(cast["finance_clerk"], backend=BACKEND)
    assert client.get(f"/api/allotments/{tag.pk}/").json()["amount"] == text
    assert client.get(f"/api/allotments/{tag.pk}/figures/").json()["received"] == text


def test_no_name_of_a_setting_lifts_a_control() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        for match in SWITCH.finditer(path.read_text(encoding="utf-8"))
    ]
    assert not found


def test_a_new_password_ends_every_key(cast: Cast) -> None:
    admin, user = cast["system_admin"], cast["finance_clerk"]
    for end in (
        lambda: change_password(user=user, password="Xin-de-mi-ma-2026!"),  # noqa: S106
        lambda: reset_password(user=user, by=admin),
        lambda: disable_user(user=user, by=admin, reason="调离"),
    ):
        Token.objects.create(user=user)
        end()
        assert not Token.objects.filter(user=user).exists()


def test_an_empty_secret_is_no_secret() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", "import config.settings"], cwd=ROOT, text=True, check=False,
        env=os.environ | {"SECRET_KEY": "", "DEMO": "", "DEBUG": ""}, capture_output=True,
    )  # fmt: skip
    assert answer.returncode and "SECRET_KEY" in answer.stderr


def test_the_worker_asks_what_the_web_server_asks(
    monkeypatch: pytest.MonkeyPatch, cast: Cast
) -> None:
    def unsafe() -> None:
        raise UnsafeServer

    monkeypatch.setattr("config.celery.demand_safe_server", unsafe)
    with pytest.raises(UnsafeServer):
        SafeServer(None).start(None)


def test_the_same_thing_is_not_asked_twice(cast: Cast) -> None:
    project = make.approved_project(cast)
    with pytest.raises(Refused, match="同名项目"):
        make.draft_project(cast, project.name)
    make.draft_payment(cast, project)
    with pytest.raises(Refused, match="没有重复申请"):
        make.draft_payment(cast, project)


def test_a_request_does_not_come_back_beside_its_twin(cast: Cast) -> None:
    first = make.payment_at(cast, "department_review")
    make.draft_payment(cast, Project.objects.get(pk=first.project_id))
    with pytest.raises(Refused, match="请先送审或作废"):
        make.do(first, "return", cast, "project_reviewer")


def test_each_source_is_asked_for_itself_when_a_request_is_sent_in(cast: Cast) -> None:
    """Two drafts were charged to the older document; the second may not take what is gone."""
    project = make.project_before_meeting(cast)
    older = make.funded_allotment(cast, 100, number="巴财农〔2025〕1号")
    newer = make.funded_allotment(cast, 100, number="巴财农〔2025〕2号")
    sources = [(older, Decimal(100)), (newer, Decimal(100))]
    make.determine(cast, project, sources, make.plan_with(cast, project))
    first, second = make.draft_payment(cast, project, 100), make.draft_payment(cast, project, 90)
    make.do(first, "submit", cast, "township_clerk")
    with pytest.raises(Refused, match="须重新分摊资金来源"):
        make.do(second, "submit", cast, "township_clerk")
    assert connection.in_atomic_block
