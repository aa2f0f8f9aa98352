"""九不得 as dated data, and the words that a text is looked through for."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from approvals.workflow import ConditionUnmet
from organizations.models import Parameter
from projects.models import NegativeRule, PaymentRequest, Project
from projects.negative import (
    SCANNED,
    SECOND_PERSON,
    findings_in,
    prohibited,
    rules_in_force,
    texts_of,
)
from projects.reference_data import load_negative_rules
from projects.services import revise_project
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.projects.negative_texts import reviewed_payment
from tests.projects.pages import enter, read

NINE = (
    "行政事业单位基本支出", "购买交通工具及通讯设备", "各种奖金、津贴和福利补助", "弥补企业亏损",
    "修建楼堂馆所及贫困农牧场、林场棚户改造以外的职工住宅", "弥补预算支出缺口和偿还债务",
    "大中型基本建设项目", "城市基础设施建设和城市扶贫", "其他与脱贫攻坚无关的开支",
)  # fmt: skip


def set_regime(setting: str, from_: dt.date) -> None:
    facts = {"setting": setting, "name": "x", "source": "D", "valid_from": from_}
    Parameter.objects.create(key="negative.regime", **facts)


def test_the_nine_of_the_founding_document_count(cast: Cast) -> None:
    rules = rules_in_force()
    assert [rule.text for rule in rules] == list(NINE)
    assert [rule.code for rule in rules] == [f"NL{n}" for n in range(1, 10)]
    assert {rule.source for rule in rules} == {"F"}
    assert rules[1].clause == "新扶贫领字〔2018〕76号 一(二)"


def test_a_later_regime_does_not_replace_them_until_it_is_named(cast: Cast) -> None:
    today = make.today()
    set_regime("2021", today)
    assert {rule.regime for rule in rules_in_force()} == {"2021"}
    assert len(rules_in_force()) == 6
    # What is not read in a document that was seen is never shown as the basis of a rule.
    assert {(rule.source, rule.clause) for rule in rules_in_force()} == {("K", "")}
    assert len(rules_in_force(today - dt.timedelta(days=1))) == 9
    project = make.draft_project(cast)
    assert [c.code for c in prohibited(project)] == [f"NS{n}" for n in range(1, 7)]


def test_a_new_wording_counts_from_its_day(cast: Cast) -> None:
    old = rules_in_force()[1]
    tomorrow = make.today() + dt.timedelta(days=1)
    NegativeRule.objects.create(
        code=old.code, regime=old.regime, text="买车", source="F", keywords=["汽车"],
        valid_from=tomorrow,
    )  # fmt: skip
    assert rules_in_force()[1] == old
    assert rules_in_force(tomorrow)[1].text == "买车"
    assert len(rules_in_force(tomorrow)) == 9


def test_loading_twice_adds_nothing(cast: Cast) -> None:
    assert load_negative_rules() == 0
    assert NegativeRule.objects.count() == 15


def test_without_a_list_no_check_is_taken(client: Client, cast: Cast) -> None:
    project = make.draft_project(cast)
    set_regime("没有装载的制度", make.today())
    with pytest.raises(ConditionUnmet, match="没有装载"):
        make.do(project, "record_meeting", cast, "village_cadre", make.meeting_facts(cast, project))
    url = f"/act/projects.project/{project.pk}/record_meeting/"
    assert "没有装载" in read(enter(client, cast, "village_cadre"), url, 409)


# --- Words ------------------------------------------------------------------------------------

FIELDS: dict[str, Any] = {
    "name": "下岔河村购置轿车项目",
    "content": "购置越野车一辆",
    "subsidy_standard": "每户补助手机一部",
    "linkage_note": "收益用于发放津贴",
}


@pytest.mark.parametrize("field", FIELDS)
def test_each_field_of_a_project_is_looked_through(cast: Cast, field: str) -> None:
    project = make.revise_text(cast, make.draft_project(cast), **{field: FIELDS[field]})
    (finding,) = findings_in(project, rules_in_force())
    label = str(Project._meta.get_field(field).verbose_name)  # type: ignore[union-attr]
    assert finding.places == [label]
    assert finding.words[0] in FIELDS[field] and finding.words[0] in scanned_by_database(project)


def test_a_line_of_work_is_looked_through(cast: Cast) -> None:
    project = revise_project(
        project=make.draft_project(cast), by=cast["village_cadre"], facts={},
        places=[cast.village], reason="x",
        work_items=[
            {"name": "面包车", "unit": "辆", "quantity": Decimal(1), "unit_price": make.yuan(9)}
        ],
    )  # fmt: skip
    (finding,) = findings_in(project, rules_in_force())
    assert (finding.rule.code, finding.words, finding.places) == ("NL2", ["面包车"], ["工程量"])
    assert "面包车" in scanned_by_database(project)


@pytest.mark.parametrize("field", ["causes", "resources", "funding", "needs"])
def test_the_analyses_tell_of_the_village_not_of_what_is_bought(cast: Cast, field: str) -> None:
    project = make.revise_text(cast, make.draft_project(cast), **{field: "村里没有车辆，欠款多"})
    assert findings_in(project, rules_in_force()) == []
    assert "车辆" not in scanned_by_database(project)


@pytest.mark.parametrize("field", ["basis", "payee_name"])
def test_a_payment_is_looked_through(cast: Cast, field: str) -> None:
    request = reviewed_payment(cast, "完成基础工程")
    with lives.unruled():
        PaymentRequest.objects.filter(pk=request.pk).update(**{field: "某轿车销售公司"})
    request.refresh_from_db()
    (finding,) = findings_in(request, rules_in_force())
    assert finding.words == ["轿车"]
    assert "轿车" in scanned_by_database(request)


def test_several_words_of_several_rules(cast: Cast) -> None:
    text = "装修办公楼并偿还欠款"
    project = make.revise_text(cast, make.draft_project(cast), content=text)
    found = {f.rule.code: list(f.words) for f in findings_in(project, rules_in_force())}
    assert found == {"NL5": ["办公楼", "装修"], "NL6": ["偿还", "欠款"]}


def test_the_plain_texts_of_the_tests_hold_no_word(cast: Cast) -> None:
    assert findings_in(make.draft_project(cast), rules_in_force()) == []


def scanned_by_database(subject: Project | PaymentRequest) -> str:
    """The database looks through the same text as the program."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT projects_scanned_text(%s, %s)", [subject.life(), subject.pk])
        text = str(cursor.fetchone()[0])
    for label, part in texts_of(subject):
        assert label == "工程量" or part in text
    return text


def test_program_and_database_agree_on_who_confirms(db: None) -> None:
    with connection.cursor() as cursor:
        for stage, roles in {**SECOND_PERSON, "endorse": ()}.items():
            cursor.execute("SELECT projects_second_person(%s)", [stage])
            assert cursor.fetchone()[0] == [str(role) for role in roles], stage
    assert set(SCANNED) == {*FIELDS, "work_items"}
