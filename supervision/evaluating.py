"""The rules looked through for a county: what is new is told, what rose is raised, what is gone is
marked. One query of a rule, and four of ours, for each rule and county."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from approvals.watching import RED, WATCHES, Fired, Look
from organizations.models import Division, Parameter
from organizations.models.divisions import Level

from .models import Alert, AlertRule
from .models.alerts import DONE

BATCH = 500
logger = logging.getLogger(__name__)


@dataclass
class Tally:
    new: int = 0
    raised: int = 0
    cleared: int = 0


def evaluate_all(today: dt.date | None = None) -> Tally:
    """Every county, each in a transaction of its own. Safe to run again. What went wrong in one
    keeps no other from its evaluation; it is raised when all had theirs."""
    on = today or timezone.localdate()
    rules, settings, names = rules_of(on), settings_of(on), names_of(on)
    tally, failed = Tally(), list[Exception]()
    for county in Division.objects.filter(level=Level.COUNTY, is_current=True).order_by("code"):
        try:
            evaluate(county, rules, Look(county, on, settings, names), tally)
        except Exception as error:
            logger.exception("the alerts of %s were not evaluated", county.code)
            failed.append(error)
    if failed:
        raise ExceptionGroup(f"the alerts of {len(failed)} counties were not evaluated", failed)
    return tally


def evaluate_county(county: Division, today: dt.date | None = None) -> Tally:
    on, tally = today or timezone.localdate(), Tally()
    evaluate(county, rules_of(on), Look(county, on, settings_of(on), names_of(on)), tally)
    return tally


def rules_of(on: dt.date) -> list[AlertRule]:
    rows = AlertRule.objects.in_force(on).filter(kind=AlertRule.Kind.WATCH, code__in=WATCHES)
    return list(rows)


def settings_of(on: dt.date) -> dict[str, str]:
    """Every parameter in force, in one query."""
    rows = Parameter.objects.filter(valid_from__lte=on).order_by("valid_from")
    return dict(rows.values_list("key", "setting"))


def names_of(on: dt.date) -> dict[str, str]:
    """What each parameter is called; nobody is shown its key."""
    rows = Parameter.objects.filter(valid_from__lte=on).order_by("valid_from")
    return dict(rows.values_list("key", "name"))


@transaction.atomic
def evaluate(county: Division, rules: Iterable[AlertRule], look: Look, tally: Tally) -> None:
    # One evaluation of a county at a time: two would tell each other's facts as gone.
    Division.objects.select_for_update(no_key=True).get(pk=county.pk)
    for rule in rules:
        tell(rule, look, tally)


def tell(rule: AlertRule, look: Look, tally: Tally) -> None:
    rows = Alert.objects.filter(county=look.county, code=rule.code)
    # By the fact as the rule words it, the latest telling last.
    known = {
        as_fired(fact): (pk, level, status)
        for fact, pk, level, status in rows.order_by("pk").values_list(
            "fact", "pk", "level", "status"
        )
    }
    found: set[str] = set()
    new: list[Alert] = []
    for fired in WATCHES[rule.code](look):
        if fired.fact in found:
            continue
        found.add(fired.fact)
        told = known.get(fired.fact)
        if told is None or told[2] == Alert.Status.SETTLED:
            # Settled was that it fired no more: firing anew, it is told anew.
            again = f"@{look.today}" if told else ""
            new.append(alert_of(rule, fired, look, again))
            if len(new) == BATCH:
                tally.new += write(new)
        elif fired.level == RED and told[1] != RED:
            tally.raised += raise_to_red(told[0], fired)
    tally.new += write(new)
    standing = {fact: pk for fact, (pk, _, status) in known.items() if status not in DONE}
    gone = [pk for fact, pk in standing.items() if fact not in found]
    back = [pk for fact, pk in standing.items() if fact in found]
    # Somebody may have ended one of them since it was read.
    rows = rows.exclude(status__in=DONE)
    tally.cleared += rows.filter(pk__in=gone, cleared_on=None).update(cleared_on=look.today)
    rows.filter(pk__in=back, cleared_on__isnull=False).update(cleared_on=None)


def as_fired(fact: str) -> str:
    """Without the day on which it was told again."""
    return fact.partition("@")[0]


def alert_of(rule: AlertRule, fired: Fired, look: Look, again: str) -> Alert:
    return Alert(
        county=look.county,
        division_id=fired.division_id,
        rule=rule,
        code=rule.code,
        fact=f"{fired.fact}{again}",
        level=fired.level,
        subject_type=fired.subject_type,
        subject_id=fired.subject_id,
        subject_title=fired.title[:160],
        explanation=fired.explanation[:300],
        figures=[list(pair) for pair in fired.figures],
        thresholds=thresholds_of(rule, look)[:200],
        owner=rule.owner,
        due_on=look.today + dt.timedelta(days=rule.clock_days),
    )


def thresholds_of(rule: AlertRule, look: Look) -> str:
    keys = [key for key in rule.parameters if key in look.settings]
    return "；".join(f"{look.names[key]}={look.settings[key]}" for key in keys)


def write(new: list[Alert]) -> int:
    """Empties the list."""
    count = len(Alert.objects.bulk_create(new, ignore_conflicts=True))
    new.clear()
    return count


def raise_to_red(pk: int, fired: Fired) -> int:
    rows = Alert.objects.filter(pk=pk).exclude(status__in=DONE)
    return rows.update(
        level=RED,
        raised_at=timezone.now(),
        explanation=fired.explanation[:300],
        figures=[list(pair) for pair in fired.figures],
    )


def still_fires(alert: Alert) -> bool:
    """Whether the rule finds this very fact today."""
    on = timezone.localdate()
    look = Look(alert.county, on, settings_of(on))
    fact = as_fired(alert.fact)
    return any(fired.fact == fact for fired in WATCHES[alert.code](look))
