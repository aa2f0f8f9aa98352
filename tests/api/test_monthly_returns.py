"""A machine reads the sealed bytes of a return and adds up their digest itself."""

from __future__ import annotations

import hashlib

from tests import factories as make
from tests.cast import Cast
from tests.pages import logged_in
from tests.reports import reporting


def test_the_bytes_and_their_digest(cast: Cast) -> None:
    make.funded_allotment(cast)
    monthly = reporting.return_at(cast, "sent")
    reader = logged_in(cast["auditor"])
    (row,) = reader.get("/api/monthly-returns/").json()["results"]
    assert (row["county"], row["status"]) == ("652826000000", "sent")
    (version,) = reader.get(f"/api/monthly-returns/{monthly.pk}/").json()["versions"]
    assert hashlib.sha256(version["content"].encode()).hexdigest() == version["sha256"]
    assert version["sealed_at"] and version["is_received"] is None
    for who, status in (("other_finance_clerk", 404), ("township_clerk", 403)):
        answer = logged_in(cast[who]).get(f"/api/monthly-returns/{monthly.pk}/")
        assert answer.status_code == status
