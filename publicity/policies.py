from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from approvals.models import Subject
from organizations.models import Role, User
from organizations.personal_data import find_personal_data
from organizations.policies import Refusal, refuse_without, role_names
from projects.models import PaymentRequest, Project

from .composers import HOTLINE, Line, as_content, compose, composer_of, missing
from .models import Notice, NoticeType, Objection, Posting
from .period import opens_on
from .queries import latest, latest_of_round, open_objections, type_in_force

REGISTRARS = (
    Role.VILLAGE_CADRE, Role.WORK_TEAM, Role.TOWNSHIP_CLERK, Role.TOWNSHIP_REVIEWER,
    Role.PROJECT_CLERK, Role.PROJECT_REVIEWER,
)  # fmt: skip
BEFORE_WORKS, WORKS_DONE = "N08", "N09"  # types of notice
LAST_KINDS = (PaymentRequest.Kind.FINAL, PaymentRequest.Kind.RETENTION)
INVESTIGATORS = (Role.TOWNSHIP_REVIEWER, Role.PROJECT_CLERK, Role.PROJECT_REVIEWER)
CLAUSE = "新扶贫领字〔2018〕76号 二(三)：公示无异议后上报"
SUPERVISION_CLAUSE = "新扶贫领字〔2018〕76号 二(四)：主动接受社会监督"
ELEMENTS_CLAUSE = "新扶贫领字〔2018〕76号 二(四)：公示内容九项"


def refuse_publishing(subject: Subject, rule: NoticeType, user: User) -> Refusal | None:
    return refuse_without(user, rule.publishers, subject.division) or cannot_publish(subject, rule)


def cannot_publish(subject: Subject, rule: NoticeType) -> Refusal | None:
    """Why no version of this type can be published of the subject as it stands."""
    composer = composer_of(rule.code, subject)
    if subject.status not in composer.statuses:
        return Refusal(f"“{subject}”现在的环节不发布{rule}", rule.basis, "现办理人")
    refusal = composer.refuse(subject) if composer.refuse else None
    if refusal:
        return refusal
    lines = composer.lines(subject)
    return incomplete(lines) or too_personal(lines) or already_published(subject, rule, lines)


def incomplete(lines: Iterable[Line]) -> Refusal | None:
    gaps = missing(lines)
    if not gaps:
        return None
    return Refusal(
        f"公示内容缺少{'、'.join(line.label for line in gaps)}，不能发布",
        ELEMENTS_CLAUSE,
        "；".join(f"{line.label}：{line.filled_by}" for line in gaps),
    )


def too_personal(lines: Iterable[Line]) -> Refusal | None:
    for line in lines:
        found = find_personal_data(line.text)
        if found:
            return Refusal(
                f"“{line.label}”含有个人信息（{'、'.join(found)}），不能公示",
                who_can_clear=line.filled_by or "申报人（修改项目内容）",
            )
    return None


def already_published(subject: Subject, rule: NoticeType, lines: list[Line]) -> Refusal | None:
    notice = due_version(subject, rule.code)
    if notice is None or changed_labels(notice, lines):
        return None
    if notice.is_void:
        return uncorrected(notice)
    return Refusal(
        f"{rule}已于 {timezone.localdate(notice.published_at)} 发布（{notice.number} "
        f"第{notice.version}版），内容没有变动",
        who_can_clear="登记张贴后等待期满",
    )


def due_version(subject: Subject, code: str) -> Notice | None:
    """The version that stands; of this round only, where each round is due one."""
    is_round = composer_of(code, subject).is_round
    return latest_of_round(subject, code) if is_round else latest(subject, code)


def uncorrected(notice: Notice) -> Refusal | None:
    """Why a void version cannot be published once more as it is."""
    correct = notice.voided_by.filter(remedy=Objection.Remedy.CORRECT).first()
    if correct is None or notice.is_migrated:
        return None
    return Refusal(
        f"异议 {correct.receipt} {correct.get_conclusion_display()}，须先更正内容再重新公示",
        SUPERVISION_CLAUSE,
        "申报人（撤回或退回后修改项目内容）",
    )


def changed_labels(notice: Notice, lines: Iterable[Line]) -> list[str]:
    """What is no longer as it was announced. A new telephone number does not undo a notice."""
    if notice.is_migrated:
        return []
    now = {line["label"]: line["text"] for line in as_content(lines)}
    then = {line["label"]: line["text"] for line in notice.content}
    labels = dict.fromkeys([*now, *then])
    return [label for label in labels if label != HOTLINE and now.get(label) != then.get(label)]


