from __future__ import annotations

import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from config.demo.photos import sheet
from projects.models import Filing
from tests import factories as make
from tests.cast import Cast
from tests.projects.pages import enter, read, send
from tests.projects.test_filings import due_before


def act_url(filing: Filing, action: str) -> str:
    return f"/act/projects.filing/{filing.pk}/{action}/"


def letter(**changes: Any) -> dict[str, Any]:
    return {
        "letter_number": "焉扶领办[2025]8号",
        "dated_on": make.today(),
        "papers": SimpleUploadedFile("报备函.pdf", sheet("报备函"), "application/pdf"),
        **changes,
    }


def test_sent_returned_corrected_and_received(client: Client, cast: Cast) -> None:
    filing = make.due_filing(cast)
    enter(client, cast, "group_secretary")
    assert "补正说明" not in read(client, act_url(filing, "send"))
    send(client, act_url(filing, "send"), letter())
    page = read(client, filing.get_absolute_url())
    assert "焉扶领办〔2025〕8号" in page and "报备函.pdf" in page and "按期报送" in page
    assert filing.versions.get().decision.evidence == filing.versions.get().papers

    enter(client, cast, "prefecture_clerk")
    send(client, act_url(filing, "return"), {"comment": "缺实施方案"})
    enter(client, cast, "group_secretary")
    again = letter(papers=SimpleUploadedFile("方案.pdf", sheet("方案"), "application/pdf"))
    page = send(client, act_url(filing, "send"), again, 422)
    assert "补正说明" in page
    again["papers"].seek(0)
    send(client, act_url(filing, "send"), {**again, "note": "已补"})

    enter(client, cast, "prefecture_clerk")
    send(client, act_url(filing, "receive"), {"receipt_number": "巴扶备〔2025〕1号", "comment": ""})
    page = read(client, filing.get_absolute_url())
    assert "第 1 次报送" in page and "第 2 次报送" in page and "缺实施方案" in page
    assert "巴扶备〔2025〕1号" in read(client, f"{filing.get_absolute_url()}print/")


def test_bad_letters(client: Client, cast: Cast) -> None:
    filing = make.due_filing(cast)
    enter(client, cast, "group_secretary")
    page = send(client, act_url(filing, "send"), letter(dated_on="2020-01-01"), 422)
    assert "早于批准日期" in page and "报备函.pdf" in page
    page = send(client, act_url(filing, "send"), letter(dated_on="2099-01-01"), 422)
    assert "在今天之后" in page
    send(client, act_url(filing, "send"), {k: v for k, v in letter().items() if k != "papers"}, 422)
    assert not filing.versions.exists()


def test_the_sender_sees_no_receiving(client: Client, cast: Cast) -> None:
    filing = make.sent_filing(cast)
    enter(client, cast, "group_secretary")
    send(client, act_url(filing, "receive"), {"receipt_number": "1"}, 403)
    assert act_url(filing, "receive") not in read(client, filing.get_absolute_url())


def test_the_prefecture_sees_who_filed_who_is_late_and_who_is_missing(
    client: Client, cast: Cast
) -> None:
    filing = due_before(make.due_filing(cast), 5)
    enter(client, cast, "prefecture_clerk")
    page = read(client, "/filings/?year=2025")
    assert "逾期未报 1 件" in page and "没有经批准须备案的计划" in page
    assert filing.title in read(client, "/filings/?late=now")
    make.send_filing(cast, filing)
    assert filing.title not in read(client, "/filings/?late=now")
    assert filing.title in read(client, "/filings/?late=ever&status=sent")
    assert filing.title not in read(client, f"/filings/?county={cast.other_county.pk}")


def test_one_county_sees_its_own_only(client: Client, cast: Cast) -> None:
    filing = make.due_filing(cast)
    page = read(enter(client, cast, "auditor"), "/filings/")
    assert filing.title in page and "各县（市）备案情况" not in page
    for who in ("other_group_member", "village_cadre"):
        enter(client, cast, who)
        read(client, filing.get_absolute_url(), 404)
        assert filing.title not in read(client, "/filings/")


def test_exported(client: Client, cast: Cast) -> None:
    filing = make.received_filing(cast)
    enter(client, cast, "prefecture_clerk")
    response = client.get("/filings/export/?year=2025")
    rows = list(load_workbook(io.BytesIO(response.getvalue()))["备案一览"].values)
    assert rows[1][1:4] == (cast.county.name, 2025, filing.title)
    assert rows[1][11] == 500_000 and "按期报送" in rows[1] and "已收讫" in rows[1]
    assert rows[2][1] == cast.other_county.name and "没有经批准须备案的计划" in str(rows[2][12])
    assert len(rows) == 3


def test_home_says_what_is_overdue(client: Client, cast: Cast) -> None:
    filing = make.due_filing(cast)
    for who in ("group_secretary", "prefecture_clerk"):
        assert "备案逾期" not in read(enter(client, cast, who), "/")
    due_before(filing, 5)
    for who in ("group_secretary", "group_member", "prefecture_clerk"):
        page = read(enter(client, cast, who), "/")
        assert "有 1 件备案逾期未报" in page and "/filings/?late=now" in page
    assert "备案逾期" not in read(enter(client, cast, "other_group_member"), "/")


def test_the_list_asks_the_same_however_long(
    client: Client, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    make.received_filing(cast)
    enter(client, cast, "prefecture_clerk")
    with django_assert_max_num_queries(30):
        read(client, "/filings/")
