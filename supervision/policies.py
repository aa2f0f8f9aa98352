from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone

from funds.models import Voucher
from funds.money import format_yuan
from organizations.models import Division, Organization, Parameter, Post, Role, User
from organizations.models.divisions import Level
from organizations.policies import Refusal, holds, refuse_without, role_names
from projects.criteria import DOCUMENT

from .models import RECTIFIERS, Alert, Finding, Recovery

CLAUSE = f"{DOCUMENT} 三(四)"
OVERSIGHT_CLAUSE = f"{DOCUMENT} 二(五)"
# 二(五): the leading group watches day by day, the department and finance answer for their part,
# audit and the discipline inspection look into what is against the rules.
REGISTRARS = (
    Role.AUDITOR, Role.DISCIPLINE_INSPECTOR, Role.GROUP_SECRETARY, Role.PROJECT_REVIEWER,
    Role.FINANCE_REVIEWER, Role.PREFECTURE_CLERK,
)  # fmt: skip
ASSIGNERS = (Role.GROUP_SECRETARY,)
REVIEWERS = (Role.AUDITOR, Role.DISCIPLINE_INSPECTOR, Role.GROUP_SECRETARY)
# Who writes down what came of it for a person, and that it was handed over.
INQUISITORS = (Role.AUDITOR, Role.DISCIPLINE_INSPECTOR)
# Who looks into an alert, by its rule; and who, being another person, says that it was false.
ALERT_OWNERS = (Role.PROJECT_CLERK, Role.FINANCE_REVIEWER, Role.GROUP_SECRETARY)
SECOND = (Role.AUDITOR, Role.DISCIPLINE_INSPECTOR, Role.GROUP_SECRETARY)
UNIT_ROLES = tuple(dict.fromkeys(RECTIFIERS.values()))
# Before whom an overdue problem is brought first: the head of a unit of this kind.
HEADS: dict[str, Role] = {
    Organization.Kind.VILLAGE: Role.TOWNSHIP_REVIEWER,
    Organization.Kind.WORK_TEAM: Role.TOWNSHIP_REVIEWER,
    Organization.Kind.TOWNSHIP: Role.TOWNSHIP_REVIEWER,
    Organization.Kind.PROJECT_DEPARTMENT: Role.PROJECT_REVIEWER,
    Organization.Kind.INDUSTRY: Role.INDUSTRY_REVIEWER,
    Organization.Kind.FINANCE: Role.FINANCE_HEAD,
}
LEADERS = (Role.GROUP_MEMBER,)
REPORT_DAYS = "finding.report_days"
BACK = (Voucher.Kind.RECOVER, Voucher.Kind.REFUND, Voucher.Kind.RETURN)
F = Finding.Status


def reviewer_for(post: Post) -> Role:
    """Who looked into it looks at what came of it; all others leave that to the leading group."""
    return Role(post.role) if post.role in INQUISITORS else Role.GROUP_SECRETARY


def report_due(found_on: dt.date) -> dt.date:
    return found_on + dt.timedelta(days=Parameter.objects.number(REPORT_DAYS))


def counties_to_register(user: User) -> list[Division]:
    paths = [post.division.path for post in user.posts_today if post.role in REGISTRARS]
    return list(Division.objects.within(paths).filter(level=Level.COUNTY).order_by("code"))


def refuse_unit(unit: Organization, place: Division) -> Refusal | None:
    """The unit acts over the place, or lies in it."""
    if unit.kind not in RECTIFIERS:
        return Refusal(
            f"{unit}是{unit.get_kind_display()}，不承担整改", CLAUSE, "登记人（改选责任部门）"
        )
    if unit.division.contains(place) or place.contains(unit.division):
        return None
    return Refusal(
        f"{unit}在{unit.division}，与事项所在的{place}没有隶属关系",
        CLAUSE,
        "登记人（改选责任部门）",
    )


def division_of(unit: Organization, place: Division) -> Division:
    """The lower of the two: whoever works there sees it, and the unit acts over it."""
    return place if unit.division.contains(place) else unit.division


def not_of_the_unit(finding: Finding, user: User) -> Refusal | None:
    unit = finding.responsible_unit
    role = finding.rectifier
    held = [p for p in user.posts_today if p.organization_id == unit.pk and p.role == role]
    if held:
        return None
    return Refusal(
        f"由责任部门{unit}的{role_names((role,))}办理", CLAUSE, f"{unit} {role_names((role,))}"
    )


def not_the_reviewer(finding: Finding, user: User) -> Refusal | None:
    if holds(user, (finding.reviewer,), finding.division):
        return None
    who = role_names((finding.reviewer,))
    return Refusal(f"本问题由{who}复核", CLAUSE, who)


def not_the_registrar(finding: Finding, user: User) -> Refusal | None:
    if user.pk == finding.registered_by_id:
        return None
    return Refusal(
        f"登记有误的由登记人{finding.registered_by}撤销", who_can_clear=str(finding.registered_by)
    )


