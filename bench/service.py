"""What a client does through the whole Python service."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

from django.apps import apps
from django.db import OperationalError, connections

ROLES = {"treasury_clerk": "许月白", "finance_clerk": "朱砚清"}


def pay(requests: list[int]) -> Counter[str]:
    """One payment after another: decision, status, history, voucher, entries, copies."""
    from approvals.workflow import workflow_of  # noqa: PLC0415 - needs django.setup()
    from organizations.policies import Refused  # noqa: PLC0415

    model = apps.get_model("projects", "PaymentRequest")
    user = apps.get_model("organizations", "User").objects.get(real_name=ROLES["treasury_clerk"])
    counted: Counter[str] = Counter()
    found = model.objects.in_bulk(requests)
    for number in requests:
        try:
            request = found[number]
            workflow_of(request).perform(request, "pay", by=user)
            counted["成功"] += 1
        except Refused as refused:
            counted[getattr(refused, "code", "") or type(refused).__name__] += 1
        except OperationalError as error:
            counted[getattr(error.__cause__, "sqlstate", "") or "OperationalError"] += 1
    return counted


def pay_in_threads(requests: list[int], threads: int) -> Counter[str]:
    """The same with several connections in one process."""

    def share(first: int) -> Counter[str]:
        try:
            return pay(requests[first::threads])
        finally:
            connections["default"].close()

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(share, range(threads)), Counter())


def receive(numbers: list[int], allotment: int) -> Counter[str]:
    """The posting function alone, called from Django: receipts of one yuan."""
    from django.utils import timezone  # noqa: PLC0415

    from funds.services import record_receipt  # noqa: PLC0415

    tag = apps.get_model("funds", "Allotment").objects.select_related("county").get(pk=allotment)
    user = apps.get_model("organizations", "User").objects.get(real_name=ROLES["finance_clerk"])
    for number in numbers:
        record_receipt(
            allotment=tag,
            amount=Decimal(1),
            occurred_on=timezone.localdate(),
            memo="测量",
            key=f"bench-receipt-{number}",
            by=user,
        )
    return Counter({"成功": len(numbers)})
