"""`./run test`: what must hold before the tests are worth reading, then the tests."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from config.launch.addresses import on_shelf
from config.launch.home import ROOT
from config.launch.processes import attend
from config.launch.site import Site

CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ruff check", ("-m", "ruff", "check", ".")),
    ("ruff format --check", ("-m", "ruff", "format", "--check", ".")),
    ("mypy", ("-m", "mypy", ".")),
    ("manage check", ("manage.py", "check", "--fail-level", "WARNING")),
    ("makemigrations --check", ("manage.py", "makemigrations", "--check", "--dry-run")),
)
TEST_SHELF = 1
LAY = "from tests.databases import ensure_template; ensure_template()"


def test_environment(site: Site) -> dict[str, str]:
    """The demonstration's queue is on another shelf of the same broker."""
    env = site.env | {"REDIS_URL": on_shelf(site.addresses.broker, TEST_SHELF)}
    if site.addresses.database.superuser:
        env["SUPERUSER_DATABASE_URL"] = site.addresses.database.superuser
    if env.get("CI", "").lower() in {"1", "true"}:
        env["YICHI_REQUIRE_BROWSER"] = "1"
    return env


def run_tests(site: Site, arguments: Sequence[str]) -> int:
    """With arguments only pytest. Its own closing line is the last thing on the screen."""
    env = test_environment(site)
    if arguments:
        return attend([site.python, "-m", "pytest", *arguments], env, ROOT)
    with laying_the_template(site, env):
        failed = run_checks(site, env)
    status = attend([site.python, "-m", "pytest", "-n", "2", "--dist", "loadgroup"], env, ROOT)
    return status or int(bool(failed))


@contextmanager
def laying_the_template(site: Site, env: dict[str, str]) -> Iterator[None]:
    """The tests' database is migrated while the code is being checked. What goes wrong in it is
    told by the tests, who then try again."""
    child = subprocess.Popen(
        [site.python, "-c", LAY], env=env, cwd=ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
        child.wait()
    finally:
        child.kill()
        child.wait()


def run_checks(site: Site, env: dict[str, str]) -> list[str]:
    failed = []
    for title, arguments in CHECKS:
        print(f"== {title}", flush=True)
        if attend([site.python, *arguments], env, ROOT):
            failed.append(title)
    verdict = f"未通过：{'、'.join(failed)}" if failed else "全部通过"
    print(f"== 检查 {len(CHECKS)} 项，{verdict}", flush=True)
    print("== pytest", flush=True)
    return failed
