"""Re-adds every balance and re-walks every chain; says where the database does not agree.

It shares no code with the posting function in the database: the digest is recomputed in
Python from the rows as they are now.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet

from approvals.models import Evidence
from organizations.models import Division
from verify_export import Chain, account_of, first_link

from .export import vouchers_in_chain
from .models import Account, Book, NumberSeries, Voucher


@dataclass(frozen=True)
class Result:
    county: Division
    vouchers: int
    head: str
    problems: list[str]


def verify_county(county: Division) -> Result:
    """Problems in order; the first names the first row of the chain that differs."""
    walk = Walk(county)
    problems = list(walk.problems())
    return Result(county, walk.chain.sequence, walk.chain.head, problems)


def counties_with_ledger() -> QuerySet[Division]:
    """Every county with a trace of a ledger, even if its book was made away with."""
    return Division.objects.filter(
        Exists(Book.objects.filter(county=OuterRef("pk")))
        | Exists(Voucher.objects.filter(county=OuterRef("pk")))
        | Exists(Account.objects.filter(county=OuterRef("pk")))
    ).order_by("code")


def verify_all() -> Iterator[Result]:
    for county in counties_with_ledger():
        yield verify_county(county)


class Walk:
    def __init__(self, county: Division) -> None:
        self.county = county
        self.chain = Chain(county.code, 0, first_link(county.code), Decimal(0))
        self.balances: dict[str, Decimal] = defaultdict(Decimal)
        self.numbers: dict[int, int] = defaultdict(int)

    def problems(self) -> Iterator[str]:
        for voucher in vouchers_in_chain(self.county):
            found = list(self.chain.check(voucher))
            yield from found
            if found:
                # Every later link would differ too; the first one is what matters.
                return
            self.numbers[voucher["year"]] += 1
            if voucher["number"] != self.numbers[voucher["year"]]:
                yield f"凭证 {voucher['year']}-{voucher['number']:04d}：编号不连续"
                return
            for line in voucher["lines"]:
                self.balances[account_of(line, "from")] -= Decimal(line["amount"])
                self.balances[account_of(line, "to")] += Decimal(line["amount"])
        yield from self.book_problems()
        yield from self.account_problems()
        yield from self.number_problems()

    def book_problems(self) -> Iterator[str]:
        book = Book.objects.filter(county=self.county).first() or Book(
            sequence=0, head=first_link(self.county.code)
        )
        if (book.sequence, book.head) != (self.chain.sequence, self.chain.head):
            yield (
                f"专账记有 {book.sequence} 张凭证，链上只有 {self.chain.sequence} 张，"
                "尾部缺失或被改动"
            )
        if book.balance != self.chain.balance:
            yield f"专账余额应为 {self.chain.balance}，记为 {book.balance}"

    def account_problems(self) -> Iterator[str]:
        accounts = Account.objects.filter(county=self.county).select_related("allotment", "earmark")
        for account in accounts.iterator(chunk_size=2000):
            key = f"{account.kind}/{account.allotment_id}/{account.earmark_id or ''}"
            expected = self.balances.pop(key, Decimal(0))
            if account.balance != expected:
                yield (
                    f"账户“{account.get_kind_display()}”{account.allotment.document_number}"
                    f" {account.earmark or ''} 余额应为 {expected}，记为 {account.balance}"
                )
        for key, balance in self.balances.items():
            if balance:
                yield f"账户 {key} 应有余额 {balance}，但账户不存在"

    def number_problems(self) -> Iterator[str]:
        for series in NumberSeries.objects.filter(county=self.county):
            there = self.numbers[series.year]
            if series.last_number != there:
                yield f"{series.year} 年凭证编号记到 {series.last_number}，实有 {there} 张"


def verify_files(county: Division) -> Iterator[str]:
    """Evidence whose file is missing or is no longer what its name says."""
    for evidence in Evidence.objects.filter(division__path__startswith=county.path):
        if not evidence.path.is_file():
            yield f"佐证材料“{evidence.name}”的文件缺失（{evidence.sha256}）"
        elif hashlib.sha256(evidence.path.read_bytes()).hexdigest() != evidence.sha256:
            yield f"佐证材料“{evidence.name}”的文件已被改动（{evidence.sha256}）"
