"""The four tables as people see them: the same columns on the page, on paper and in the workbook.

The figures come from a version's content, in which amounts are text.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

TEXT, AMOUNT, PERCENT, COUNT, DATE = "text", "amount", "percent", "count", "date"
CODE = "code"  # text that is read as one word: 文号, 编号
Row = Mapping[str, Any]
NUMERIC = (AMOUNT, PERCENT, COUNT)
TELLS = ("document", "name", "label")  # what a row is about


@dataclass(frozen=True)
class Column:
    """`heads` are one or two lines of the head; equal first lines that touch are merged.
    `figure` is the account page on which an amount can be added up again."""

    heads: tuple[str, ...]
    field: str
    kind: str = TEXT
    figure: str = ""
    is_month: bool = False
    width: int = 14

    @property
    def is_number(self) -> bool:
        return self.kind in NUMERIC


@dataclass(frozen=True)
class Cell:
    kind: str
    value: Any
    url: str = ""
    tells: bool = False

    @property
    def is_number(self) -> bool:
        return self.kind in NUMERIC


@dataclass(frozen=True)
class Head:
    label: str
    columns: int
    lines: int
    is_number: bool


@dataclass(frozen=True)
class Table:
    key: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    total: Row | None = None
    total_label: str = "合计"
    url_of: Callable[[Row, Column], str] = field(default=lambda row, column: "")

    def shown(self) -> Iterator[list[Cell]]:
        for number, row in enumerate(self.rows, start=1):
            yield self.cells({"no": number, **row})

    def values(self) -> Iterator[list[Any]]:
        """The same without what they lead to."""
        read_by = [(column.field, column.kind) for column in self.columns]
        for number, row in enumerate(self.rows, start=1):
            numbered = {"no": number, **row}
            yield [read(numbered.get(field), kind) for field, kind in read_by]

    def last(self) -> list[Cell]:
        if self.total is None:
            return []
        return self.cells({**self.total, self.columns[1].field: self.total_label})

    def cells(self, row: Row) -> list[Cell]:
        return [
            Cell(
                column.kind,
                read(row.get(column.field), column.kind),
                self.url_of(row, column),
                column.field in TELLS,
            )
            for column in self.columns
        ]

    def first_heads(self) -> list[Head]:
        found = []
        for label, columns in groupby(self.columns, key=lambda column: column.heads[0]):
            under = list(columns)
            lines = 1 if len(under[0].heads) > 1 or not self.has_two_lines else 2
            found.append(Head(label, len(under), lines, under[0].is_number))
        return found

    def second_heads(self) -> list[Head]:
        return [Head(c.heads[1], 1, 1, c.is_number) for c in self.columns if len(c.heads) > 1]

    @property
    def has_two_lines(self) -> bool:
        return any(len(column.heads) > 1 for column in self.columns)


def read(value: Any, kind: str) -> Any:
    if value is None or value == "":
        return None
    if kind == TEXT:
        return value
    if kind in (AMOUNT, PERCENT):
        return Decimal(value)
    if kind == DATE:
        return dt.date.fromisoformat(value)
    return value


NO = Column(("序号",), "no", COUNT, width=6)
MONEY = (
    Column(("到位资金", "本月"), "received_month", AMOUNT, "received", True, 17),
    Column(("到位资金", "累计"), "received", AMOUNT, "received", width=17),
    Column(("已分配到项目", "金额"), "allocated", AMOUNT, "allocated", width=17),
    Column(("已分配到项目", "分配率%"), "allocated_rate", PERCENT, width=9),
    Column(("核拨", "本月"), "released_month", AMOUNT, "released", True, 17),
    Column(("核拨", "累计"), "released", AMOUNT, "released", width=17),
    Column(("核拨", "核拨率%"), "released_rate", PERCENT, width=9),
    Column(("支付", "本月"), "paid_month", AMOUNT, "paid", True, 17),
    Column(("支付", "累计"), "paid", AMOUNT, "paid", width=17),
    Column(("支付", "支付率%"), "paid_rate", PERCENT, width=9),
    Column(("未支付", "核拨未支付"), "parked", AMOUNT, width=17),
    Column(("未支付", "其中未到期质保金"), "retention", AMOUNT, width=17),
    Column(("未支付", "结转"), "carried", AMOUNT, width=17),
    Column(("未支付", "结余"), "surplus", AMOUNT, width=17),
)
FUNDS = (
    NO,
    Column(("资金名称",), "category_name", width=26),
    Column(("级次",), "level_name", width=10),
    Column(("文号",), "document", CODE, width=24),
    Column(("年度",), "fund_year", COUNT, width=8),
    Column(("下达日期",), "issued_on", DATE, width=12),
    Column(("下达资金",), "issued", AMOUNT, width=17),
    *MONEY,
)
GROUPS = (
    NO,
    Column(("资金类别",), "category_name", width=26),
    Column(("级次",), "level_name", width=10),
    Column(("下达资金",), "issued", AMOUNT, width=17),
    *MONEY,
)
PROJECTS = (
    NO,
    Column(("项目名称",), "name", width=30),
    Column(("项目编号",), "code", CODE, width=18),
    Column(("类型",), "type_name", width=14),
    Column(("地点",), "place", width=14),
    Column(("主管部门",), "department", width=20),
    Column(("实施单位",), "unit", width=20),
    Column(("责任人",), "owner", width=10),
    Column(("投资", "计划投资"), "planned_investment", AMOUNT, width=17),
    Column(("投资", "完成投资"), "invested", AMOUNT, width=17),
    Column(("形象进度%",), "percent", COUNT, width=9),
    Column(("进度", "开工"), "started_on", DATE, width=12),
    Column(("进度", "完工"), "completed_on", DATE, width=12),
    Column(("进度", "验收"), "accepted_on", DATE, width=12),
    Column(("进度", "决算审定"), "audited_on", DATE, width=12),
    Column(("资金", "安排"), "allocated", AMOUNT, "allocated", width=17),
    Column(("资金", "累计核拨"), "released", AMOUNT, "released", width=17),
    Column(("资金", "本月支付"), "paid_month", AMOUNT, "paid", True, 17),
    Column(("资金", "累计支付"), "paid", AMOUNT, "paid", width=17),
    Column(("资金", "支付率%"), "paid_rate", PERCENT, width=9),
    Column(("资金", "未到期质保金"), "retention", AMOUNT, width=17),
    Column(("资金", "结余"), "surplus", AMOUNT, width=17),
    Column(("受益", "户"), "households", COUNT, width=8),
    Column(("受益", "人"), "people", COUNT, width=8),
    Column(("进展和问题",), "note", width=30),
)
COUNTS = (
    Column(("项目个数", "安排"), "projects", COUNT, width=8),
    Column(("项目个数", "开工"), "started", COUNT, width=8),
    Column(("项目个数", "完工"), "completed", COUNT, width=8),
    Column(("项目个数", "验收"), "accepted", COUNT, width=8),
    Column(("进度率%", "开工率"), "start_rate", PERCENT, width=9),
    Column(("进度率%", "完工率"), "completion_rate", PERCENT, width=9),
    Column(("进度率%", "验收率"), "acceptance_rate", PERCENT, width=9),
    Column(("投资", "计划投资"), "planned_investment", AMOUNT, width=17),
    Column(("投资", "完成投资"), "invested", AMOUNT, width=17),
    Column(("投资", "完成率%"), "invested_rate", PERCENT, width=9),
)
BENEFIT = (
    Column(("受益", "户次"), "households", COUNT, width=9),
    Column(("受益", "人次"), "people", COUNT, width=9),
)
GROUP_MONEY = (
    Column(("资金", "到位（安排到项目）"), "allocated", AMOUNT, width=17),
    Column(("资金", "核拨"), "released", AMOUNT, width=17),
    Column(("资金", "支付"), "paid", AMOUNT, width=17),
    Column(("资金率%", "核拨率"), "released_rate", PERCENT, width=9),
    Column(("资金率%", "支付率"), "paid_rate", PERCENT, width=9),
)
UNIT_MONEY = (
    Column(("资金", "到位"), "received", AMOUNT, width=17),
    Column(("资金", "分配"), "allocated", AMOUNT, width=17),
    Column(("资金", "核拨"), "released", AMOUNT, width=17),
    Column(("资金", "支付"), "paid", AMOUNT, width=17),
    Column(("资金率%", "分配率"), "allocated_rate", PERCENT, width=9),
    Column(("资金率%", "核拨率"), "released_rate", PERCENT, width=9),
    Column(("资金率%", "支付率"), "paid_rate", PERCENT, width=9),
    Column(("未支付", "核拨未支付"), "parked", AMOUNT, width=17),
    Column(("未支付", "未到期质保金"), "retention", AMOUNT, width=17),
)


def group_columns(label: str) -> tuple[Column, ...]:
    return (NO, Column((label,), "name", width=20), *COUNTS, *GROUP_MONEY, *BENEFIT)


UNITS = (NO, Column(("单位",), "name", width=20), *COUNTS, *UNIT_MONEY, *BENEFIT)


def tables_of(figures: Row) -> list[Table]:
    """Of a county's return; the amounts lead to the vouchers that they are made of."""
    total, links = figures["total"], Links(figures)
    unit = {"name": figures["unit"]["name"], **total}
    whole = project_total(total)
    return [
        Table("funds", "表一 资金支出进度月报表", FUNDS, figures["funds"], total,
              url_of=links.fund),
        Table("fund_groups", "表一（汇总） 按资金类别和级次", GROUPS, figures["fund_groups"],
              total),
        Table("projects", "表二 项目实施进度月报表", PROJECTS, figures["projects"], whole,
              url_of=links.project),
        Table("types", "表三 分类汇总（按项目类型）", group_columns("项目类型"),
              figures["types"], whole),
        Table("townships", "表三 分类汇总（按乡镇）", group_columns("乡镇"),
              figures["townships"], whole),
        Table("total", "表四 上报汇总", UNITS, [unit]),
    ]  # fmt: skip


