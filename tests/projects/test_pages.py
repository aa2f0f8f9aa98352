"""Every page of projects, payments and meetings: opens, closed to others, and says why."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories as make
from tests.cast import Cast

BACKEND = "django.contrib.auth.backends.ModelBackend"


def as_(client: Client, cast: Cast, who: str) -> Client:
    client.force_login(cast[who], backend=BACKEND)
    return client


def text(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def test_smoke(client: Client, cast: Cast) -> None:
    request = make.payment_at(cast, "paid", 100_000)
    project = request.project
    as_(client, cast, "auditor")
    for url in (
        "/projects/",
        f"/projects/{project.pk}/",
        f"/projects/{project.pk}/print/",
        "/payments/",
        f"/payments/{request.pk}/",
        f"/payments/{request.pk}/print/",
        "/meetings/",
        f"/meetings/{project.meeting_id or 1}/",
        f"/projects/{project.pk}/notices/",
        f"/projects/{project.pk}/notices/print/",
        f"/notices/{project.notices.first().pk}/print/",
        f"/projects/{project.pk}/targets/",
    ):
        text(client, url)
    as_(client, cast, "township_clerk")
    text(client, "/projects/new/")
    text(client, f"/projects/{project.pk}/payments/new/")
