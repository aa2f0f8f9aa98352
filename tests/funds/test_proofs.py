"""The auditor's download, checked by the downloaded program on its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests import factories as make
from tests.cast import Cast
from tests.pages import logged_in


def test_a_month_and_its_verifier_leave_together_and_agree(cast: Cast, tmp_path: Path) -> None:
    make.payment_at(cast, "paid")
    client = logged_in(cast["auditor"])
    month = f"{make.today():%Y-%m}"
    for name, address in (
        ("month.jsonl", f"/months/proof/?month={month}"),
        ("verify_export.py", "/months/verifier/"),
    ):
        answer = client.get(address)
        assert "attachment" in answer["Content-Disposition"]
        (tmp_path / name).write_bytes(answer.content)
    checked = subprocess.run(
        [sys.executable, "-I", tmp_path / "verify_export.py", tmp_path / "month.jsonl"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
    assert "4 张凭证逐张相符" in checked.stdout


def test_an_empty_month_is_refused_and_a_month_that_is_none_is_not_found(cast: Cast) -> None:
    client = logged_in(cast["auditor"])
    assert client.get("/months/proof/?month=2020-01").status_code == 409
    assert client.get("/months/proof/?month=昨天").status_code == 404


def test_other_counties_and_other_posts(cast: Cast) -> None:
    month = f"{make.today():%Y-%m}"
    make.payment_at(cast, "paid")
    other = logged_in(cast["other_finance_clerk"])
    address = f"/months/proof/?month={month}&county={cast.county.code}"
    assert other.get(address).status_code == 404
    assert logged_in(cast["village_cadre"]).get(address).status_code == 403
