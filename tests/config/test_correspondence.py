"""制度对照表: what is declared exists, and what nobody carries is said to be missing."""

from __future__ import annotations

import ast

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from config.launch.home import ROOT
from config.navigation import page_of
from organizations.founding import DECLARED, Carried, carries, clauses, correspondence
from tests.cast import Cast
from tests.projects.pages import enter, read
from tests.test_permissions import pages

NAMES = {name for _, name in pages(get_resolver())}


@pytest.mark.parametrize("carried", DECLARED, ids=lambda c: f"{c.clause}-{c.screen}")
def test_every_declaration_names_a_page_and_a_test(carried: Carried) -> None:
    assert carried.screen in NAMES
    path, _, function = carried.test.partition("::")
    text = (ROOT / path).read_text(encoding="utf-8")
    tests = {n.name for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef)}
    assert function in tests if function else any(name.startswith("test_") for name in tests)


def test_pages_are_called_as_the_office_calls_them(client: Client, cast: Cast) -> None:
    called = {carried.screen: page_of(carried.screen, cast["auditor"]) for carried in DECLARED}
    assert [screen for screen, (label, _) in called.items() if label == screen] == []
    page = read(enter(client, cast, "auditor"), "/correspondence/")
    assert f'<a href="{reverse("ledger")}">总台账</a>' in page
    assert reverse("receipt_new") not in page, "a page that would be refused is not offered"


def test_clauses_are_told_apart() -> None:
    codes = [clause.code for clause in clauses()]
    assert len(set(codes)) == len(codes)
    with pytest.raises(LookupError):
        carries("9.9", screen="home", rule="", test="")


def test_what_nobody_carries_is_red(client: Client, cast: Cast) -> None:
    page = read(enter(client, cast, "auditor"), "/correspondence/")
    missing = [clause for clause, carried_by in correspondence() if not carried_by]
    assert page.count("尚未落实</strong>") == len(missing)
    carried = len(clauses()) - len(missing)
    assert f"已落实 {carried} 条（{carried * 100 // len(clauses())}%）" in page
    for clause in clauses():
        assert clause.words in page
