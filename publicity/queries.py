from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from approvals.models import Evidence, Subject
from approvals.workflow import WORKFLOWS
from organizations.models import Division
from projects.models import Project

from .models import Notice, NoticeType, Objection, Posting
from .models.notices import NoticeQuerySet
from .models.objections import ObjectionQuerySet


def type_in_force(code: str) -> NoticeType:
    return NoticeType.objects.in_force().get(code=code)


def subject_of(notice: Notice) -> Subject:
    return WORKFLOWS[notice.subject_type].model._default_manager.get(pk=notice.subject_id)


def latest(subject: Subject, code: str) -> Notice | None:
    """The version that stands, of whatever round."""
    notices = Notice.objects.about(subject.life(), subject.pk).filter(type__code=code)
    return with_standing(notices.current()).first()


def latest_of_round(subject: Subject, code: str) -> Notice | None:
    """The version that stands, when it was published since the subject came to its step."""
    notice = latest(subject, code)
    return notice if notice and notice.recorded_at >= subject.status_since else None


def with_standing(notices: NoticeQuerySet) -> NoticeQuerySet:
    """Whatever `Notice.standing` looks at, in a fixed number of queries."""
    rows = notices.select_related("type", "superseded_by")
    return rows.prefetch_related("postings", "voided_by")


def notices_of(subject: Subject) -> list[Notice]:
    """Every version about it, of a project those of its adjustments too; by type, newest first."""
    rows = with_standing(
        Notice.objects.filter(project=subject)
        if isinstance(subject, Project)
        else Notice.objects.about(subject.life(), subject.pk)
    )
    return list(rows.order_by("type__code", "-version"))


def versions_of(notice: Notice) -> list[Notice]:
    rows = with_standing(Notice.objects.filter(number=notice.number))
    return list(rows.order_by("-version"))


def open_objections(subject: Subject) -> ObjectionQuerySet:
    """To any notice about the subject, of whatever version; the oldest first."""
    notices = Notice.objects.about(subject.life(), subject.pk)
    return Objection.objects.open().filter(notice__in=notices).order_by("id")


def photos_of(notice: Notice) -> dict[str, Evidence]:
    """What was shown for its postings, by SHA-256."""
    wanted = {sha256 for p in notice.postings.all() for sha256 in (p.near_photo, p.far_photo)}
    papers = Evidence.objects.filter(division=notice.division, sha256__in=wanted)
    return {paper.sha256: paper for paper in papers}


def objections_to(notice: Notice) -> list[Objection]:
    """To any version of it, the newest first."""
    rows = Objection.objects.filter(notice__number=notice.number)
    return list(rows.select_related("notice"))


def on_the_board(county_code: str = "") -> NoticeQuerySet:
    """What stands and is posted, or is public for good; of one county or of all."""
    is_posted = Exists(Posting.objects.filter(notice=OuterRef("pk")))
    rows = Notice.objects.current().filter(
        Q(is_posted) | Q(type__is_permanent=True), is_migrated=False
    )
    if county_code:
        rows = rows.filter(county__code=county_code)
    return with_standing(rows.select_related("county")).order_by("-id")


def counties_with_notices() -> QuerySet[Division]:
    return Division.objects.filter(Exists(Notice.objects.filter(county=OuterRef("pk")))).order_by(
        "code"
    )
