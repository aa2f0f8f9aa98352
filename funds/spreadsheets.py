"""The county's sheets: 指标下达 and 到账 go out and come back, 总台账 and 专账明细账 go out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from organizations.models import Division, Organization
from organizations.models.divisions import under

from . import cells
from .models import Allotment, FundCategory, FundLevel, Voucher
from .workbooks import AMOUNT, DATE, WHOLE, Cell, Column, Sheet

LEVELS = tuple(str(label) for label in FundLevel.labels)
ID = Column(
    "系统编号", "id", cells.row_id, is_locked=True, is_hidden=True,
    note="系统填写，请勿改动。有编号的行已经登记，再次导入时跳过",
)  # fmt: skip
UNCHANGED = "本表由系统导出后可在末尾继续添行再导入：已登记的行原样保留或删去均可，不会重复登记。"
PROTECTED = (
    "表头已加保护（无密码），防止误改；行和列的内容可以自由填写。单元格里请填数值，不要填公式。"
)

RECEIPTS = Sheet(
    "到账",
    (
        ID,
        Column("上级文号", "document_number", cells.document_number, width=24,
               note="必填。须是已登记的指标文号，括号写法不限"),
        Column("级次", "level", cells.one_of(LEVELS, is_required=False), width=12,
               choices="levels", note="同一文号下有几笔指标时必填"),
        Column("资金类别", "category", cells.text(80), width=26, choices="categories",
               note="同一文号下有几笔指标时必填"),
        Column("到账日期", "occurred_on", cells.day, DATE, 12,
               note="必填。不晚于今天，不在已结账的月份"),
        Column("金额（元）", "amount", cells.amount, AMOUNT, 18,
               note="必填。大于零，最多两位小数；不能超过该指标尚未到账的金额"),
        Column("来源单位", "payer", cells.free_text(120), width=26),
        Column("回单号", "document", cells.text(80, is_required=True), width=20,
               note="必填。同一指标下同一回单号、同一金额只能登记一次；单元格请用文本格式"),
        Column("摘要", "memo", cells.free_text(200), width=36),
    ),
    ("到账登记表：收到一笔资金进一笔，每笔一行。", UNCHANGED, PROTECTED),
)  # fmt: skip

ALLOTMENTS = Sheet(
    "指标下达",
    (
        ID,
        Column("上级文号", "document_number", cells.document_number, width=24, note="必填"),
        Column("本级文号", "local_document_number", cells.text(60), width=22),
        Column("级次", "level", cells.one_of(LEVELS), width=12, choices="levels", note="必填"),
        Column("资金类别", "category", cells.text(80, is_required=True), width=26,
               choices="categories", note="必填。按下达日期有效的类别"),
        Column("资金年度", "fund_year", cells.year, WHOLE, 10,
               note="必填。预算年度，可与下达年份不同"),
        Column("下达日期", "issued_on", cells.day, DATE, 12, note="必填"),
        Column("下达金额（元）", "amount", cells.amount, AMOUNT, 18,
               note="必填。大于零，最多两位小数"),
        Column("统筹整合", "is_integrated", cells.yes_or_no, width=10, choices="yes_or_no",
               note="是或否，空白为否"),
        Column("资金整合部门", "integrating_department", cells.text(80), width=24,
               choices="departments", note="统筹整合资金必填，须是本县已登记的单位"),
        Column("资金使用单位", "using_unit", cells.text(80), width=24),
        Column("功能科目", "function_code", cells.text(7), width=12),
        Column("支出方向", "direction", cells.free_text(120), width=24),
        Column("备注", "note", cells.free_text(200), width=24),
    ),
    ("指标下达登记表：每个上级文号、级次、资金类别一行。", UNCHANGED, PROTECTED),
)  # fmt: skip


def lists_of(county: Division) -> dict[str, list[str]]:
    """What the drop-downs of the county's sheets offer."""
    return {
        "levels": list(LEVELS),
        "categories": list(FundCategory.objects.in_force().values_list("name", flat=True)),
        "departments": list(departments_of(county).values_list("name", flat=True)),
        "yes_or_no": ["是", "否"],
    }


def departments_of(county: Division) -> Any:
    own = Organization.objects.filter(under("division__path", [county.path]), is_active=True)
    return own.filter(division__level="county").order_by("name")


def receipts_of(county: Division) -> Any:
    return (
        Voucher.objects.filter(county=county, kind=Voucher.Kind.RECEIVE)
        .prefetch_related("entries__source__allotment__category")
        .order_by("sequence")
    )


def receipt_values(voucher: Voucher) -> dict[str, Any]:
    allotment = voucher.entries.all()[0].source.allotment
    return {
        "id": str(voucher.pk),
        "document_number": allotment.document_number,
        "level": allotment.get_level_display(),
        "category": allotment.category.name,
        "occurred_on": voucher.occurred_on,
        "amount": voucher.total,
        "payer": voucher.counterparty,
        "document": voucher.document,
        "memo": voucher.memo,
    }


def allotments_of(county: Division) -> Any:
    return (
        Allotment.objects.filter(county=county)
        .select_related("category", "integrating_department")
        .order_by("pk")
    )


def allotment_values(allotment: Allotment) -> dict[str, Any]:
    department = allotment.integrating_department
    return {
        "id": str(allotment.pk),
        "document_number": allotment.document_number,
        "local_document_number": allotment.local_document_number,
        "level": allotment.get_level_display(),
        "category": allotment.category.name,
        "fund_year": allotment.fund_year,
        "issued_on": allotment.issued_on,
        "amount": allotment.amount,
        "is_integrated": "是" if allotment.is_integrated else "否",
        "integrating_department": department.name if department else "",
        "using_unit": allotment.using_unit,
        "function_code": allotment.function_code,
        "direction": allotment.direction,
        "note": allotment.note,
    }


def as_rows(sheet: Sheet, values: Iterable[Mapping[str, Any]]) -> Iterator[list[Any]]:
    for value in values:
        yield [value.get(column.field) for column in sheet.columns]


def number_or_text(cell: Cell) -> Decimal | str:
    return Decimal(cell.text) if cell.kind == "n" else cell.text
