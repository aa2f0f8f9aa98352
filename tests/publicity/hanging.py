"""How the tests of notices come to one that is published, posted, or over."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from approvals.models import Subject
from config.demo.photos import photo
from projects.models import Project
from publicity.models import Notice, Posting
from publicity.services import publish_notice, record_posting
from tests import factories as make
from tests.cast import Cast


def awaited_project(cast: Cast) -> Project:
    """At its first notice, with everything that the notice has to say."""
    return make.with_targets(cast, make.noticed_project(cast))


def published(
    cast: Cast, subject: Subject | None = None, code: str = "N01", days_ago: int = 0,
    who: str = "village_cadre",
) -> Notice:  # fmt: skip
    subject = subject or awaited_project(cast)
    at = timezone.now() - dt.timedelta(days=days_ago)
    return publish_notice(subject=subject, code=code, by=cast[who], at=at)


def post(cast: Cast, notice: Notice, days_ago: int = 0, **changes: Any) -> Posting:
    facts: dict[str, Any] = {
        "place": "村委会公示栏",
        "posted_on": make.today() - dt.timedelta(days=days_ago),
        "poster_unit": "下岔河村村民委员会",
        "near_photo": photo(make.key()),
        "far_photo": photo(make.key()),
        "by": cast["village_cadre"],
        **changes,
    }
    return record_posting(notice=notice, **facts)


def posted(cast: Cast, days_ago: int, subject: Subject | None = None) -> Notice:
    notice = published(cast, subject, days_ago=days_ago)
    post(cast, notice, days_ago)
    return Notice.objects.get(pk=notice.pk)


def posting_input(**changes: Any) -> dict[str, Any]:
    return {
        "place": "村委会公示栏",
        "posted_on": make.today(),
        "poster_unit": "下岔河村村民委员会",
        "near_photo": photo(make.key()),
        "far_photo": photo(make.key()),
        **changes,
    }