def refuse_cancelling(finding: Finding) -> Refusal | None:
    """What an alert told stays told; money that came back stays with its problem."""
    if Alert.objects.filter(finding=finding).exists():
        return Refusal(
            "由预警转入的问题不能撤销",
            who_can_clear=f"{role_names(ASSIGNERS)}（交办后复核销号）",
        )
    back = recovered(finding)
    if not back:
        return None
    return Refusal(
        f"已登记追回资金 {format_yuan(back)} 元，不能撤销",
        who_can_clear=f"{role_names(ASSIGNERS)}（交办后由责任部门划销）",
    )


def recovered(finding: Finding) -> Decimal:
    found = Recovery.objects.standing().filter(finding=finding).aggregate(total=Sum("amount"))
    return found["total"] or Decimal(0)


def not_recovered(finding: Finding) -> Refusal | None:
    back = recovered(finding)
    if back == finding.to_recover:
        return None
    return Refusal(
        f"应追回 {format_yuan(finding.to_recover)} 元，凭证追回 {format_yuan(back)} 元，"
        f"相差 {format_yuan(finding.to_recover - back)} 元",
        CLAUSE,
        "责任部门（登记追回凭证）",
    )


def refuse_rectifying(finding: Finding, user: User) -> Refusal | None:
    """Why this person can not write down progress or money that came back."""
    return (
        refuse_without(user, UNIT_ROLES, finding.division)
        or not_of_the_unit(finding, user)
        or not_under_way(finding)
    )


def not_under_way(finding: Finding) -> Refusal | None:
    if finding.status == F.RECTIFYING:
        return None
    return Refusal(
        f"问题现为“{finding.get_status_display()}”，整改中才登记进展和追回资金",
        CLAUSE,
        "现办理人",
    )


def refuse_inquiring(finding: Finding, user: User) -> Refusal | None:
    """Why this person can not write down who was held to account, or a transfer."""
    refusal = refuse_without(user, INQUISITORS, finding.division)
    if refusal or finding.status != F.CANCELLED:
        return refusal
    return Refusal("问题已撤销", who_can_clear="本人（无须再办）")


def refuse_voucher(finding: Finding, voucher: Voucher, amount: Decimal) -> Refusal | None:
    """Why this voucher does not show that so much came back; the database holds the same."""
    if voucher.kind not in BACK or voucher.county_id != finding.county_id:
        return Refusal(
            f"凭证 {voucher} 不是本县的退回、收回结余或上缴凭证",
            CLAUSE,
            "登记人（改用追回资金的凭证）",
        )
    if Voucher.objects.filter(reverses=voucher).exists():
        return Refusal(f"凭证 {voucher} 已冲销", CLAUSE, "登记人（改用有效的凭证）")
    if voucher.occurred_on < finding.found_on:
        return Refusal(
            f"凭证 {voucher} 的业务日期 {voucher.occurred_on} 早于发现日期 {finding.found_on}",
            CLAUSE,
            "登记人（改用发现之后的凭证）",
        )
    rows = Recovery.objects.standing().filter(voucher=voucher)
    used = rows.aggregate(total=Sum("amount"))["total"] or Decimal(0)
    left = min(voucher.total - used, finding.to_recover - recovered(finding))
    if amount <= left:
        return None
    return Refusal(
        f"凭证 {format_yuan(voucher.total)} 元中已登记 {format_yuan(used)} 元，"
        f"本问题应追回 {format_yuan(finding.to_recover)} 元，本次最多 {format_yuan(left)} 元",
        CLAUSE,
        "登记人（改正金额）",
    )


def refuse_striking(recovery: Recovery, user: User) -> Refusal | None:
    refusal = refuse_rectifying(recovery.finding, user)
    if refusal or recovery.struck_at is None:
        return refusal
    return Refusal("这一笔已划销", who_can_clear="本人（无须再办）")


def refuse_day_ahead(day: dt.date) -> Refusal | None:
    if day <= timezone.localdate():
        return None
    return Refusal(f"{day} 在今天之后", who_can_clear="登记人（改正日期）")


def not_the_owner(alert: Alert, user: User) -> Refusal | None:
    if holds(user, (alert.owner,), alert.division):
        return None
    who = role_names((alert.owner,))
    return Refusal(f"本条预警由{who}处置", who_can_clear=who)


def refuse_converting(alert: Alert, user: User) -> Refusal | None:
    """Why this person can not register a finding from it now."""
    refusal = refuse_without(user, REGISTRARS, alert.division)
    if refusal or alert.status in (Alert.Status.OPEN, Alert.Status.CHECKING):
        return refusal
    return Refusal(
        f"预警现为“{alert.get_status_display()}”，不能转问题清单", who_can_clear="本人（无须再办）"
    )
