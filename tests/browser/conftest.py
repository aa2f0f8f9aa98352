"""A real site with the demonstration in it, and people in real browsers before it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import transaction
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)
from pytest_django.plugin import DjangoDbBlocker

from config.demo.people import PASSWORD, SHOWN
from config.launch.addresses import in_database, on_shelf
from config.launch.demo import is_healthy
from config.launch.home import ROOT
from config.launch.ports import HOST, free_listener
from config.launch.processes import describe, end, start_logged, wait_until
from config.launch.screen import tail
from organizations.pinyin import pinyin_of
from tests.databases import address, cloned_database, default_database

P = ParamSpec("P")
T = TypeVar("T")
WEB_FROM, SHELF_FROM = 8400, 2
PATIENCE = 10_000  # milliseconds until an awaited thing on a page counts as missing
SCREEN: ViewportSize = {"width": 1366, "height": 768}
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
)
# What Chromium writes when a page is refused on purpose. Its own files must be found.
REFUSALS = tuple(f"the server responded with a status of {code}" for code in (403, 404, 409, 422))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One site and one browser serve them all, so one worker runs them."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@dataclass(frozen=True)
class Site:
    address: str
    env: dict[str, str]

    @property
    def database(self) -> str:
        """Its name."""
        return urlsplit(self.env["DATABASE_URL"]).path.strip("/")

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="package")
def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found:
        return found
    words = "no Chromium is installed (apt-get install chromium)"
    if os.environ.get("YICHI_REQUIRE_BROWSER") == "1":
        pytest.fail(words, pytrace=False)
    pytest.skip(words)


@pytest.fixture(scope="package")
def site(chromium: str) -> Iterator[Site]:
    with cloned_database() as database:
        env = site_environment(database)
        whole = Site("", env)
        seeded = whole.manage("seed_demo")
        assert seeded.returncode == 0, seeded.stderr
        with serving(env) as web:
            yield Site(web, env)


def site_environment(database: str) -> dict[str, str]:
    """The databases are the clone's; the queue is on a shelf of this test run's worker."""
    urls = {
        name: in_database(os.environ[name], database)
        for name in ("DATABASE_URL", "OWNER_DATABASE_URL", "AUDIT_DATABASE_URL")
        if name in os.environ
    }
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    broker = on_shelf(address("REDIS_URL"), SHELF_FROM + int(worker) % 10)
    given = {"DEMO": "1", "DEBUG": "0", "REDIS_URL": broker, "PYTHONUNBUFFERED": "1"}
    return {**os.environ, **urls, **given}


@contextmanager
def serving(env: dict[str, str]) -> Iterator[str]:
    """The web server and one worker, started as the demonstration starts them."""
    logs = Path(settings.HOME) / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    module = [sys.executable, "-m"]
    with free_listener(WEB_FROM) as listener:
        port: int = listener.getsockname()[1]
        web = [*module, "gunicorn", "config.wsgi:application", f"--bind=fd://{listener.fileno()}"]
        web += ["--workers=1", "--worker-class=gthread", "--threads=4", "--no-control-socket"]
        worker = [*module, "celery", "-A", "config.celery", "worker", "--loglevel=INFO"]
        worker += ["--without-mingle", "--without-gossip", "--concurrency=1", "--purge"]
        children: list[subprocess.Popen[bytes]] = []
        try:
            log = logs / "browser-web.log"
            children.append(start_logged(web, log, env, ROOT, [listener.fileno()]))
            children.append(start_logged(worker, logs / "browser-worker.log", env, ROOT))
            listener.close()
            ready = wait_until(lambda: is_healthy(port), 60, step=0.1)
            assert ready, f"the web server did not get ready:\n{tail(log)}"
            yield f"http://{HOST}:{port}"
        finally:
            for child in reversed(children):
                end(describe(child.pid), signal.SIGTERM, 10, group=True)
                child.wait()


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield launched
        launched.close()


@dataclass
class Office:
    """The people of one test, each before a browser of their own, logged in by the button."""

    site: Site
    browser: Browser
    folder: Path | None  # where each step's picture is kept, if anybody wants to look
    blocker: DjangoDbBlocker
    pages: dict[str, Page] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    steps: int = 0

    def anonymous(self, **options: Any) -> Page:
        given: dict[str, Any] = {"viewport": SCREEN, "locale": "zh-CN", **options}
        context = self.browser.new_context(base_url=self.site.address, **given)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.pages[f"{len(self.pages)}"] = page
        return page

    def hear(self, message: ConsoleMessage) -> None:
        """Errors and violated content policies; a refused page is not an error of its own."""
        if message.type not in {"error", "warning"}:
            return
        address = message.location.get("url", "")
        refused = any(words in message.text for words in REFUSALS)
        if not (refused and "/static/" not in address):
            at = message.page.url if message.page else ""
            self.complaints.append(f"{at}: {message.text} ({address})")

    def person(self, name: str, **options: Any) -> Page:
        """At the page where they were, or freshly logged in and at home. Who has no button in the
        demonstration types the password."""
        if name not in self.pages:
            page = self.anonymous(**options)
            page.goto("/login/")
            if name in SHOWN:
                page.get_by_role("button", name=name).click()
            else:
                page.get_by_label("用户名").fill(pinyin_of(name)[0])
                page.get_by_label("密码").fill(PASSWORD)
                page.get_by_role("button", name="登录", exact=True).click()
            expect(page.get_by_role("heading", level=1)).to_contain_text(name)
            self.pages[name] = page
        return self.pages[name]

    def look(self, page: Page, name: str) -> None:
        if self.folder:
            self.steps += 1
            self.folder.mkdir(parents=True, exist_ok=True)
            page.screenshot(
                path=self.folder / f"{self.steps:02d}-{name}.png", full_page=True, caret="initial"
            )

    def print_out(self, page: Page, name: str) -> None:
        """What the printer would put out, for whoever wants to look at it."""
        if self.folder:
            self.folder.mkdir(parents=True, exist_ok=True)
            page.pdf(prefer_css_page_size=True, path=self.folder / f"{self.steps:02d}-{name}.pdf")

    def backstage(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Done in the site's database, in one transaction that is committed; on a thread of its
        own, as Django speaks to no database where Playwright's loop runs."""

        def committed() -> T:
            with (
                self.blocker.unblock(),
                default_database(self.site.database),
                transaction.atomic(),
            ):
                return act(*args, **kwargs)

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(committed).result()

    def contexts(self) -> list[BrowserContext]:
        return list({id(page.context): page.context for page in self.pages.values()}.values())


@pytest.fixture
def office(
    site: Site,
    browser: Browser,
    django_db_blocker: DjangoDbBlocker,
    request: pytest.FixtureRequest,
) -> Iterator[Office]:
    wanted = os.environ.get("YICHI_SCREENSHOTS")
    name = str(request.node.name)
    expect.set_options(timeout=PATIENCE)
    folder = Path(wanted) / name if wanted else None
    office = Office(site, browser, folder, django_db_blocker)
    yield office
    if FAILED in request.node.stash:
        keep_pictures(office, name)
    for context in office.contexts():
        context.close()
    assert office.complaints == []


def keep_pictures(office: Office, name: str) -> None:
    folder = Path(settings.HOME) / "screenshots" / name
    folder.mkdir(parents=True, exist_ok=True)
    for person, page in office.pages.items():
        try:
            page.screenshot(path=folder / f"{person}.png", full_page=True, caret="initial")
        except Error as error:  # the picture is a help; the failure is what counts
            print(f"no picture of {person}: {error}")


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report
