import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from config.launch.addresses import Addresses, Databases
from config.launch.checks import test_environment as environment_for_tests
from config.launch.cli import main, parse_demo
from config.launch.home import ROOT, Home
from config.launch.screen import login_table, table, width
from config.launch.site import Site


def test_demo_takes_a_port_and_a_fresh_start() -> None:
    options = parse_demo(["--port", "9000", "--fresh"])
    assert (options.port, options.fresh) == (9000, True)
    assert parse_demo([]).port is None


@pytest.mark.parametrize("port", ["0", "65536", "八千", "８０００", "-1"])
def test_an_impossible_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_demo([f"--port={port}"])
    assert "端口应是" in capsys.readouterr().err


def test_help_is_given_when_nothing_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    assert "./run demo" in capsys.readouterr().out


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dmeo"]) == 2
    assert "dmeo" in capsys.readouterr().err


@pytest.mark.parametrize(("ci", "required"), [("true", True), ("1", True), ("", False)])
def test_ci_requires_the_browser(tmp_path: Path, ci: str, required: bool) -> None:
    addresses = Addresses(Databases("app", superuser="boss"), "redis://h:1/0")
    env = environment_for_tests(Site(Home(tmp_path), Path("python"), addresses, {"CI": ci}))
    assert ("YICHI_REQUIRE_BROWSER" in env) is required
    assert env["SUPERUSER_DATABASE_URL"] == "boss"
    assert env["REDIS_URL"] == "redis://h:1/1"


def test_chinese_columns_line_up() -> None:
    lines = table([["用户名", "岗位"], ["a", "记账"]]).splitlines()
    assert [width(line) for line in lines] == [14, 14]


def test_a_login_without_a_unit_is_still_shown() -> None:
    assert "caiwu" in login_table([{"username": "caiwu", "password": "x"}])


def test_the_launcher_needs_nothing_installed(tmp_path: Path) -> None:
    """Isolated from site-packages, as on a fresh machine; roles.py runs in .venv and is not met."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import config.launch.cli"
    command = [sys.executable, "-S", "-E", "-c", code, str(ROOT)]
    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == 0


def test_an_old_python_can_read_the_starter() -> None:
    """It must reach its own complaint: nothing newer than what Python 2 and 3 share."""
    text = (ROOT / "run").read_text(encoding="utf-8")
    before = text[: text.index("from config")]
    assert "coding: utf-8" in before and 'f"' not in before


def test_compose_names_every_secret_it_needs() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    services = yaml.safe_load(text)["services"]
    assert set(services) == {"postgres", "valkey", "migrate", "web", "worker", "beat"}
    assert all("healthcheck" in s for name, s in services.items() if name != "migrate")
    assert "OWNER_DATABASE_URL" not in services["web"]["environment"]
    for secret in ("POSTGRES_PASSWORD", "YICHI_APP_PASSWORD", "SECRET_KEY", "VALKEY_PASSWORD"):
        assert f"${{{secret}:?" in text
