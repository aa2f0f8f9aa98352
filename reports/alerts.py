"""What is watched of returns."""

from __future__ import annotations

from collections.abc import Iterator

from approvals.watching import YELLOW, Fired, Look, watches

from .models import MonthlyReturn, ReturnDispatch


@watches("A27")
def not_reported(look: Look) -> Iterator[Fired]:
    """Past its day and never dispatched."""
    sent = ReturnDispatch.objects.filter(version__monthly__division=look.county)
    rows = MonthlyReturn.objects.filter(division=look.county, due_on__lt=look.today)
    for row in rows.exclude(pk__in=sent.values("version__monthly")).order_by("pk"):
        days = (look.today - row.due_on).days
        yield Fired(
            fact=str(row.pk),
            subject_type="reports.monthlyreturn",
            subject_id=row.pk,
            title=str(row),
            division_id=row.division_id,
            level=YELLOW,
            explanation=f"月报应于 {row.due_on} 前报送，已逾期 {days} 天",
            figures=(("应报日期", str(row.due_on)), ("逾期天数", str(days))),
        )
