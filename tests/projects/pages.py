"""What the page tests of projects, notices and targets share."""

from __future__ import annotations

import html
from typing import Any

from django.test import Client

from projects.models import Project
from tests import factories as make
from tests.cast import Cast

# The nine prohibitions ticked as not involved.
NINE_PASSED = {f"opinion_NL{n}": "pass" for n in range(1, 10)}
BACKEND = "django.contrib.auth.backends.ModelBackend"


def enter(client: Client, cast: Cast, who: str) -> Client:
    client.force_login(cast[who], backend=BACKEND)
    return client


def read(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status
    return html.unescape(response.content.decode())


def send(client: Client, url: str, data: dict[str, Any], status: int = 302) -> str:
    response = client.post(url, data)
    assert response.status_code == status, html.unescape(response.content.decode())[:3000]
    return html.unescape(response.content.decode())


def project_input(cast: Cast, **changes: Any) -> dict[str, Any]:
    """The proposal form as a village types it: one place, one line of work."""
    facts = make.project_facts(cast)
    typed = {
        name: value.pk if hasattr(value, "pk") else value
        for name, value in facts.items()
    }  # fmt: skip
    return {
        **typed,
        "nature": Project.Nature.NEW,
        "level": Project.Level.VILLAGE,
        "division": cast.village.pk,
        "places": [cast.village.pk, cast.township.pk],
        "items-TOTAL_FORMS": 2,
        "items-INITIAL_FORMS": 0,
        "items-0-name": "库房",
        "items-0-unit": "平方米",
        "items-0-quantity": "480.5",
        "items-0-unit_price": "1,000",
        **changes,
    }


def payment_input(**changes: Any) -> dict[str, Any]:
    return {**make.payment_facts(), "amount": "100,000", **changes}
