"""倒查: an auditor gets from the document to the payee, and back, in three clicks."""

from __future__ import annotations

import re

from django.test import Client

from funds.models import Allotment
from tests import factories as make
from tests.cast import Cast
from tests.projects.pages import enter, read

PAYEE = "焉耆兴农建设有限公司"
LINK = re.compile(r'href="(/(?:allotments|projects|payments|vouchers)/\d+/)"')


def clicks(client: Client, start: str, goal: str, limit: int = 3) -> int | None:
    """How many links lie between a page and the first that is `goal`."""
    seen, here = {start}, [start]
    for count in range(limit + 1):
        if goal in here:
            return count
        found = {link for url in here for link in LINK.findall(read(client, url))}
        here = sorted(found - seen)
        seen |= found
    return None


def test_from_the_document_to_the_payee_and_back(client: Client, cast: Cast) -> None:
    request = make.payment_at(cast, "paid", 100_000)
    allotment = Allotment.objects.get()
    enter(client, cast, "auditor")
    assert PAYEE in read(client, request.get_absolute_url())
    there = clicks(client, allotment.get_absolute_url(), request.get_absolute_url())
    back = clicks(client, request.get_absolute_url(), allotment.get_absolute_url())
    assert there is not None and there <= 3
    assert back is not None and back <= 3


def test_a_voucher_leads_to_its_payee(client: Client, cast: Cast) -> None:
    request = make.payment_at(cast, "paid", 100_000)
    request.refresh_from_db()
    assert request.pay_voucher
    enter(client, cast, "auditor")
    assert PAYEE in read(client, request.pay_voucher.get_absolute_url())
