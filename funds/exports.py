"""Sheets that go out: the same rows, filters and totals as the pages they are called from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, QueryDict
from django.utils import timezone

from organizations.models import Division, User

from . import journals, spreadsheets
from .filters import FIGURES, AllotmentFilter, JournalFilter
from .models import Allotment, Entry
from .policies import counties_of, demand_fund_reader
from .queries import Figures, arrivals_by_allotment, figures_by_allotment, figures_by_county_of
from .workbooks import AMOUNT, DATE, WHOLE, Column, Sheet

BATCH = 1000
TOTAL = "合计"

LEDGER = Sheet(
    "总台账",
    (
        Column("序号", "number", format=WHOLE, width=6),
        Column("县（市）", "county", width=16),
        Column("资金名称", "category", width=26),
        Column("级次", "level", width=10),
        Column("上级文号", "document_number", width=24),
        Column("本级文号", "local_document_number", width=22),
        Column("资金年度", "fund_year", format=WHOLE, width=9),
        Column("下达日期", "issued_on", format=DATE, width=12),
        Column("最近到账", "last_on", format=DATE, width=12),
        Column("功能科目", "function_code", width=10),
        Column("支出方向", "direction", width=20),
        Column("整合部门", "department", width=20),
        Column("下达", "issued", format=AMOUNT, width=17),
        Column("到账", "received", format=AMOUNT, width=17),
        Column("分配", "allocated", format=AMOUNT, width=17),
        Column("核拨", "released", format=AMOUNT, width=17),
        Column("支付", "paid", format=AMOUNT, width=17),
        Column("上缴", "returned", format=AMOUNT, width=17),
        Column("专账结余", "balance", format=AMOUNT, width=17),
        Column("登记人", "recorded_by", width=10),
        Column("备注", "note", width=20),
    ),
)
FIGURE_FIELDS = ("issued", "received", "allocated", "released", "paid", "returned", "balance")

JOURNAL = Sheet(
    "专账明细账",
    (
        Column("业务日期", "occurred_on", format=DATE, width=12),
        Column("凭证号", "voucher", width=12),
        Column("凭证种类", "kind", width=10),
        Column("摘要", "memo", width=34),
        Column("来源文号", "document_number", width=24),
        Column("资金类别", "category", width=24),
        Column("项目编号", "earmark_code", width=16),
        Column("项目名称", "earmark_title", width=28),
        Column("收付款单位", "counterparty", width=24),
        Column("收入（增加）", "increase", format=AMOUNT, width=17),
        Column("支出（减少）", "decrease", format=AMOUNT, width=17),
        Column("发生额", "moved", format=AMOUNT, width=17),
        Column("专账余额", "balance", format=AMOUNT, width=17),
        Column("经办人", "by_name", width=10),
        Column("入账时间", "posted_at", width=20),
    ),
)


@dataclass(frozen=True)
class Export:
    """`count` rows of a sheet; more than a page's worth are made by a worker."""

    sheet: Sheet
    heading: str
    count: int
    rows: Callable[[], Iterator[list[Any]]]
    lists: dict[str, list[str]] = field(default_factory=dict)
    is_form: bool = False

    @property
    def file_name(self) -> str:
        return f"{self.heading.replace(' ', '_')}.xlsx"


def ledger_export(params: QueryDict, user: User) -> Export:
    counties = counties_of(user)
    visible = Allotment.objects.visible_to(user).select_related(
        "county", "category", "integrating_department", "recorded_by"
    )
    found = AllotmentFilter(params, queryset=visible, counties=counties).found

    def rows() -> Iterator[list[Any]]:
        number = 0
        for batch in batches(found.iterator(BATCH)):
            for values in _ledger_values(batch):
                number += 1
                yield from spreadsheets.as_rows(LEDGER, [{**values, "number": number}])
        total = sum(figures_by_county_of(found).values(), Figures())
        yield from spreadsheets.as_rows(LEDGER, [{"county": TOTAL, **_figures(total)}])

    return Export(LEDGER, f"扶贫资金总台账 {timezone.localdate()}", found.count(), rows)


def batches(items: Iterator[Any]) -> Iterator[list[Any]]:
    while batch := list(islice(items, BATCH)):
        yield batch


def _ledger_values(allotments: list[Allotment]) -> Iterator[dict[str, Any]]:
    figures, arrivals = figures_by_allotment(allotments), arrivals_by_allotment(allotments)
    for allotment in allotments:
        arrival = arrivals.get(allotment.pk)
        yield {
            **spreadsheets.allotment_values(allotment),
            **_figures(figures[allotment.pk]),
            "county": allotment.county.name,
            "department": str(allotment.integrating_department or ""),
            "last_on": arrival.last_on if arrival else None,
            "recorded_by": str(allotment.recorded_by),
        }


