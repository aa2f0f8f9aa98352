"""From a sheet that came back to rows that may be written: every rule is asked, every wrong
cell is named, and nothing is written here but by the services."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils import timezone

from organizations.models import Division

from . import spreadsheets
from .models import Account, Allotment, Book, FundCategory, FundLevel, Voucher
from .money import format_yuan
from .workbook_writer import as_text
from .workbooks import CellError, Column, Filled, Problem, Row, Sheet, marked, refuse_formulas

LEVEL_CODES = {str(label): code for code, label in FundLevel.choices}
New = tuple[Row, dict[str, Any]]


@dataclass
class Checked:
    """What the sheet asks for: `new` rows with their facts, `known` rows that are there already."""

    filled: Filled
    new: list[New] = field(default_factory=list)
    known: int = 0
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, row: Row, name: str, reason: str) -> None:
        self.problems.append(self.filled.problem(row, name, reason))

    @property
    def total(self) -> Decimal:
        return sum((facts["amount"] for _row, facts in self.new), Decimal(0))

    @property
    def marks(self) -> dict[tuple[int, str], str]:
        return marked(self.problems)


def check_receipts(filled: Filled, county: Division) -> Checked:
    rows = spreadsheets.receipts_of(county).filter(pk__in=_ids(filled))
    there = {voucher.pk: voucher for voucher in rows.iterator(2000)}
    checked = parse_rows(
        filled,
        spreadsheets.RECEIPTS,
        lambda pk: spreadsheets.receipt_values(there[pk]) if pk in there else None,
        "这一笔已入账，不能用导入修改；确有错误请用红字冲销后重新登记",
    )
    _find_allotments(checked, county)
    _check_days(checked, county)
    _refuse_repeated_receipts(checked, county)
    _refuse_above_allotment(checked)
    return checked


def check_allotments(filled: Filled, county: Division) -> Checked:
    there = {a.pk: a for a in spreadsheets.allotments_of(county)}
    checked = parse_rows(
        filled,
        spreadsheets.ALLOTMENTS,
        lambda pk: spreadsheets.allotment_values(there[pk]) if pk in there else None,
        "这一笔指标已登记，不能用导入修改；请在指标页面更正",
    )
    _find_references(checked, county)
    _refuse_repeated_allotments(checked, county)
    return checked


def _ids(filled: Filled) -> set[int]:
    texts = {row.cell("id").text.strip() for row in filled.rows}
    return {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19}


def parse_rows(
    filled: Filled,
    sheet: Sheet,
    existing: Callable[[int], Mapping[str, Any] | None],
    unchangeable: str,
) -> Checked:
    """Cells become values; rows that carry an id are compared with what is there."""
    checked = Checked(filled, problems=[*filled.problems, *refuse_formulas(filled)])
    seen: set[int] = set()
    for row in filled.rows:
        try:
            pk = sheet.column("id").parse(row.cell("id"))  # type: ignore[misc]
        except CellError as error:
            checked.refuse(row, "id", str(error))
            continue
        if pk is None:
            _add_new(checked, sheet, row)
            continue
        values = existing(pk)
        if values is None or pk in seen:
            checked.refuse(row, "id", "系统编号不是本县这张表里的行，或出现了两次；新的行请留空")
            continue
        seen.add(pk)
        checked.known += 1
        for column in sheet.columns:
            if column.field in filled.letters and not _is_same(column, row, values):
                checked.refuse(row, column.field, unchangeable)
    return checked


def _add_new(checked: Checked, sheet: Sheet, row: Row) -> None:
    facts: dict[str, Any] = {}
    for column in sheet.columns:
        cell = row.cell(column.field)
        if column.parse is None or column.field == "id" or cell.kind in ("f", "e"):
            continue
        try:
            facts[column.field] = column.parse(cell)
        except CellError as error:
            checked.refuse(row, column.field, str(error))
    if len(facts) == len(sheet.columns) - 1:
        facts["document_text"] = row.cell("document_number").text.strip()
        checked.new.append((row, facts))


def _is_same(column: Column, row: Row, values: Mapping[str, Any]) -> bool:
    """Loosely: what was there may be older than the rules for new cells."""
    before, cell = values[column.field], row.cell(column.field)
    if column.field == "id":
        return True
    try:
        now = column.parse(cell) if column.parse else cell.text
    except CellError:
        now = cell.text.strip()
    if isinstance(now, bool):
        now = "是" if now else "否"
    return now == before or (
        isinstance(before, str) and cell.text.strip() == as_text(before).strip()
    )


def _find_allotments(checked: Checked, county: Division) -> None:
    by_number: dict[str, list[Allotment]] = defaultdict(list)
    for allotment in spreadsheets.allotments_of(county):
        by_number[allotment.document_number].append(allotment)
    found = []
    for row, facts in checked.new:
        level, category = facts["level"], facts["category"]
        same = [
            allotment
            for allotment in by_number[facts["document_number"]]
            if level in ("", allotment.get_level_display())
            and category in ("", allotment.category.name)
        ]
        if len(same) == 1:
            found.append((row, {**facts, "allotment": same[0]}))
        elif same:
            checked.refuse(row, "document_number", "这一文号下有几笔指标，请填明级次和资金类别")
        else:
            checked.refuse(
                row,
                "document_number",
                "本县没有登记这一指标（文号、级次、资金类别），请先登记指标下达",
            )
    checked.new = found


def _check_days(checked: Checked, county: Division) -> None:
    today = timezone.localdate()
    closed = Book.objects.filter(county=county).values_list("closed_through", flat=True).first()
    for row, facts in checked.new:
        if facts["occurred_on"] > today:
            checked.refuse(row, "occurred_on", f"到账日期在今天（{today}）之后")
        elif facts["occurred_on"].year < 2000:
            checked.refuse(row, "occurred_on", "到账日期太早")
        elif closed and facts["occurred_on"] <= closed:
            checked.refuse(
                row,
                "occurred_on",
                f"{closed:%Y年%m月}及以前已结账，请记入以后的月份，或由财政局负责人反结账",
            )


def _refuse_repeated_receipts(checked: Checked, county: Division) -> None:
    posted = {
        (values["document"], values["amount"], allotment): str(voucher)
        for voucher, values, allotment in _standing_receipts(checked, county)
    }
    seen: dict[tuple[str, Decimal, int], int] = {}
    for row, facts in checked.new:
        same = (facts["document"], facts["amount"], facts["allotment"].pk)
        if same in posted:
            checked.refuse(row, "document", f"这一回单已入账（凭证 {posted[same]}）")
        elif same in seen:
            checked.refuse(row, "document", f"与第 {seen[same]} 行重复：同一指标、回单号和金额")
        seen.setdefault(same, row.number)


def _standing_receipts(checked: Checked, county: Division) -> Any:
    documents = {facts["document"] for _row, facts in checked.new}
    standing = spreadsheets.receipts_of(county).filter(
        document__in=documents, reversal__isnull=True
    )
    for voucher in standing.iterator(2000):
        yield voucher, spreadsheets.receipt_values(voucher), _allotment_id(voucher)


def _allotment_id(voucher: Voucher) -> int:
    return voucher.entries.all()[0].source.allotment_id


def _refuse_above_allotment(checked: Checked) -> None:
    received = {
        account.allotment_id: -account.balance
        for account in Account.objects.filter(
            kind=Account.Kind.OUTSIDE,
            allotment_id__in={facts["allotment"].pk for _row, facts in checked.new},
        )
    }
    left: dict[int, Decimal] = {}
    for row, facts in checked.new:
        allotment = facts["allotment"]
        free = left.get(allotment.pk, allotment.amount - received.get(allotment.pk, Decimal(0)))
        if facts["amount"] > free:
            checked.refuse(
                row,
                "amount",
                f"超过指标：{allotment.document_number} 尚未到账 {format_yuan(free)} 元，"
                f"本行 {format_yuan(facts['amount'])} 元，"
                f"差 {format_yuan(facts['amount'] - free)} 元",
            )
        else:
            left[allotment.pk] = free - facts["amount"]


def _find_references(checked: Checked, county: Division) -> None:
    categories = list(FundCategory.objects.all())
    departments = {unit.name: unit for unit in spreadsheets.departments_of(county)}
    for row, facts in checked.new:
        name, day = facts["category"], facts["issued_on"]
        facts["category"] = next(
            (c for c in categories if c.name == name and c.valid_from <= day
             and (c.valid_until is None or day <= c.valid_until)), None,
        )  # fmt: skip
        if facts["category"] is None:
            checked.refuse(row, "category", f"{day} 没有“{name}”这一资金类别")
        name = facts["integrating_department"]
        facts["integrating_department"] = departments.get(name)
        if name and name not in departments:
            checked.refuse(row, "integrating_department", f"本县没有登记“{name}”这个单位")
        elif facts["is_integrated"] and not name:
            checked.refuse(row, "integrating_department", "统筹整合资金须写明资金整合部门")
        facts["level"] = LEVEL_CODES[facts["level"]]
        if facts["function_code"] and not facts["function_code"].isdigit():
            checked.refuse(row, "function_code", "功能科目是 3 至 7 位数字")


def _refuse_repeated_allotments(checked: Checked, county: Division) -> None:
    there = {
        (a.document_number, a.level, a.category_id) for a in spreadsheets.allotments_of(county)
    }
    seen: dict[tuple[str, str, int], int] = {}
    for row, facts in checked.new:
        if facts["category"] is None:
            continue
        same = (facts["document_number"], facts["level"], facts["category"].pk)
        if same in there:
            checked.refuse(row, "document_number", "这一文号、级次、资金类别已登记过")
        elif same in seen:
            checked.refuse(
                row, "document_number", f"与第 {seen[same]} 行重复：同一文号、级次、类别"
            )
        seen.setdefault(same, row.number)
