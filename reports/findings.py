"""What the checks of figures and books find. Each answers a line for whatever is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils import timezone

from funds.models import Book, Voucher
from funds.money import format_yuan
from funds.verification import verify_county
from organizations.models import Division
from projects.models import BankLine

from .differences import changed_tables
from .models import MonthlyReturn, ReturnVersion, Scope
from .periods import last_day_of, month_before
from .reconciliation import differences
from .services import made_again

Row = Mapping[str, Any]
SHOWN = 5  # of one check; the count is always of all
WORDS = {
    "received": "到位", "allocated": "分配", "released": "核拨", "paid": "支付",
    "planned_investment": "计划投资", "invested": "完成投资",
}  # fmt: skip


@dataclass
class Look:
    """A version and what it is compared with, each read once."""

    version: ReturnVersion

    @property
    def monthly(self) -> MonthlyReturn:
        assert self.version.monthly
        return self.version.monthly

    @property
    def county(self) -> Division:
        return self.monthly.division

    @cached_property
    def figures(self) -> dict[str, Any]:
        return self.version.figures

    @cached_property
    def before(self) -> ReturnVersion | None:
        """The last sealed version of the month before."""
        sealed = ReturnVersion.objects.filter(
            monthly__division=self.county,
            monthly__first_day=month_before(self.monthly.first_day),
            sealed_at__isnull=False,
        )
        return sealed.order_by("-number").first()

    @cached_property
    def corrected(self) -> ReturnVersion | None:
        """What this version corrects."""
        earlier = self.monthly.versions.filter(number__lt=self.version.number)
        found: ReturnVersion | None = earlier.order_by("-number").first()
        return found


def of(row: Row, name: str) -> Decimal:
    return Decimal(row[name])


def more_than(rows: Iterable[Row], name: str, less: str, greater: str) -> Iterator[str]:
    """Where what should be less is more."""
    for row in rows:
        if of(row, less) > of(row, greater):
            yield f"{row[name]}：{format_yuan(of(row, less))} 大于 {format_yuan(of(row, greater))}"


def received_over_issued(look: Look) -> Iterator[str]:
    yield from more_than(look.figures["funds"], "document", "received", "issued")


def allocated_over_received(look: Look) -> Iterator[str]:
    yield from more_than(look.figures["funds"], "document", "allocated", "received")


def released_over_allocated(look: Look) -> Iterator[str]:
    yield from more_than(look.figures["funds"], "document", "released", "allocated")


def paid_over_released(look: Look) -> Iterator[str]:
    yield from more_than(look.figures["funds"], "document", "paid", "released")


def project_money(look: Look) -> Iterator[str]:
    yield from more_than(look.figures["projects"], "name", "released", "allocated")
    yield from more_than(look.figures["projects"], "name", "paid", "released")


def retention_over_unpaid(look: Look) -> Iterator[str]:
    for row in look.figures["projects"]:
        if of(row, "retention") > of(row, "allocated") - of(row, "paid"):
            yield f"{row['name']}：质保金 {format_yuan(of(row, 'retention'))} 多于未支付资金"


def negative_rest(look: Look) -> Iterator[str]:
    for row in look.figures["funds"]:
        if min(of(row, "carried"), of(row, "surplus"), of(row, "pool")) < 0:
            yield f"{row['document']}：结转、结余或池内余额为负"


def counts_disorder(look: Look) -> Iterator[str]:
    for row in look.figures["projects"]:
        if row["completed_on"] and not row["started_on"]:
            yield f"{row['name']}：已完工而没有开工日期"
    total = look.figures["total"]
    if not total["completed"] <= total["started"] <= total["projects"]:
        yield f"完工 {total['completed']}、开工 {total['started']}、项目 {total['projects']}"


def accepted_over_completed(look: Look) -> Iterator[str]:
    for row in look.figures["projects"]:
        if row["accepted_on"] and not row["completed_on"]:
            yield f"{row['name']}：已验收而没有完工日期"


def dates_disorder(look: Look) -> Iterator[str]:
    for row in look.figures["projects"]:
        days = [row[name] for name in ("started_on", "completed_on", "accepted_on") if row[name]]
        if days != sorted(days):
            yield f"{row['name']}：{'、'.join(days)}"


def people_disorder(look: Look) -> Iterator[str]:
    for row in look.figures["projects"]:
        wrong = row["households"] > row["people"] or row["poor_people"] > row["people"]
        if wrong or row["poor_households"] > row["households"]:
            yield f"{row['name']}：{row['households']} 户 {row['people']} 人"


def unequal(label: str, left: Decimal, right: Decimal) -> Iterator[str]:
    if left != right:
        gap = format_yuan(left - right)
        yield f"{label}：{format_yuan(left)} 与 {format_yuan(right)}，差 {gap}"


def total_of(rows: Iterable[Row], name: str) -> Decimal:
    return sum((of(row, name) for row in rows), Decimal("0.00"))


def funds_sum(look: Look) -> Iterator[str]:
    total = look.figures["total"]
    for table in ("funds", "fund_groups"):
        for name in ("received", "allocated", "released", "paid"):
            yield from unequal(WORDS[name], total_of(look.figures[table], name), of(total, name))


def projects_against_funds(look: Look, name: str) -> Iterator[str]:
    rows = look.figures
    yield from unequal(WORDS[name], total_of(rows["projects"], name), total_of(rows["funds"], name))


def paid_sum(look: Look) -> Iterator[str]:
    yield from projects_against_funds(look, "paid")


def released_sum(look: Look) -> Iterator[str]:
    yield from projects_against_funds(look, "released")


def allocated_sum(look: Look) -> Iterator[str]:
    yield from projects_against_funds(look, "allocated")


def groups_sum(look: Look, table: str) -> Iterator[str]:
    groups, projects = look.figures[table], look.figures["projects"]
    for name in ("allocated", "released", "paid", "planned_investment", "invested"):
        yield from unequal(WORDS[name], total_of(groups, name), total_of(projects, name))
    if sum(row["projects"] for row in groups) != len(projects):
        yield "项目数不符"


def types_sum(look: Look) -> Iterator[str]:
    yield from groups_sum(look, "types")


def townships_sum(look: Look) -> Iterator[str]:
    yield from groups_sum(look, "townships")


def cumulative_breaks(look: Look) -> Iterator[str]:
    """Against what was sealed for the month before; a late posting shows here."""
    if look.before is None:
        return
    earlier = {row["id"]: row for row in look.before.figures["funds"]}
    for row in look.figures["funds"]:
        was = earlier.get(row["id"])
        for name in ("received", "released", "paid"):
            there = of(was, name) if was else Decimal(0)
            label = f"{row['document']} {WORDS[name]}"
            yield from unequal(label, of(row, name), there + of(row, f"{name}_month"))


def previous_missing(look: Look) -> Iterator[str]:
    """Of a county whose ledger is older than this month."""
    first = Voucher.objects.filter(
        county=look.county, occurred_on__lt=look.monthly.first_day
    ).exists()
    if first and look.before is None:
        yield f"{month_before(look.monthly.first_day):%Y年%m月}没有封存的月报"


def beyond_scope(look: Look) -> Iterator[str]:
    unlock, before = look.version.unlock, look.corrected
    if unlock is None or before is None:
        return
    for code in sorted(changed_tables(before.figures, look.figures) - set(unlock.scope)):
        yield f"{Scope(code).label}有改动，不在解锁范围内"
    if unlock.valid_until < timezone.localdate():
        yield f"解锁已于 {unlock.valid_until} 到期"


def chain_breaks(look: Look) -> Iterator[str]:
    yield from verify_county(look.county).problems


def head_missing(look: Look) -> Iterator[str]:
    yield from broken_head(look.county, look.version)


def broken_head(county: Division, version: ReturnVersion) -> Iterator[str]:
    if not version.ledger_sequence:
        return
    there = Voucher.objects.filter(
        county=county, sequence=version.ledger_sequence, digest=version.ledger_head
    )
    if not there.exists():
        yield f"第 {version.ledger_sequence} 张凭证不在链上，或摘要值已变"


def head_not_extended(look: Look) -> Iterator[str]:
    sealed = ReturnVersion.objects.filter(
        monthly__division=look.county, sealed_at__isnull=False
    ).exclude(pk=look.version.pk)
    last = sealed.order_by("-ledger_sequence", "-pk").first()
    if last is not None:
        yield from broken_head(look.county, last)
        if last.monthly and last.ledger_sequence > look.version.ledger_sequence:
            yield f"{last.monthly}已报到第 {last.ledger_sequence} 张，本次取数在它之前"


def made_differently(look: Look) -> Iterator[str]:
    if made_again(look.version) != look.version.content:
        yield "重算的结果与草稿不同，须重新取数"


def posted_since(look: Look) -> Iterator[str]:
    later = Voucher.objects.filter(
        county=look.county,
        sequence__gt=look.version.ledger_sequence,
        occurred_on__lte=last_day_of(look.monthly.first_day),
    )
    for voucher in later.order_by("sequence"):
        yield f"凭证 {voucher} {voucher.get_kind_display()} {voucher.occurred_on}"


def month_open(look: Look) -> Iterator[str]:
    book = Book.objects.filter(county=look.county).first()
    through = book.closed_through if book else None
    if through is None or through < last_day_of(look.monthly.first_day):
        yield f"{look.monthly.first_day:%Y年%m月}尚未结账"


def bank_unmatched(look: Look) -> Iterator[str]:
    lines = BankLine.objects.filter(
        county=look.county, paid_on__lte=last_day_of(look.monthly.first_day), match__isnull=True
    )
    for line in lines.order_by("paid_on", "pk"):
        yield f"{line.paid_on} {line.payee} {format_yuan(line.amount)} 元"


def ledgers_differ(look: Look) -> Iterator[str]:
    for found in differences(look.county):
        yield f"{found.code} {found.name}：{found.kind.label}"