def _figures(figures: Figures) -> dict[str, Any]:
    return {name: getattr(figures, name) for name in FIGURE_FIELDS}


def journal_export(params: QueryDict, user: User) -> Export:
    county = chosen_county(params, counties_of(user))
    funds = AllotmentFilter(
        params, queryset=Allotment.objects.filter(county=county), counties=[county]
    )
    asked = JournalFilter(params)
    if not (asked.is_valid() and funds.form.is_valid()):
        raise ValidationError("筛选条件有误，请回到专账明细账改正后再导出")
    figure = asked.figure_shown
    entries = _journal_entries(county, funds, asked)

    def rows() -> Iterator[list[Any]]:
        ordered = entries.select_related(*journals.SHOWN_WITH).order_by("voucher__sequence", "line")
        for batch in batches(ordered.iterator(BATCH)):
            values = (_journal_values(row) for row in journals.rows_of(batch, figure))
            yield from spreadsheets.as_rows(JOURNAL, values)
        totals = journals.totals_of(entries, figure)
        last = {"memo": TOTAL, "increase": totals.increase, "decrease": totals.decrease}
        yield from spreadsheets.as_rows(JOURNAL, [last])

    label = dict(FIGURES)[figure]
    heading = f"{county.name} 专账明细账（{label}） {timezone.localdate()}"
    return Export(JOURNAL, heading, entries.count(), rows)


def chosen_county(params: QueryDict, counties: list[Division]) -> Division:
    code = params.get("county")
    for county in counties:
        if not code or county.code == code:
            return county
    raise Http404("没有这个县")


def _journal_entries(county: Division, funds: AllotmentFilter, asked: JournalFilter) -> Any:
    """As the page chooses them."""
    entries = journals.entries_of(county)
    if set(funds.asked) - {"county"}:
        entries = entries.filter(source__allotment__in=funds.found.order_by().values("pk"))
    if asked.figure_shown != "all":
        entries = entries.filter(journals.touching(asked.figure_shown))
    return asked.apply(entries)


def _journal_values(row: journals.Row) -> dict[str, Any]:
    entry: Entry = row.entry
    voucher, earmark = entry.voucher, entry.destination.earmark or entry.source.earmark
    return {
        "occurred_on": voucher.occurred_on,
        "voucher": str(voucher),
        "kind": voucher.get_kind_display(),
        "memo": voucher.memo,
        "document_number": entry.source.allotment.document_number,
        "category": entry.source.allotment.category.name,
        "earmark_code": earmark.code if earmark else "",
        "earmark_title": earmark.title if earmark else "",
        "counterparty": voucher.counterparty,
        "increase": row.increase,
        "decrease": row.decrease,
        "moved": row.moved,
        "balance": voucher.balance_after if row.closes_voucher else None,
        "by_name": voucher.by_name,
        "posted_at": f"{timezone.localtime(voucher.posted_at):%Y-%m-%d %H:%M:%S}",
    }


def receipt_sheet(params: QueryDict, user: User) -> Export:
    county = chosen_county(params, counties_of(user))
    found = spreadsheets.receipts_of(county)
    if "blank" in params:
        found = found.none()
    values = spreadsheets.receipt_values
    return sheet_form(spreadsheets.RECEIPTS, county, found, values)


def allotment_sheet(params: QueryDict, user: User) -> Export:
    county = chosen_county(params, counties_of(user))
    found = spreadsheets.allotments_of(county)
    if "blank" in params:
        found = found.none()
    return sheet_form(spreadsheets.ALLOTMENTS, county, found, spreadsheets.allotment_values)


def sheet_form(
    sheet: Sheet, county: Division, found: Any, values: Callable[[Any], dict[str, Any]]
) -> Export:
    return Export(
        sheet,
        f"{county.name} {sheet.title}登记表",
        found.count(),
        lambda: spreadsheets.as_rows(sheet, map(values, found.iterator(BATCH))),
        lists=spreadsheets.lists_of(county),
        is_form=True,
    )


@dataclass(frozen=True)
class Exporter:
    """`demand_reader` raises WrongRole (403) for whoever may not read the sheet's rows."""

    build: Callable[[QueryDict, User], Export]
    demand_reader: Callable[[User], None] = demand_fund_reader


# An app further up adds its own in its jobs.py.
EXPORTS: dict[str, Exporter] = {
    "ledger": Exporter(ledger_export),
    "journal": Exporter(journal_export),
    "receipts": Exporter(receipt_sheet),
    "allotments": Exporter(allotment_sheet),
}


def build_export(name: str, params: QueryDict, user: User) -> Export:
    exporter = EXPORTS[name]
    exporter.demand_reader(user)
    return exporter.build(params, user)
