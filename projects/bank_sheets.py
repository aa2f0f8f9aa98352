"""The bank's sheet of executed payments: its columns, and what is wrong with which cell."""

from __future__ import annotations

import re

from django.http import QueryDict
from django.utils import timezone

from approvals.job_runs import Progress
from approvals.models import Job
from funds import cells
from funds.exports import Export, chosen_county, sheet_form
from funds.imports import Checked, parse_rows
from funds.jobs import Importer
from funds.policies import counties_of
from funds.spreadsheets import ID
from funds.workbooks import AMOUNT, DATE, Cell, CellError, Column, Filled, Sheet
from organizations.models import Division, User
from organizations.policies import demand_role

from .bank import MATCHERS, record_lines
from .forms.payment import ACCOUNT, UNION_PAY_CARD
from .models import BankLine


def account(cell: Cell) -> str:
    value = re.sub(r"\s", "", cells.text(40, is_required=True)(cell))
    if UNION_PAY_CARD.fullmatch(value):
        raise CellError("这是个人银行卡号，到户补助请填代发批次号，不登记农户卡号")
    if not ACCOUNT.fullmatch(value):
        raise CellError("账号由 4 至 40 位数字、字母组成")
    return value


BANK = Sheet(
    "银行已付款",
    (
        ID,
        Column("付款日期", "paid_on", cells.day, DATE, 12, note="必填。不晚于今天"),
        Column("收款户名", "payee", cells.text(120, is_required=True), width=30, note="必填"),
        Column("收款账号", "account", account, width=26, note="必填。单元格请用文本格式"),
        Column("金额（元）", "amount", cells.amount, AMOUNT, 18,
               note="必填。大于零，最多两位小数"),
        Column("银行流水号", "reference", cells.text(60, is_required=True), width=24,
               note="必填。同一流水号只能导入一次；单元格请用文本格式"),
        Column("申请编号", "request_number", cells.text(40), width=24,
               note="拨付申请的编号，银行附言中有的请填，没有可空"),
    ),
    ("银行已付款清单：银行已执行的付款，每笔一行。导入后与待支付、已支付的拨付申请核对。",),
)  # fmt: skip


def check_bank(filled: Filled, county: Division) -> Checked:
    checked = parse_rows(filled, BANK, lambda _pk: None, "")
    references = {facts["reference"] for _row, facts in checked.new}
    there = BankLine.objects.filter(county=county, reference__in=references)
    known = set(there.values_list("reference", flat=True))
    seen: dict[str, int] = {}
    for row, facts in checked.new:
        reference = facts["reference"]
        if facts["paid_on"] > timezone.localdate():
            checked.refuse(row, "paid_on", f"付款日期在今天（{timezone.localdate()}）之后")
        if reference in known:
            checked.refuse(row, "reference", "这一流水号已导入过")
        elif reference in seen:
            checked.refuse(row, "reference", f"与第 {seen[reference]} 行重复")
        seen.setdefault(reference, row.number)
    return checked


IMPORTER = Importer(BANK, check_bank, ("核对", "bank_line_list"), "bank_import", MATCHERS)
FIELDS = tuple(column.field for column in BANK.columns if column.field != "id")


def write_lines(job: Job, checked: Checked, county: Division, progress: Progress) -> None:
    rows = ({name: facts[name] for name in FIELDS} for _row, facts in checked.new)
    record_lines(county=county, by=job.owner, rows=rows)
    progress(len(checked.new), len(checked.new))


def demand_matcher(user: User) -> None:
    demand_role(user, MATCHERS)


def blank_sheet(params: QueryDict, user: User) -> Export:
    county = chosen_county(params, counties_of(user))
    return sheet_form(BANK, county, BankLine.objects.none(), lambda line: {})
