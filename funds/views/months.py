from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from approvals.actions import buttons
from approvals.models import Decision
from approvals.trail import decisions_of
from funds.journals import MonthFigures, months_of
from funds.models import Month
from funds.money import format_yuan
from funds.policies import CLOSERS, counties_of, demand_fund_reader
from funds.queries import BookState, book_state
from funds.services import month_of
from funds.views.ledgers import county_of_journal
from funds.workflow import MONTH
from organizations.policies import demand, refuse_without
from organizations.requests import OfficeRequest, get_visible


@dataclass(frozen=True)
class Line:
    figures: MonthFigures
    month: Month | None
    status: str
    reopenings: int


@require_safe
def month_list(request: OfficeRequest) -> HttpResponse:
    demand_fund_reader(request.user)
    counties = counties_of(request.user)
    county = county_of_journal(request, counties)
    months = months_of(county, until=timezone.localdate())
    known = {m.first_day: m for m in Month.objects.filter(division=county)}
    reopened = Counter(
        Decision.objects.filter(
            subject_type=Month.life(), division=county, action="reopen"
        ).values_list("subject_id", flat=True)
    )
    return render(
        request,
        "funds/month_list.html",
        {
            "county": county,
            "counties": counties,
            "lines": [_line(m, known.get(m.first_day), reopened) for m in reversed(months)],
            "state": book_state(county),
            "close_refusal": refuse_without(request.user, CLOSERS, county),
        },
    )


def _line(figures: MonthFigures, month: Month | None, reopened: Counter[int]) -> Line:
    status = month.status if month else Month.Status.OPEN
    return Line(figures, month, MONTH.label_of(status), reopened[month.pk] if month else 0)


@require_POST
def month_prepare(request: OfficeRequest) -> HttpResponse:
    """Open the page of a month that nobody has closed yet."""
    demand_fund_reader(request.user)
    county = county_of_journal(request, counties_of(request.user))
    demand(request.user, CLOSERS, county)
    first_day = _first_day(request.POST.get("month", ""))
    known = [m.first_day for m in months_of(county, until=timezone.localdate())]
    if first_day not in known:
        return redirect(f"{reverse('month_list')}?county={county.code}")
    return redirect(month_of(county=county, first_day=first_day))


def _first_day(text: str) -> dt.date | None:
    try:
        return dt.datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        return None


@require_safe
def month_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_fund_reader(request.user)
    month = get_visible(Month.objects.visible_to(request.user).select_related("division"), pk)
    months = months_of(month.division, until=timezone.localdate())
    figures = next((m for m in months if m.first_day == month.first_day), None)
    return render(
        request,
        "funds/month_detail.html",
        {
            "month": month,
            "figures": figures,
            "checks": checks_of(month, book_state(month.division)),
            "actions": buttons(month, request.user),
            "decisions": decisions_of(month),
        },
    )


@dataclass(frozen=True)
class Check:
    label: str
    is_met: bool
    found: str


def checks_of(month: Month, state: BookState) -> list[Check]:
    """What is looked at before a month is closed; the ledger refuses by the first two itself."""
    last_day = (month.first_day + dt.timedelta(days=32)).replace(day=1) - dt.timedelta(days=1)
    through = state.closed_through
    previous = month.first_day - dt.timedelta(days=1)
    return [
        Check("本月已经结束", last_day <= timezone.localdate(), f"本月最后一天 {last_day}"),
        Check(
            "上月已结账",
            through is None or through >= previous,
            f"已结账至 {through}" if through else "本县尚未结过账，从本月开始",
        ),
        Check("凭证号连续不缺", not state.gaps, _gaps(state.gaps)),
        Check(
            "专账余额与各来源余额之和相符",
            state.balance == state.of_accounts,
            _balances(state.balance, state.of_accounts),
        ),
    ]


def _gaps(years: list[int]) -> str:
    return f"{'、'.join(map(str, years))} 年有缺号" if years else "各年均从 1 号起连续"


def _balances(book: Decimal, accounts: Decimal) -> str:
    return f"专账 {format_yuan(book)} 元，各来源合计 {format_yuan(accounts)} 元"
