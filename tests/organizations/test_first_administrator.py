from __future__ import annotations

import io
import re

import pytest
from django.core.management import CommandError, call_command

from organizations.models import Role, User
from tests.cast import Cast

REGION = "650000000000"


def create(username: str, division: str) -> str:
    out = io.StringIO()
    call_command(
        "create_administrator", username, "安泰", division=division, unit="信息中心", stdout=out
    )
    return out.getvalue()


def test_the_first_administrator_gets_a_one_time_password(cast: Cast) -> None:
    printed = create("antai", REGION)
    person = User.objects.get(username="antai")
    password = re.search(r"密码 (\S+?)，", printed)
    assert password
    assert person.check_password(password[1])
    assert person.must_change_password
    assert person.roles() == {Role.SYSTEM_ADMIN}


@pytest.mark.parametrize("division", ["652826000000", "652826102000"])
def test_there_is_only_one_first(cast: Cast, division: str) -> None:
    with pytest.raises(CommandError, match="已有系统管理员 施安"):
        create("antai", division)


def test_a_taken_name_and_an_unknown_place_are_refused(cast: Cast) -> None:
    with pytest.raises(CommandError, match="已有人使用"):
        create("finance_clerk", REGION)
    with pytest.raises(CommandError, match="没有区划"):
        create("antai", "999999000000")
