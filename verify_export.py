#!/usr/bin/env python3
"""一池专账导出的独立校验: python3 verify_export.py FILE

Standard library only, no database, no network: an auditor runs it on her own laptop over a
file that `export_ledger` wrote. It recomputes the SHA-256 of every voucher, the chain from
one to the next, the running balance of the dedicated account, and every account from the
opening balances to the closing ones. Exit code 0 when all agree, 1 when something differs
(the first voucher that differs is named), 2 when the file cannot be read.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

FORMAT = "YICHI-EXPORT-1"
# How much of a voucher's total enters (+1) or leaves (-1) the dedicated account.
INTO_LEDGER = {"receive": 1, "pay": -1, "refund": 1, "return": -1}


def field(value: object) -> bytes:
    """A netstring: length in bytes, colon, UTF-8 text, comma. None is a dash and a comma."""
    if value is None:
        return b"-,"
    text = str(value).encode()
    return str(len(text)).encode() + b":" + text + b","


def first_link(county_code: str) -> str:
    return hashlib.sha256(f"YICHI-BOOK-1:{county_code}".encode()).hexdigest()


def digest_of(voucher: Mapping[str, Any]) -> str:
    """The digest of hash version 1: every fact, each line, and the digest before it."""
    facts = (
        "county", "year", "number", "sequence", "kind", "key", "body_digest", "occurred_on",
        "posted_at", "total", "balance_after", "memo", "document", "counterparty", "by", "by_name",
        "by_unit", "by_title", "decision", "refers_to", "reverses",
    )  # fmt: skip
    parts = [b"YICHI-VOUCHER-1\n", *(field(voucher[name]) for name in facts)]
    parts.append(field(len(voucher["evidence"])))
    parts.extend(field(sha256) for sha256 in voucher["evidence"])
    parts.append(field(len(voucher["lines"])))
    for line in voucher["lines"]:
        parts.extend(
            field(line[name])
            for name in (
                "line", "from", "to", "allotment", "document_number", "earmark", "earmark_code",
                "amount",
            )
        )  # fmt: skip
    parts.append(field(voucher["previous_digest"]))
    return hashlib.sha256(b"".join(parts)).hexdigest()


def name_of(voucher: Mapping[str, Any]) -> str:
    return f"凭证 {voucher['year']}-{int(voucher['number']):04d}（链上第 {voucher['sequence']} 张）"


def account_of(line: Mapping[str, Any], side: str) -> str:
    """`kind/allotment/earmark`, as in the header's opening balances."""
    kind = line[side]
    earmark = "" if kind in ("outside", "pool", "returned") else line["earmark"]
    return f"{kind}/{line['allotment']}/{earmark}"


class Chain:
    """Walks vouchers in chain order and yields what does not agree."""

    def __init__(self, county: str, sequence: int, head: str, balance: Decimal) -> None:
        self.county, self.sequence, self.head, self.balance = county, sequence, head, balance

    def check(self, voucher: Mapping[str, Any], into: int | None = None) -> Iterator[str]:
        """`into` is the sign of a reversal whose original lies outside the file."""
        name = name_of(voucher)
        if voucher["county"] != self.county:
            yield f"{name}：属于另一个县"
        if voucher["sequence"] != self.sequence + 1:
            yield f"{name}：链上序号应为 {self.sequence + 1}，缺号或错位"
        if voucher["previous_digest"] != self.head:
            yield f"{name}：与前一张凭证的摘要不相连"
        if digest_of(voucher) != voucher["digest"]:
            yield f"{name}：内容与摘要不符，已被改动"
        total = Decimal(voucher["total"])
        if sum((Decimal(line["amount"]) for line in voucher["lines"]), Decimal(0)) != total:
            yield f"{name}：分录合计与凭证金额不符"
        self.balance += self.sign(voucher, into) * total
        if Decimal(voucher["balance_after"]) != self.balance:
            yield f"{name}：专账余额应为 {self.balance}，记为 {voucher['balance_after']}"
        self.sequence, self.head = voucher["sequence"], voucher["digest"]

    def sign(self, voucher: Mapping[str, Any], into: int | None) -> int:
        if voucher["kind"] != "reverse":
            return INTO_LEDGER.get(voucher["kind"], 0)
        if into is not None:
            return into
        line = voucher["lines"][0]
        inside = {"pool", "allocated", "released"}
        return (line["to"] in inside) - (line["from"] in inside)


def check_export(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    rows = iter(records)
    header = next(rows, None)
    if header is None or header.get("format") != FORMAT:
        yield "文件不是一池专账导出文件"
        return
    if header["first_sequence"] == 1 and header["previous_digest"] != first_link(header["county"]):
        yield "第一张凭证之前的链首与本县代码不符"
    chain = Chain(
        header["county"],
        header["first_sequence"] - 1,
        header["previous_digest"],
        Decimal(header["opening_balance"]),
    )
    balances: dict[str, Decimal] = defaultdict(Decimal)
    balances.update({a: Decimal(b) for a, b in header["opening_accounts"].items()})
    trailer: Mapping[str, Any] = {}
    for row in rows:
        if "head" in row:
            trailer = row
            break
        yield from chain.check(row)
        yield from move(balances, row)
    yield from check_trailer(trailer, chain, balances)


def move(balances: dict[str, Decimal], voucher: Mapping[str, Any]) -> Iterator[str]:
    for line in voucher["lines"]:
        source, destination = account_of(line, "from"), account_of(line, "to")
        balances[source] -= Decimal(line["amount"])
        balances[destination] += Decimal(line["amount"])
        if balances[source] < 0 and not source.startswith("outside/"):
            yield f"{name_of(voucher)}：账户 {source} 出现负数 {balances[source]}"


def check_trailer(
    trailer: Mapping[str, Any], chain: Chain, balances: Mapping[str, Decimal]
) -> Iterator[str]:
    if not trailer:
        yield "文件不完整：没有结尾"
        return
    if (trailer["last_sequence"], trailer["head"]) != (chain.sequence, chain.head):
        yield f"文件结尾的链首与第 {chain.sequence} 张凭证不符，尾部凭证缺失"
    if Decimal(trailer["closing_balance"]) != chain.balance:
        yield f"期末专账余额应为 {chain.balance}，记为 {trailer['closing_balance']}"
    stated = {a: Decimal(b) for a, b in trailer["closing_accounts"].items()}
    for account in sorted(stated.keys() | balances.keys()):
        if stated.get(account, Decimal(0)) != balances.get(account, Decimal(0)):
            yield f"账户 {account} 期末应为 {balances.get(account)}，记为 {stated.get(account)}"


def read(path: str) -> Iterator[dict[str, Any]]:
    with open(path, encoding="utf-8") as file:
        for text in file:
            yield json.loads(text)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("用法: python3 verify_export.py FILE", file=sys.stderr)
        return 2
    try:
        records = list(read(arguments[0]))
        problems = list(check_export(records))
    except (OSError, ValueError, KeyError, TypeError, ArithmeticError) as error:
        print(f"文件无法读取：{error!r}", file=sys.stderr)
        return 2
    for problem in problems:
        print(problem)
    if problems:
        return 1
    header, trailer = records[0], records[-1]
    print(
        f"{header['county_name']} {header['month']}：{len(records) - 2} 张凭证逐张相符，"
        f"期末专账余额 {trailer['closing_balance']} 元，链首 {trailer['head']}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
