"""The morning's e-mail: what is overdue, due today, or newly urged, one for each person."""

from __future__ import annotations

import datetime as dt
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Max
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from organizations.models import User

from .holders import Deadlines, deadlines
from .models import Digest, Reminder, Subject
from .queries import StepCount, pending_steps, waiting
from .workflow import WORKFLOWS, workflow_of

logger = logging.getLogger(__name__)


# What apps further up tell a person on a day beside his inbox: a line for each thing.
Teller = Callable[[User, dt.date], list[str]]
TELLERS: list[Teller] = []


def tell_with(teller: Teller) -> None:
    TELLERS.append(teller)


@dataclass(frozen=True)
class Urged:
    """A thing that waits for the reader, and the words with which somebody asked for it."""

    subject: Subject
    message: str

    @property
    def step_label(self) -> str:
        return workflow_of(self.subject).label_of(self.subject.status)


@dataclass(frozen=True)
class Morning:
    """What is the same for everybody: read once."""

    day: dt.date
    due: Deadlines
    reminders: Mapping[str, list[Reminder]]  # by life, of the last working day and since
    last_told: Mapping[int, dt.datetime]  # by user


@transaction.atomic
def write_digests(day: dt.date) -> int:
    """For everybody with an address and something to be told; returns how many."""
    morning = read_morning(day)
    readers = User.objects.filter(is_active=True).exclude(email="")
    found = [digest for user in readers if (digest := compose(user, morning))]
    Digest.objects.bulk_create(found, ignore_conflicts=True)
    return len(found)


def read_morning(day: dt.date) -> Morning:
    due = deadlines()
    day_before = due.calendar.working_days_before(day - dt.timedelta(days=1), 1)
    since = timezone.make_aware(dt.datetime.combine(day_before + dt.timedelta(days=1), dt.time.min))
    reminders = defaultdict(list)
    for reminder in Reminder.objects.filter(at__gte=since, subject_type__in=WORKFLOWS):
        reminders[reminder.subject_type].append(reminder)
    told = Digest.objects.order_by().values_list("user_id").annotate(Max("queued_at"))
    return Morning(day, due, reminders, dict(told))


def compose(user: User, morning: Morning) -> Digest | None:
    steps = sorted(pending_steps(user, morning.due), key=lambda s: (-s.overdue, -s.at_limit))
    urged = urged_of(user, morning)
    news = [line for teller in TELLERS for line in teller(user, morning.day)]
    subject = subject_line(steps, urged, news)
    if not subject:
        return None
    context = {
        "user": user,
        "day": morning.day,
        "steps": steps,
        "urged": urged,
        "news": news,
        "site": settings.BASE_URL,
        "inbox": reverse("inbox"),
    }
    body = render_to_string("approvals/digest.txt", context)
    return Digest(user=user, day=morning.day, subject=subject, body=body)


def subject_line(steps: Iterable[StepCount], urged: list[Urged], news: Sequence[str] = ()) -> str:
    """Empty when there is nothing to tell."""
    counts = {
        "超期": sum(step.overdue for step in steps),
        "今日到期": sum(step.at_limit for step in steps),
        "新收到催办": len(urged),
        "报送提醒": len(news),
    }
    told = [f"{label} {count} 件" for label, count in counts.items() if count]
    return f"待办提醒：{'，'.join(told)}" if told else ""


def urged_of(user: User, morning: Morning) -> list[Urged]:
    """Urged since this person's last digest, and still where it was urged."""
    told = morning.last_told.get(user.pk)
    found = []
    for life, reminders in morning.reminders.items():
        fresh = {r.subject_id: r for r in reminders if told is None or r.at > told}
        rows = waiting(WORKFLOWS[life], user).filter(pk__in=fresh)
        for subject in rows.select_related(*WORKFLOWS[life].model.read_with).order_by("pk"):
            reminder = fresh[subject.pk]
            if reminder.status == subject.status and reminder.at >= subject.status_since:
                found.append(Urged(subject, reminder.message))
    return found


def unsent(day: dt.date) -> list[int]:
    """Yesterday's are not sent any more: today's says the same, and newer."""
    waiting_ = Digest.objects.filter(day=day, sent_at__isnull=True, user__is_active=True)
    return list(waiting_.exclude(user__email="").values_list("pk", flat=True))


@transaction.atomic
def send_digest(digest_id: int) -> None:
    """The locked row lets one worker send it. A worker that is killed between the hand-over and
    the commit leaves it unsent; the number of the message tells the second copy."""
    digest = (
        Digest.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("user")
        .filter(pk=digest_id, sent_at__isnull=True)
        .first()
    )
    if digest is None:
        return
    try:
        message_of(digest).send()
    except OSError as error:  # SMTPException is one
        logger.warning("digest %s was not sent: %s", digest.pk, error)
        digest.error = (str(error) or type(error).__name__)[:200]
    else:
        digest.sent_at, digest.error = timezone.now(), ""
    digest.save(update_fields=["sent_at", "error"])


def message_of(digest: Digest) -> EmailMessage:
    host = urlsplit(settings.BASE_URL).hostname or "yichi.invalid"
    return EmailMessage(
        subject=digest.subject,
        body=digest.body,
        to=[digest.user.email],
        headers={
            "Message-ID": f"<digest-{digest.pk}-{digest.day}@{host}>",
            "Auto-Submitted": "auto-generated",
        },
    )
