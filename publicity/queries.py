from __future__ import annotations

from approvals.models import Evidence, Subject
from approvals.workflow import WORKFLOWS
from projects.models import Project

from .models import Notice, NoticeType


def type_in_force(code: str) -> NoticeType:
    return NoticeType.objects.in_force().get(code=code)


def subject_of(notice: Notice) -> Subject:
    return WORKFLOWS[notice.subject_type].model._default_manager.get(pk=notice.subject_id)


def latest(subject: Subject, code: str) -> Notice | None:
    """The version that stands, of whatever round."""
    notices = Notice.objects.about(subject.life(), subject.pk).filter(type__code=code)
    return notices.current().select_related("type").prefetch_related("postings").first()


def latest_of_round(subject: Subject, code: str) -> Notice | None:
    """The version that stands, when it was published since the subject came to its step."""
    notice = latest(subject, code)
    return notice if notice and notice.recorded_at >= subject.status_since else None


def notices_of(project: Project) -> list[Notice]:
    """Every version about a project, by type, the newest first."""
    rows = project.notices.select_related("type", "superseded_by").prefetch_related("postings")
    return list(rows.order_by("type__code", "-version"))


def versions_of(notice: Notice) -> list[Notice]:
    rows = Notice.objects.filter(number=notice.number).order_by("-version")
    return list(rows.select_related("type", "superseded_by").prefetch_related("postings"))


def photos_of(notice: Notice) -> dict[str, Evidence]:
    """What was shown for its postings, by SHA-256."""
    wanted = {sha256 for p in notice.postings.all() for sha256 in (p.near_photo, p.far_photo)}
    papers = Evidence.objects.filter(division=notice.division, sha256__in=wanted)
    return {paper.sha256: paper for paper in papers}
