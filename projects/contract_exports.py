"""合同台账 as a sheet, with the rows and the filter of its page."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from typing import Any

from django.db.models import Sum
from django.http import QueryDict
from django.utils import timezone

from funds.exports import BATCH, TOTAL, Export, batches
from funds.spreadsheets import as_rows
from funds.workbooks import AMOUNT, DATE, WHOLE, Column, Sheet
from organizations.models import User

from .filters import ContractFilter
from .models import Contract
from .payment_caps import ContractRow, contract_rows

CONTRACT = Sheet(
    "合同台账",
    (
        Column("序号", "number", format=WHOLE, width=6),
        Column("乡镇（村）", "division", width=18),
        Column("项目编号", "code", width=18),
        Column("项目名称", "project", width=32),
        Column("合同编号", "contract_number", width=20),
        Column("合同名称", "name", width=32),
        Column("采购内容", "subject", width=9),
        Column("组织方式", "way", width=16),
        Column("未招标的理由", "way_reason", width=28),
        Column("承包（供货）单位", "contractor", width=28),
        Column("统一社会信用代码", "credit_code", width=22),
        Column("开户行", "bank", width=24),
        Column("账号", "account", width=22),
        Column("签订日期", "signed_on", format=DATE, width=12),
        Column("工期起", "starts_on", format=DATE, width=12),
        Column("工期止", "ends_on", format=DATE, width=12),
        Column("监理单位", "supervision", width=24),
        Column("质保金比例（%）", "percent", width=9),
        Column("质保期（月）", "months", format=WHOLE, width=9),
        Column("合同价（元）", "price", format=AMOUNT, width=17),
        Column("质保金（元）", "retention", format=AMOUNT, width=17),
        Column("已申请（元）", "asked", format=AMOUNT, width=17),
        Column("已支付（元）", "paid", format=AMOUNT, width=17),
        Column("状态", "status", width=24),
    ),
)


def contract_export(params: QueryDict, user: User) -> Export:
    found = ContractFilter(params, Contract.objects.visible_to(user), user=user).qs
    shown = found.select_related("division__parent", "project", "way")

    def rows() -> Iterator[list[Any]]:
        number, asked, paid = count(1), Decimal(0), Decimal(0)
        for batch in batches(shown.iterator(BATCH)):
            for row in contract_rows(batch):
                asked, paid = asked + row.asked, paid + row.paid
                yield from as_rows(CONTRACT, [{**contract_values(row), "number": next(number)}])
        price = found.order_by().aggregate(total=Sum("price"))["total"]
        sums = {"price": price, "asked": asked, "paid": paid}
        yield from as_rows(CONTRACT, [{"division": TOTAL, **sums}])

    return Export(CONTRACT, f"合同台账 {timezone.localdate()}", found.count(), rows)


def contract_values(row: ContractRow) -> dict[str, Any]:
    contract = row.contract
    return {
        "division": str(contract.division),
        "code": contract.project.code,
        "project": contract.project.name,
        "contract_number": contract.number,
        "name": contract.name,
        "subject": contract.get_subject_display(),
        "way": str(contract.way),
        "way_reason": contract.way_reason,
        "contractor": contract.contractor_name,
        "credit_code": contract.contractor_code,
        "bank": contract.bank,
        "account": contract.account,
        "signed_on": contract.signed_on,
        "starts_on": contract.starts_on,
        "ends_on": contract.ends_on,
        "supervision": contract.supervision_unit,
        "percent": str(contract.retention_percent),
        "months": contract.retention_months,
        "price": contract.price,
        "retention": contract.retention,
        "asked": row.asked,
        "paid": row.paid,
        "status": f"作废：{contract.cancel_reason}" if contract.cancelled_at else "有效",
    }
