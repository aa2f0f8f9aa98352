from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from approvals.evidence import PHOTO_KINDS, claim_photos, store_evidence
from approvals.models import Subject
from organizations.models import Division, Parameter, User
from organizations.policies import Refused, demand
from projects.models import Adjustment, Project
from projects.policies import raise_if

from .composers import Line, as_content, compose
from .digest import CHECK_CODE_LENGTH, digest_of
from .models import Notice, NoticeType, Objection, Posting, TakeDown
from .period import last_day
from .policies import REGISTRARS, cannot_post, cannot_publish, cannot_take_down
from .queries import latest, subject_of, type_in_force


@transaction.atomic
def publish_notice(
    *, subject: Subject, code: str, by: User, at: dt.datetime | None = None
) -> Notice:
    """The next version of this type, its content made from the subject as it stands.

    Raises Refused when an element is missing, when the subject does not stand at a step of this
    type, and when nothing has changed since the version that stands.
    """
    rule = type_in_force(code)
    demand(by, rule.publishers, subject.division)
    subject = locked(subject)
    raise_if(cannot_publish(subject, rule))
    return write_version(subject, rule, compose(code, subject), by=by, at=at)


def locked(subject: Subject) -> Subject:
    rows = type(subject)._default_manager.select_related(*subject.locked_with)
    return rows.select_for_update(of=("self",)).get(pk=subject.pk)


@transaction.atomic
def write_version(
    subject: Subject, rule: NoticeType, lines: list[Line], *, by: User, at: dt.datetime | None
) -> Notice:
    """Numbers without a gap in a county and year, given with the county's row locked."""
    code = subject.division.county_code
    county = Division.objects.select_for_update(no_key=True).get(code=code)
    earlier = latest(subject, rule.code)
    notice = Notice(
        type=rule,
        subject_type=subject.life(),
        subject_id=subject.pk,
        subject_title=str(subject)[:160],
        cases=subject.case_keys(),
        project=project_of(subject),
        county=county,
        division=subject.division,
        supersedes=earlier,
        content=as_content(lines),
        published_by=by,
        published_at=(at or timezone.now()).replace(microsecond=0),
    )
    give_number(notice, earlier)
    notice.content_sha256 = digest_of(notice)
    notice.check_code = notice.content_sha256[:CHECK_CODE_LENGTH]
    notice.save(force_insert=True)
    return notice


def project_of(subject: Subject) -> Project | None:
    """Whose page shows the notice as well."""
    if isinstance(subject, Adjustment):
        return subject.project
    return subject if isinstance(subject, Project) else None


def give_number(notice: Notice, earlier: Notice | None) -> None:
    """The next one of the county's year; a further version keeps the number of the first."""
    if earlier:
        notice.year, notice.sequence = earlier.year, earlier.sequence
        notice.number, notice.version = earlier.number, earlier.version + 1
        return
    notice.year = timezone.localdate(notice.published_at).year
    given = Notice.objects.filter(county=notice.county, year=notice.year).order_by("-sequence")
    last = given.values_list("sequence", flat=True).first() or 0
    notice.sequence, notice.version = last + 1, 1
    notice.number = f"{notice.county.code[:6]}-{notice.year}-公示-{notice.sequence:04d}"


@transaction.atomic
def record_posting(
    *,
    notice: Notice,
    place: str,
    posted_on: dt.date,
    poster_unit: str,
    near_photo: UploadedFile[Any],
    far_photo: UploadedFile[Any],
    by: User,
) -> Posting:
    """Record where a version hangs, with two photos that prove nothing else. Raises Refused."""
    demand(by, notice.type.publishers, notice.division)
    subject = locked(subject_of(notice))
    notice = Notice.objects.select_related("type", "division", "superseded_by").get(pk=notice.pk)
    raise_if(cannot_post(notice))
    published_on = timezone.localdate(notice.published_at)
    if not published_on <= posted_on <= timezone.localdate():
        raise Refused(
            f"张贴日期须在发布之日 {published_on} 至今天之间", who_can_clear="登记人（改正日期）"
        )
    if notice.postings.filter(place=place).exists():
        raise Refused(f"“{place}”已登记张贴", who_can_clear="登记人（登记别处的张贴）")
    near, far = (store_photo(photo, notice, by) for photo in (near_photo, far_photo))
    shown_for = f"公示 {notice.number} 第{notice.version}版 {place}"
    claim_photos((near, far), subject=subject, shown_for=shown_for, by=by)
    return Posting.objects.create(
        notice=notice,
        place=place,
        posted_on=posted_on,
        ends_on=last_day(notice.type, posted_on),
        poster_unit=poster_unit,
        near_photo=near,
        far_photo=far,
        recorded_by=by,
    )


def store_photo(photo: UploadedFile[Any], notice: Notice, by: User) -> str:
    paper = store_evidence(photo, division=notice.division, by=by)
    if paper.content_type not in PHOTO_KINDS:
        raise Refused(
            f"“{paper.name}”不是照片，请上传 JPG 或 PNG", who_can_clear="登记人（换成照片）"
        )
    return paper.sha256


@transaction.atomic
def record_take_down(*, posting: Posting, taken_down_on: dt.date, note: str, by: User) -> TakeDown:
    """Record that it came down. Raises Refused before its period is over."""
    notice = posting.notice
    demand(by, notice.type.publishers, notice.division)
    locked(subject_of(notice))
    posting = Posting.objects.select_related("notice__type", "notice__superseded_by").get(
        pk=posting.pk
    )
    raise_if(cannot_take_down(posting))
    first = posting.posted_on if posting.notice.next_version else posting.ends_on
    if not (first or posting.posted_on) <= taken_down_on <= timezone.localdate():
        raise Refused(f"撤下日期须在 {first} 至今天之间", who_can_clear="登记人（改正日期）")
    return TakeDown.objects.create(
        posting=posting, taken_down_on=taken_down_on, note=note.strip(), recorded_by=by
    )


def register_objection(
    *,
    notice: Notice,
    channel: str,
    received_on: dt.date,
    is_named: bool,
    paper_file_number: str,
    summary: str,
    by: User,
) -> Objection:
    """Write down what somebody holds against a notice; never who. Raises Refused."""
    demand(by, REGISTRARS, notice.division)
    objection = Objection(
        notice=notice,
        division=notice.division,
        channel=channel,
        received_on=received_on,
        is_named=is_named,
        paper_file_number=paper_file_number.strip(),
        summary=summary.strip(),
        reply_due_on=reply_due(received_on) if is_named else None,
        registered_by=by,
    )
    return save_objection(objection)


def reply_due(received_on: dt.date) -> dt.date:
    days = Parameter.objects.number("hotline.reply_days_realname", received_on)
    return received_on + dt.timedelta(days=days)


def receive_public_objection(*, notice: Notice, summary: str) -> Objection:
    """From the public page: nobody's name, and nobody's post. Raises Refused."""
    newer = notice.next_version
    if newer:
        raise Refused(
            f"本版已由第{newer.version}版替代，请对新版提出异议",
            who_can_clear="异议人（对新版提出）",
        )
    objection = Objection(
        notice=notice,
        division=notice.division,
        channel=Objection.Channel.WEB,
        received_on=timezone.localdate(),
        summary=summary.strip(),
    )
    return save_objection(objection)


def save_objection(objection: Objection) -> Objection:
    objection.full_clean()
    objection.save(force_insert=True)
    return objection