def project_total(total: Row) -> Row:
    """Over projects: the rates of money are over what was allocated to them."""
    return {
        **total,
        "surplus": total["project_surplus"],
        "paid_rate": total["project_paid_rate"],
        "released_rate": total["project_released_rate"],
    }


@dataclass(frozen=True)
class Links:
    """From a figure to what it is made of."""

    figures: Row

    def fund(self, row: Row, column: Column) -> str:
        if column.field == "document" and "id" in row:
            return reverse("trace", args=("allotment", row["id"]))
        return self.journal(column, allotment=row["id"]) if "id" in row else ""

    def project(self, row: Row, column: Column) -> str:
        if "earmark" not in row:
            return ""
        if column.field == "name":
            return reverse("project_detail", args=(row["id"],))
        return self.journal(column, earmark=row["earmark"])

    def journal(self, column: Column, **of: int) -> str:
        if not column.figure:
            return ""
        when = (
            {"month": self.figures["period"]}
            if column.is_month
            else {"until": self.figures["cutoff"]}
        )
        query = {"county": self.figures["unit"]["code"], "figure": column.figure, **when, **of}
        return f"{reverse('journal')}?{urlencode(query)}"


def roll_up_tables(figures: Row) -> list[Table]:
    """表四 with a row for each unit, 未报 where it has not reported; then the sums."""
    units = [
        {"name": unit["name"], **unit["total"]}
        if unit["reported"]
        else {"name": f"{unit['name']}（未报）"}
        for unit in figures["units"]
    ]
    missing = len(figures["missing"])
    label = f"合计（已报 {len(units) - missing} 个，未报 {missing} 个）"
    total = figures["total"]
    return [
        Table("units", "表四 上报汇总", UNITS, units, total, label),
        Table("fund_groups", "资金按类别和级次", GROUPS, figures["fund_groups"], total),
        Table("types", "项目按类型", group_columns("项目类型"), figures["types"], {
            **total,
            "paid_rate": total["project_paid_rate"],
            "released_rate": total["project_released_rate"],
        }),
    ]  # fmt: skip


