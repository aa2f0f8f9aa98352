"""工作日历: read by everyone who has logged in, kept by the region's system administrators."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from organizations import services
from organizations.calendar import load_calendar
from organizations.forms import CalendarForm, ReasonForm, explain
from organizations.models import CalendarDay
from organizations.policies import Refused, demand_calendar_keeper, keeps_calendar, refuse_past_day
from organizations.requests import OfficeRequest

CHANGES_SHOWN = 50


@dataclass(frozen=True)
class MonthOfDays:
    number: int
    working_days: int
    days: list[CalendarDay]


@require_GET
def calendar(request: OfficeRequest) -> HttpResponse:
    """One year, `?year=`, by default this one."""
    years = [day.year for day in CalendarDay.objects.dates("day", "year")]
    this_year = timezone.localdate().year
    asked = request.GET.get("year", "")
    offered = sorted({*years, this_year, this_year + 1})
    year = int(asked) if asked in map(str, offered) else this_year
    days = list(CalendarDay.objects.filter(day__year=year))
    context = {
        "year": year,
        "years": offered,
        "last_year": max(years, default=None),
        "months": months_of(year, days),
        "today": timezone.localdate(),
        "keeps": keeps_calendar(request.user),
        "changes": changes_of(year)[:CHANGES_SHOWN],
    }
    return render(request, "organizations/calendar.html", context)


def months_of(year: int, days: list[CalendarDay]) -> list[MonthOfDays]:
    # The end of a month is the day before the next one's first.
    ends = [dt.date(year, month, 1) - dt.timedelta(days=1) for month in range(1, 13)]
    ends.append(dt.date(year, 12, 31))
    known = load_calendar(dt.date(year, 1, 1), ends[-1])
    return [
        MonthOfDays(
            number,
            known.working_days_between(ends[number - 1], ends[number]),
            [day for day in days if day.day.month == number],
        )
        for number in range(1, 13)
    ]


def changes_of(year: int) -> QuerySet[CalendarDay]:
    """What people entered, changed or cancelled; what came with the reference data gives no
    reason."""
    changes: QuerySet[CalendarDay] = CalendarDay.history.filter(
        day__year=year, history_change_reason__isnull=False
    ).select_related("history_user")
    return changes


@require_http_methods(["GET", "POST"])
def calendar_new(request: OfficeRequest) -> HttpResponse:
    demand_calendar_keeper(request.user)
    form = CalendarForm(request.POST or None)
    status = 422 if form.errors else 200
    if form.is_valid():
        try:
            days = services.enter_calendar_days(**form.cleaned_data, by=request.user)
            messages.success(
                request, f"已登记 {len(days)} 天：{'、'.join(str(d.day) for d in days)}"
            )
            return redirect(f"{reverse('calendar')}?year={days[0].day.year}")
        except Refused as refused:
            explain(form, refused.refusal)
            status = refused.status_code
    note = "已登记的日子按新填的内容更改。"
    context = {"form": form, "title": "登记放假或调休", "note": note}
    return render(request, "organizations/calendar_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def calendar_cancel(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_calendar_keeper(request.user)
    day = get_object_or_404(CalendarDay, pk=pk)
    refusal = refuse_past_day(day.day)
    if refusal:
        raise Refused(refusal.reason, who_can_clear=refusal.who_can_clear)
    form = ReasonForm(request.POST or None)
    if form.is_valid():
        services.cancel_calendar_day(day=day, reason=form.cleaned_data["reason"], by=request.user)
        messages.success(request, f"已取消 {day}，当日按周末推算")
        return redirect(f"{reverse('calendar')}?year={day.day.year}")
    context = {"form": form, "title": f"取消：{day}", "note": "取消后当日按周末推算。"}
    status = 422 if form.errors else 200
    return render(request, "organizations/calendar_form.html", context, status=status)
