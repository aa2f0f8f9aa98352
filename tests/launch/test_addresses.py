from pathlib import Path

import pytest

from config.launch.addresses import (
    Addresses,
    Databases,
    as_role,
    database_name,
    database_url,
    in_database,
    on_shelf,
)
from config.launch.home import Home, LaunchError
from config.launch.provision import role_addresses
from config.launch.servers import empty, expected_addresses, given_databases
from config.launch.site import child_environment

GIVEN = "postgres://boss:p%40ss@db.local:5433/库?sslmode=require"


def test_another_role_keeps_server_database_and_options() -> None:
    url = as_role(GIVEN, "yichi_app", "a/b@c")
    assert url == "postgres://yichi_app:a%2Fb%40c@db.local:5433/库?sslmode=require"


def test_another_database_keeps_role_and_options() -> None:
    url = in_database(GIVEN, "test 1")
    assert url == "postgres://boss:p%40ss@db.local:5433/test%201?sslmode=require"
    assert database_name(url) == "test 1"


def test_a_password_is_quoted() -> None:
    assert database_url("u", "a:/@", 5, "d") == "postgres://u:a%3A%2F%40@127.0.0.1:5/d"


def test_the_tests_have_a_shelf_of_their_own() -> None:
    assert on_shelf("redis://:pw@127.0.0.1:6379/0", 1) == "redis://:pw@127.0.0.1:6379/1"
    assert on_shelf("unix:///run/redis.sock", 1) == "unix:///run/redis.sock"


def test_addresses_count_as_given_only_with_the_owner() -> None:
    assert given_databases({"DATABASE_URL": GIVEN}) is None
    found = given_databases({"DATABASE_URL": GIVEN, "OWNER_DATABASE_URL": "postgres://o@h/d"})
    assert found == Databases(GIVEN, "postgres://o@h/d")


def test_only_a_superuser_s_address_is_passed_on_as_such() -> None:
    secrets = {"app_password": "1", "migrate_password": "2", "audit_password": "3"}
    assert role_addresses(GIVEN, secrets, is_superuser=False).superuser is None
    assert role_addresses(GIVEN, secrets, is_superuser=True).superuser == GIVEN


def test_expected_addresses_of_a_folder_copied_from_elsewhere(tmp_path: Path) -> None:
    home = Home(tmp_path)
    known = {"home": "/elsewhere", "postgres": {"port": 1}, "valkey": {"port": 2}}
    home.remember("servers", known)
    assert ":1/" not in expected_addresses(home, {}).database.app
    home.remember("servers", known | {"home": str(tmp_path)})
    expected = expected_addresses(home, {"REDIS_URL": "redis://given/0"})
    assert ":1/" in expected.database.app
    assert expected.broker == "redis://given/0"


def test_a_given_database_is_never_emptied(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="DATABASE_URL"):
        empty(Home(tmp_path), Path("python"), {"DATABASE_URL": GIVEN})


def test_django_gets_its_roles_and_not_the_superuser(tmp_path: Path) -> None:
    addresses = Addresses(Databases("app", "owner", "audit", "superuser"), "broker")
    caller = {"PATH": "/bin", "PYTHONPATH": "/wrong", "ALLOWED_HOSTS": "example.gov.cn"}
    env = child_environment(Home(tmp_path), addresses, caller)
    assert (env["DATABASE_URL"], env["OWNER_DATABASE_URL"]) == ("app", "owner")
    assert env["ALLOWED_HOSTS"] == "example.gov.cn"
    assert "superuser" not in env.values() and "PYTHONPATH" not in env
    assert len(env["SECRET_KEY"]) > 40


def test_two_copies_on_one_machine_do_not_end_each_others_sessions(tmp_path: Path) -> None:
    """A browser sends its cookies to every port of the machine."""
    addresses = Addresses(Databases("app"), "broker")
    homes = [Home(tmp_path / name) for name in ("county", "prefecture")]
    for home in homes:
        home.prepare()
    names = {child_environment(home, addresses, {})["SESSION_COOKIE_NAME"] for home in homes}
    assert len(names) == 2