BULLETIN = (
    NO,
    Column(("县（市）",), "name", width=20),
    Column(("资金类别",), "category_name", width=26),
    Column(("级次",), "level_name", width=10),
    *UNIT_MONEY,
)


COMPARED = (
    Column(("指标",), "label", width=20),
    Column(("上月末",), "before", AMOUNT),
    Column(("本月末",), "now", AMOUNT),
    Column(("本月增加",), "more", AMOUNT),
)
COMPARED_RATES = (
    Column(("指标",), "label", width=20),
    Column(("上月末%",), "before", PERCENT),
    Column(("本月末%",), "now", PERCENT),
    Column(("相差（百分点）",), "more", PERCENT),
)
AMOUNTS_COMPARED = (
    ("received", "到位资金"), ("allocated", "已分配到项目"), ("released", "核拨"),
    ("paid", "支付"), ("invested", "完成投资"), ("parked", "核拨未支付"), ("carried", "结转"),
    ("surplus", "结余"),
)  # fmt: skip
RATES_COMPARED = (
    ("allocated_rate", "分配率"), ("released_rate", "核拨率"), ("paid_rate", "支付率"),
    ("start_rate", "开工率"), ("completion_rate", "完工率"), ("acceptance_rate", "验收率"),
)  # fmt: skip


def compared(before: Row, now: Row) -> list[Table]:
    """Two totals of 表四, the month's beside what was sealed for the month before."""
    return [
        Table("amounts", "与上月比：资金", COMPARED, compared_rows(AMOUNTS_COMPARED, before, now)),
        Table(
            "rates", "与上月比：各率", COMPARED_RATES, compared_rows(RATES_COMPARED, before, now)
        ),
    ]


def compared_rows(names: Sequence[tuple[str, str]], before: Row, now: Row) -> list[dict[str, Any]]:
    found = []
    for name, label in names:
        was, is_ = before.get(name), now.get(name)
        more = None if was is None or is_ is None else Decimal(is_) - Decimal(was)
        found.append({"label": label, "before": was, "now": is_, "more": more})
    return found
