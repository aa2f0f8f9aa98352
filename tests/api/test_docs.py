"""The page that explains the API works offline and under the strict content policy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import ConsoleMessage, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.cast import Cast

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture
def address(committed_cast: Cast) -> Iterator[str]:
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="没有安装 Chromium")
def test_the_documentation_breaks_no_content_policy(address: str, committed_cast: Cast) -> None:
    client = Client()
    user = committed_cast["finance_clerk"]
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    said: list[str] = []
    asked: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        said.append(message.text)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context()
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}]
        )
        page = context.new_page()
        page.on("console", listen)
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/api/docs/")
        # One of the first: what is out of sight is not drawn.
        step = '[data-path="/api/adjustments/{id}/actions/{step}/"]'
        page.wait_for_selector(step, timeout=30_000)
        page.click(step)
        page.wait_for_selector("text=Idempotency-Key")
        browser.close()
    assert [line for line in said if "Content Security Policy" in line] == []
    assert [url for url in asked if not url.startswith((address, "data:"))] == []