def refuse_posting(notice: Notice, user: User) -> Refusal | None:
    return refuse_without(user, notice.type.publishers, notice.division) or cannot_post(notice)


def cannot_post(notice: Notice) -> Refusal | None:
    newer = notice.next_version
    if newer is None:
        return None
    return Refusal(
        f"本版已由第{newer.version}版替代，请张贴新版",
        who_can_clear=role_names(notice.type.publishers),
    )


def refuse_taking_down(posting: Posting, user: User) -> Refusal | None:
    notice = posting.notice
    wrong_role = refuse_without(user, notice.type.publishers, notice.division)
    return wrong_role or cannot_take_down(posting)


def cannot_take_down(posting: Posting) -> Refusal | None:
    notice = posting.notice
    if hasattr(posting, "take_down"):
        return Refusal(
            f"已于 {posting.take_down.taken_down_on} 撤下", who_can_clear="本人（无须再办）"
        )
    if notice.next_version:
        return None
    if posting.ends_on is None:
        return Refusal(
            f"{notice.type}{notice.type.duration}，不撤下",
            notice.type.basis,
            who_can_clear="本人（无须再办）",
        )
    if timezone.localdate() < posting.ends_on:
        return Refusal(
            f"公示未满期：{posting.posted_on} 张贴（当日不计），公示期至 {posting.ends_on}",
            notice.type.days_basis,
            "期满后由张贴单位",
        )
    return None


def not_yet_announced(subject: Subject, code: str) -> Refusal | None:
    """Why the notice that is due does not yet let its subject go on."""
    rule = type_in_force(code)
    notice = due_version(subject, code)
    publishers = role_names(rule.publishers)
    if notice is None:
        return Refusal(f"尚未发布{rule}", rule.basis, publishers)
    return still_objected(subject, rule) or not_yet_over(notice, rule, subject)


def still_objected(subject: Subject, rule: NoticeType) -> Refusal | None:
    objection = open_objections(subject).first()
    if objection is None:
        return None
    channel, status = objection.get_channel_display(), objection.get_status_display()
    return Refusal(
        f"{objection.received_on} 收到的异议 {objection.receipt}（{channel}）现为“{status}”，"
        "尚未答复",
        rule.basis,
        role_names(INVESTIGATORS),
    )


def not_yet_over(notice: Notice, rule: NoticeType, subject: Subject) -> Refusal | None:
    publishers = role_names(rule.publishers)
    if notice.is_void:
        words = f"{rule}第{notice.version}版因异议须重新公示，天数重新计算"
        return Refusal(words, rule.basis, publishers)
    changed = changed_labels(notice, compose(rule.code, subject))
    if changed:
        words = f"{rule}发布后{'、'.join(changed)}有变动，须重新发布并张贴，天数重新计算"
        return Refusal(words, rule.basis, publishers)
    posting = notice.posting
    if posting is None:
        return Refusal(f"{rule}（{notice.number}）尚未登记张贴", rule.basis, publishers)
    if posting.ends_on is None or timezone.localdate() > posting.ends_on:
        return None
    return Refusal(
        f"{rule}未满期：{posting.posted_on} 张贴（当日不计），公示期至 {posting.ends_on}，"
        f"最早 {opens_on(posting.ends_on)} 办理",
        rule.days_basis,
        "期满后由现办理人",
    )


def warnings_of(payment: PaymentRequest) -> list[Refusal]:
    """What should have been announced before this money is paid. It holds up nothing."""
    project, rows = payment.project, PaymentRequest.objects.exclude(pk=payment.pk)
    status = PaymentRequest.Status
    if payment.status in (status.PAID, status.WITHDRAWN, status.CANCELLED):
        return []
    is_first = not rows.filter(project=project, status=PaymentRequest.Status.PAID).exists()
    codes = [BEFORE_WORKS] if is_first else []
    codes += [WORKS_DONE] if payment.kind in LAST_KINDS else []
    return [missed for code in codes if (missed := not_posted(project, type_in_force(code)))]


def not_posted(project: Project, rule: NoticeType) -> Refusal | None:
    notice = latest(project, rule.code)
    if notice and notice.posting and not notice.is_void:
        return None
    reason = f"项目没有登记张贴{rule}"
    return Refusal(reason, rule.basis, role_names(rule.publishers))


def refuse_registering(notice: Notice, user: User) -> Refusal | None:
    return refuse_without(user, REGISTRARS, notice.division)
