"""What strangers read and say: no log-in, no cookie, no script, no private word."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from organizations.personal_data import find_personal_data
from projects.models import Project
from publicity.models import Notice, Objection
from publicity.services import publish_notice, receive_public_objection
from publicity.turns import FROM_ONE_ADDRESS, TO_ONE_NOTICE
from tests import factories as make
from tests.cast import Cast
from tests.pages import queries_of
from tests.projects.pages import read
from tests.publicity.hanging import awaited_project, post, posted, published

WORDS = "公示的面积与实际丈量不一致"
OUTSIDER = "203.0.113.7"


@pytest.fixture(autouse=True)
def nobody_has_objected() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def notice(cast: Cast) -> Notice:
    return posted(cast, 3)


def address_of(notice: Notice) -> str:
    return f"/public/notices/{notice.check_code}/"


def object_to(client: Client, notice: Notice, summary: str = WORDS, **more: Any) -> Any:
    return client.post(address_of(notice), {"summary": summary, **more}, REMOTE_ADDR=OUTSIDER)


def test_everybody_reads_what_was_published(client: Client, notice: Notice) -> None:
    page = read(client, address_of(notice))
    for line in notice.content:
        assert line["label"] in page and line["text"] in page
    ends_on = notice.ends_on
    assert ends_on
    for words in (
        notice.number, "第1版", notice.content_sha256, "0996-0000000、12317",
        f"公示期至 {ends_on.year}年{ends_on.month}月{ends_on.day}日", "焉耆回族自治县",
    ):  # fmt: skip
        assert words in page


def test_the_page_sets_no_cookie_runs_no_script_and_leads_to_no_office(
    client: Client, notice: Notice
) -> None:
    for path in (address_of(notice), "/public/notices/", "/public/objections/"):
        answer = client.get(path)
        page = answer.content.decode()
        assert not answer.cookies
        assert "<script" not in page and "style=" not in page
        assert not re.search(r"\son[a-z]+=", page)
        links = re.findall(r'(?:href|action|src)="([^"]+)"', page)
        assert all(link.startswith(("/public/", "/static/", "#", "?")) for link in links), links
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_the_code_leads_to_this_version(client: Client, notice: Notice) -> None:
    page = client.get(address_of(notice)).content.decode()
    assert "<svg" in page and "qrline" in page
    assert f"http://testserver{address_of(notice)}" in page


def test_an_unknown_code_does_not_exist(client: Client, notice: Notice) -> None:
    for code in ("000000000000", notice.check_code[:11], notice.check_code + "0", "x"):
        assert client.get(f"/public/notices/{code}/").status_code == 404


def test_what_the_project_says_is_text_and_no_markup(client: Client, cast: Cast) -> None:
    project = make.draft_project(cast)
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 7|add:7 }}"
    Project.objects.filter(pk=project.pk).update(content=evil, name=f"项目{evil}"[:60])
    facts = make.meeting_facts(cast, project)
    make.do(project, "record_meeting", cast, "village_cadre", facts)
    notice = published(cast, make.with_targets(cast, project))
    page = client.get(address_of(notice)).content.decode()
    assert "<script" not in page and "<img" not in page
    assert html.escape(evil) in page


def test_no_private_number_and_no_official_without_a_duty(client: Client, notice: Notice) -> None:
    receive_public_objection(notice=notice, summary=WORDS)
    page = read(client, address_of(notice))
    assert find_personal_data(re.sub("[0-9a-f]{64}", "", page)) == []
    assert WORDS not in page, "what somebody else said"
    assert "吴春" not in page, "who published it"


def test_a_superseded_version_leads_to_the_next(client: Client, cast: Cast) -> None:
    project = awaited_project(cast)
    old = posted(cast, 3, project)
    project.targets.filter(aspect="SAT").delete()
    new = publish_notice(subject=project, code="N01", by=cast["village_cadre"])
    page = read(client, address_of(old))
    assert "本版已由新版替代" in page and address_of(new) in page
    assert "提交异议" not in page
    assert "满意度" in page and "满意度" not in read(client, address_of(new))
    answer = object_to(client, old)
    assert answer.status_code == 409
    assert not Objection.objects.exists()


def test_a_version_that_is_void_says_so(client: Client, cast: Cast, notice: Notice) -> None:
    objection = receive_public_objection(notice=notice, summary=WORDS)
    unit = {"investigating_unit": "永宁镇人民政府"}
    make.do(objection, "investigate", cast, "township_reviewer", unit)
    facts = {"conclusion": "upheld", "measures": "重新丈量", "remedy": "correct"}
    make.do(objection, "answer", cast, "township_reviewer", facts)
    assert "本版因异议须重新公示" in read(client, address_of(notice))


# --- Objecting --------------------------------------------------------------------------------


def test_anybody_objects_and_follows_it_with_the_receipt(
    client: Client, cast: Cast, notice: Notice
) -> None:
    answer = object_to(client, notice)
    objection = Objection.objects.get()
    assert (objection.channel, objection.registered_by, objection.is_named) == ("web", None, False)
    assert answer.headers["Location"] == f"/public/objections/?receipt={objection.receipt}"
    assert not answer.cookies
    page = read(client, answer.headers["Location"])
    assert objection.receipt in page and "受理" in page and WORDS not in page
    unit = {"investigating_unit": "永宁镇人民政府"}
    make.do(objection, "investigate", cast, "township_reviewer", unit)
    facts = {"conclusion": "unfounded", "measures": "已当面丈量核对", "remedy": "none"}
    make.do(objection, "answer", cast, "township_reviewer", facts)
    page = read(client, f"/public/objections/?receipt={objection.receipt.lower()}")
    for words in ("已答复", "不属实", "已当面丈量核对"):
        assert words in page
    assert "冯冬" not in page


def test_an_unknown_receipt_is_told(client: Client, db: None) -> None:
    assert "没有这个回执号" in read(client, "/public/objections/?receipt=ABCDEF123456", 404)
    read(client, "/public/objections/?receipt=%00", 200)
    read(client, "/public/objections/", 200)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"summary": ""}, "必填"),
        ({"summary": "不对"}, "5"),
        ({"summary": "请打13800138000找我"}, "个人信息"),
        ({"summary": "x" * 2001}, "2000"),
    ],
)
def test_what_is_not_taken_is_told_beside_it(
    client: Client, notice: Notice, typed: dict[str, str], words: str
) -> None:
    answer = object_to(client, notice, **typed)
    assert answer.status_code == 422
    page = html.unescape(answer.content.decode())
    assert words in page and typed["summary"] in page
    assert not Objection.objects.exists()


def test_a_machine_that_fills_in_everything_is_not_heard(client: Client, notice: Notice) -> None:
    assert object_to(client, notice, website="http://x").status_code == 422
    assert not Objection.objects.exists()


def test_one_address_speaks_so_often_an_hour(client: Client, cast: Cast, notice: Notice) -> None:
    other = posted(cast, 3)
    for number in range(FROM_ONE_ADDRESS):
        assert object_to(client, (notice, other)[number % 2]).status_code == 302
    refused = object_to(client, notice)
    assert refused.status_code == 429
    assert "提交过于频繁" in refused.content.decode() and WORDS in refused.content.decode()
    assert client.post(address_of(notice), {"summary": WORDS}).status_code == 302
    assert Objection.objects.count() == FROM_ONE_ADDRESS + 1


def test_one_notice_hears_so_many_an_hour(client: Client, cast: Cast, notice: Notice) -> None:
    def from_address(number: int, to: Notice) -> int:
        place = f"203.0.113.{number}"
        return client.post(address_of(to), {"summary": WORDS}, REMOTE_ADDR=place).status_code

    codes = [from_address(number, notice) for number in range(TO_ONE_NOTICE + 1)]
    assert codes == [302] * TO_ONE_NOTICE + [429]
    assert from_address(1, posted(cast, 3)) == 302


# --- The list ---------------------------------------------------------------------------------


def test_the_list_has_what_hangs_and_stands(client: Client, cast: Cast, notice: Notice) -> None:
    unposted = published(cast)
    page = read(client, f"/public/notices/?county={cast.county.code}")
    assert address_of(notice) in page and address_of(unposted) not in page
    assert address_of(notice) not in read(
        client, f"/public/notices/?county={cast.other_county.code}"
    )
    for query in ("county=%00", "county='", "page=99999", "page=x"):
        read(client, f"/public/notices/?{query}")


def test_a_longer_list_takes_no_more_queries(client: Client, cast: Cast) -> None:
    counts = []
    for wanted in (2, 9):
        while Notice.objects.count() < wanted:
            post(cast, published(cast))
        counts.append(len(queries_of(client, "/public/notices/")))
    assert counts[0] == counts[1] <= 12
