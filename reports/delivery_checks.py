"""What an envelope must satisfy before anything of it is stored: one function for each question,
each refuses with its reason."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from organizations.models import Division
from organizations.models.divisions import Level
from organizations.policies import Refused
from verify_export import digest_of as digest_of_voucher

from .delivery import BODY_MAX, FORMAT
from .figures import FORMAT as RETURN
from .figures import canonical, digest_of, total_row
from .fund_figures import ADDED, fund_groups, share
from .models import Office, ReceivedDelivery, ReceivedReturn, ReceivedUnlock
from .project_figures import PEOPLE, SUMMED, grouped
from .rollups import FORMAT as ROLL_UP
from .rollups import by_group, by_type, summed, units_below

FIELDS: Mapping[str, type | tuple[type, ...]] = {
    "format": str, "sender": str, "to": str, "office": str, "period": str, "number": int,
    "reason": str, "sealed_at": str, "ledger": dict, "previous": (dict, type(None)),
    "chain": list, "content_sha256": str, "content": str,
}  # fmt: skip
PERIOD = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
AMOUNT = re.compile(r"-?[0-9]{1,16}\.[0-9]{2}")
UNIT = re.compile(r"[0-9]{12}")
HEAD = re.compile(r"([0-9a-f]{64})?")
SEQUENCE_MAX = 2**62
PEOPLE_MAX = 100_000_000
SENDER = "报送单位（核对后重新报送）"
MALFORMED = (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError)


class BadEnvelope(Refused):
    """Not in the form that an envelope has."""

    status_code = 400


class TooLarge(Refused):
    status_code = 413


class WrongFigures(Refused):
    """What it says does not follow from what it says elsewhere."""

    status_code = 422


@dataclass(frozen=True)
class Letter:
    """An envelope whose form is right, and the units that it names."""

    fields: Mapping[str, Any]
    sender: Division
    to: Division
    first_day: dt.date

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]


def demand_size(body: bytes) -> None:
    if len(body) > BODY_MAX:
        raise TooLarge(f"报文超过 {BODY_MAX // 1024 // 1024} MB", who_can_clear=SENDER)


def read_envelope(body: bytes) -> Letter:
    """Raises TooLarge, BadEnvelope, or Refused where a unit or the month is not known."""
    demand_size(body)
    fields = read_canonical(body)
    wrong = [n for n, kind in FIELDS.items() if not is_of(fields.get(n), kind)]
    if wrong or set(fields) != set(FIELDS) or fields["format"] != FORMAT:
        raise BadEnvelope("报文的栏目与格式不符", who_can_clear=SENDER)
    if fields["office"] not in Office.values or not 0 <= fields["number"] < 10_000:
        raise BadEnvelope("收报部门或更正序号有误", who_can_clear=SENDER)
    if not is_ledger(fields["ledger"]):
        raise BadEnvelope("报文的链首有误", who_can_clear=SENDER)
    sender, to = division_of(fields["sender"]), division_of(fields["to"])
    if sender.reports_to_id != to.pk:
        raise Refused(f"{sender}不向{to}报送月报", who_can_clear=SENDER)
    return Letter(fields, sender, to, ended_month(fields["period"]))


def read_canonical(body: bytes) -> dict[str, Any]:
    """There is one way to write a thing; whoever writes it otherwise is not one of ours."""
    try:
        text = body.decode()
        found = json.loads(text, parse_float=refuse_number, parse_constant=refuse_number)
        if isinstance(found, dict) and canonical(found) == text:
            return found
    except MALFORMED:
        pass
    raise BadEnvelope("报文不是规范的 JSON", who_can_clear=SENDER)


def refuse_number(text: str) -> None:
    raise ValueError(text)


def is_of(value: Any, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def is_ledger(found: Mapping[str, Any]) -> bool:
    sequence, head = found.get("sequence"), found.get("head")
    return (
        set(found) == {"sequence", "head"}
        and is_of(sequence, int)
        and 0 <= int(sequence or 0) < SEQUENCE_MAX
        and isinstance(head, str)
        and HEAD.fullmatch(head) is not None
    )


def division_of(code: str) -> Division:
    rows = Division.objects.filter(is_current=True).select_related("reports_to")
    found = rows.filter(code=code).first() if UNIT.fullmatch(code) else None
    if found is None:
        raise Refused("报文中的单位不在区划表中", who_can_clear=SENDER)
    return found


def ended_month(period: str) -> dt.date:
    match = PERIOD.fullmatch(period)
    first_day = dt.date(int(match[1]), int(match[2]), 1) if match else None
    if first_day is None or first_day >= timezone.localdate().replace(day=1):
        raise Refused("所属月份有误，或尚未结束", who_can_clear=SENDER)
    return first_day


def demand_content(letter: Letter) -> dict[str, Any]:
    """The figures, if they are the ones that the envelope speaks of."""
    content = letter["content"]
    if digest_of(content) != letter["content_sha256"]:
        raise WrongFigures("内容与内容校验码不符", who_can_clear=SENDER)
    figures = read_canonical(content.encode())
    unit, ledger = figures.get("unit"), figures.get("ledger")
    own_ledger = ledger if figures.get("format") == RETURN else {"sequence": 0, "head": ""}
    if (
        figures.get("format") not in (RETURN, ROLL_UP)
        or not isinstance(unit, dict)
        or unit.get("code") != letter["sender"]
        or figures.get("period") != letter["period"]
        or own_ledger != letter["ledger"]
    ):
        raise WrongFigures("内容的单位、月份或链首与报文不符", who_can_clear=SENDER)
    return figures


def demand_next(letter: Letter, received: Any) -> None:
    """After the last that was taken from this sender, and after the last of this month."""
    numbers = received.filter(first_day=letter.first_day).values_list("number", flat=True)
    due = max(numbers, default=-1) + 1
    if letter["number"] != due:
        word = f"更正第{due}号" if due else "首报"
        raise Refused(f"版本顺序有误，这个月应收的是{word}", who_can_clear=SENDER)
    last: ReceivedDelivery | None = received.order_by("id").last()
    if letter["previous"] != (as_previous(last) if last else None):
        raise Refused("报文没有接在上次所收报文之后，中间有缺", who_can_clear=SENDER)
    if last:
        demand_chain(letter, last)
    elif letter["chain"]:
        raise WrongFigures("第一份报文之前没有所收链首，不应附凭证", who_can_clear=SENDER)


def demand_leave(letter: Letter) -> None:
    """A county corrects what was sent back, or what it was given leave to correct. The leave's
    last day was asked for where it is corrected: the envelope may travel."""
    before = ReceivedReturn.objects.filter(
        division=letter.sender,
        to=letter.to,
        first_day=letter.first_day,
        number=letter["number"] - 1,
        is_roll_up=False,
    ).first()
    if before is None or before.status == ReceivedReturn.Status.SENT_BACK:
        return
    if not before.unlocks.filter(status=ReceivedUnlock.Status.APPROVED).exists():
        raise Refused("更正须先经退回或同意解锁", who_can_clear=str(letter.to))


def demand_units(letter: Letter, figures: Mapping[str, Any]) -> None:
    """A county reports itself, a unit above it every county below it, each once."""
    is_sum = figures["format"] == ROLL_UP
    try:
        codes = sorted(row["code"] for row in figures["units"]) if is_sum else []
    except MALFORMED:
        raise BadEnvelope("月报内容的格式有误", who_can_clear=SENDER) from None
    if is_sum == (letter.sender.level == Level.COUNTY):
        raise WrongFigures("县报月报，地州报汇总，两者不能互代", who_can_clear=SENDER)
    if is_sum and codes != sorted(counties_below(letter.sender)):
        raise WrongFigures("汇总所列单位与下级单位不符", who_can_clear=SENDER)


def counties_below(unit: Division) -> list[str]:
    found: list[str] = []
    for below in units_below(unit):
        found += [below.code] if below.level == Level.COUNTY else counties_below(below)
    return found


def as_previous(last: ReceivedDelivery) -> dict[str, Any]:
    ledger = {"sequence": last.ledger_sequence, "head": last.ledger_head}
    return {"envelope": last.sha256, "ledger": ledger}


def demand_chain(letter: Letter, last: ReceivedDelivery) -> None:
    """From one head to the other, voucher by voucher, each recomputed."""
    here = (letter["ledger"]["sequence"], letter["ledger"]["head"])
    (sequence, head), end = sorted([(last.ledger_sequence, last.ledger_head), here])
    try:
        for voucher in letter["chain"]:
            follows = (voucher["sequence"], voucher["previous_digest"]) == (sequence + 1, head)
            own = voucher["county"] == letter["sender"]
            if not (follows and own and digest_of_voucher(voucher) == voucher["digest"]):
                raise WrongFigures(
                    f"链上第 {sequence + 1} 张凭证与所收链首不相连", who_can_clear=SENDER
                )
            sequence, head = voucher["sequence"], voucher["digest"]
    except MALFORMED:
        raise BadEnvelope("报文所附凭证的格式有误", who_can_clear=SENDER) from None
    if (sequence, head) != end:
        raise WrongFigures("月报的链首没有接在上次所收链首之后", who_can_clear=SENDER)


def demand_sums(figures: Mapping[str, Any]) -> None:
    """Every total is added up anew from the lines."""
    try:
        anew = sums_of_roll_up(figures) if figures["format"] == ROLL_UP else sums_of_return(figures)
        wrong = [name for name, found in anew.items() if canonical(found) != said(figures, name)]
    except MALFORMED:
        raise BadEnvelope("月报内容的格式有误", who_can_clear=SENDER) from None
    if wrong:
        raise WrongFigures(
            f"合计重算不符：{'、'.join(LABELS[name] for name in wrong)}", who_can_clear=SENDER
        )


LABELS = {
    "total": "表四 合计", "fund_groups": "资金类别×级次", "types": "项目类型",
    "townships": "乡镇", "missing": "未报单位", "target": "时序目标",
}  # fmt: skip


def said(figures: Mapping[str, Any], name: str) -> str:
    found = figures[name]
    if name == "target":
        found = {key: found[key] for key in ("received", "paid", "rate")}
    return canonical({name: found} if isinstance(found, list) else found)


def sums_of_return(figures: Mapping[str, Any]) -> dict[str, Any]:
    funds = [with_amounts(row, ADDED) for row in figures["funds"]]
    projects = [with_amounts(row, SUMMED, PEOPLE) for row in figures["projects"]]
    return {
        "total": total_row(funds, projects),
        "fund_groups": {"fund_groups": fund_groups(funds)},
        "types": {"types": grouped(projects, "type", "type_name")},
        "townships": {"townships": grouped(projects, "township", "township_name")},
        "target": year_of(funds, int(figures["period"][:4])),
    }


def year_of(funds: Iterable[Mapping[str, Any]], year: int) -> dict[str, Any]:
    rows = [row for row in funds if row["fund_year"] == year]
    received = sum((row["received"] for row in rows), Decimal("0.00"))
    paid = sum((row["paid"] for row in rows), Decimal("0.00"))
    return {"received": received, "paid": paid, "rate": share(paid, received)}


def sums_of_roll_up(figures: Mapping[str, Any]) -> dict[str, Any]:
    units = figures["units"]
    there = [row for row in units if row["reported"]]
    for row in there:
        for line in (row["total"], *row["fund_groups"], *row["types"]):
            demand_amounts(line)
    return {
        "total": summed(row["total"] for row in there),
        "fund_groups": {"fund_groups": by_group(row["fund_groups"] for row in there)},
        "types": {"types": by_type(row["types"] for row in there)},
        "missing": {"missing": [row["name"] for row in units if not row["reported"]]},
    }


def with_amounts(
    row: Mapping[str, Any], amounts: Iterable[str], counts: Iterable[str] = ()
) -> dict[str, Any]:
    for name in counts:
        if not is_of(row[name], int) or not 0 <= row[name] <= PEOPLE_MAX:
            raise ValueError(name)
    return {**row, **{name: amount_of(row[name]) for name in amounts}}


def amount_of(text: str) -> Decimal:
    """Nothing that a number of the ledger could not be: no exponent, no endless digits."""
    if not AMOUNT.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def demand_amounts(line: Mapping[str, Any]) -> None:
    for name, value in line.items():
        if name in ADDED or name in SUMMED or name == "project_surplus":
            amount_of(value)
