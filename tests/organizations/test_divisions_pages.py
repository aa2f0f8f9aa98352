from __future__ import annotations

import pytest

from organizations.models import Division
from organizations.pinyin import pinyin_of
from tests.cast import Cast
from tests.pages import logged_in


@pytest.fixture(autouse=True)
def spelled(cast: Cast) -> None:
    for division in Division.objects.all():
        division.pinyin = " ".join(pinyin_of(division.name))
        division.save()


@pytest.mark.parametrize("words", ["下岔河", "xchc", "xiacha", "652826102200"])
def test_a_village_is_found_by_name_pinyin_and_code(cast: Cast, words: str) -> None:
    page = logged_in(cast["project_clerk"]).get("/divisions/search/", {"q": words})
    assert f'<option value="{cast.village.pk}">' in page.content.decode()


def test_the_search_stays_in_the_territory_and_within_a_county(cast: Cast) -> None:
    search = "/divisions/search/"
    county = logged_in(cast["project_clerk"]).get(search, {"q": "查汗通古"}).content.decode()
    assert "没有找到" in county
    above = logged_in(cast["prefecture_clerk"])
    assert "<option value" in above.get(search, {"q": "查汗通古"}).content.decode()
    within = above.get(search, {"q": "查汗通古", "within": cast.county.code}).content.decode()
    assert "没有找到" in within


def test_nothing_typed_gives_nothing(cast: Cast) -> None:
    page = logged_in(cast["project_clerk"]).get("/divisions/search/").content.decode()
    assert "<option" not in page


def test_what_is_typed_is_shown_as_text(cast: Cast) -> None:
    page = logged_in(cast["project_clerk"]).get("/divisions/search/?q=<script>").content.decode()
    assert "<script>" not in page


def test_the_browser_lists_what_lies_below(cast: Cast) -> None:
    client = logged_in(cast["project_clerk"])
    page = client.get("/divisions/", {"within": cast.township.code}).content.decode()
    assert "下岔河村" in page
    assert "夏热采开村" not in page
    assert "和静镇" not in client.get("/divisions/").content.decode()
