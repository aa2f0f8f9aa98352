"""What is watched of assets."""

from __future__ import annotations

from collections.abc import Iterator

from approvals.watching import RED, YELLOW, Fired, Look, watches

from .models import Asset

IDLE = (Asset.Condition.IDLE, Asset.Condition.POOR)


@watches("A25")
def idle(look: Look) -> Iterator[Fired]:
    """Operating assets that lie idle; the fact is the day since when."""
    alarm = look.day_before("asset.idle_days.alarm")
    rows = Asset.objects.filter(
        county=look.county, left_on__isnull=True, condition__in=IDLE, asset_class="JY",
        condition_since__lt=look.day_before("asset.idle_days.warn"),
    )  # fmt: skip
    for row in rows.order_by("pk"):
        days = (look.today - row.condition_since).days
        yield Fired(
            fact=f"{row.pk}:{row.condition_since}",
            subject_type="assets.asset",
            subject_id=row.pk,
            title=str(row),
            division_id=row.division_id,
            level=RED if row.condition_since < alarm else YELLOW,
            explanation=f"经营性资产{row.get_condition_display()}已 {days} 天",
            figures=(("状况起始", str(row.condition_since)), ("天数", str(days))),
        )
