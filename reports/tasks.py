from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from funds.models import Book
from organizations.models import Division

from .delivery_sending import ask, sweep
from .periods import last_ended_month
from .reconciliation import reconcile
from .services import start_return

logger = logging.getLogger(__name__)


@shared_task
def start_returns() -> int:
    """After the cut-off: a draft for each county with a ledger that has none. Safe to run at any
    time and twice at once; answers how many were made."""
    first_day, made = last_ended_month(), 0
    for county in Division.objects.filter(pk__in=Book.objects.values("county")).order_by("code"):
        try:
            made += start_return(county=county, first_day=first_day)[1]
        except Exception:
            # One county's trouble is not the next one's.
            logger.exception("the return of %s for %s was not made", county.code, first_day)
    return made


@shared_task
def reconcile_ledgers() -> int:
    """Daily; answers how many differences stand."""
    today, count = timezone.localdate(), 0
    for county in Division.objects.filter(pk__in=Book.objects.values("county")).order_by("code"):
        count += reconcile(county, today)
    return count


@shared_task
def deliver_returns() -> int:
    """What was reported to another deployment and not acknowledged yet; answers how many were."""
    return sweep()


@shared_task
def ask_for_marks() -> int:
    """What the receiving units did with what was delivered; answers how many of them answered."""
    return ask()
