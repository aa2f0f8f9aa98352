"""When payment is slowed or stopped, and what that stops."""

from __future__ import annotations

from django.utils import timezone

from organizations.models import Role, User
from organizations.policies import Refusal, refuse_without
from projects.models import PaymentRequest, Project

from .models import Level, Monitoring, PaymentHold

HOLDERS = (Role.PROJECT_CLERK,)
K = PaymentHold.Kind


def not_to_hold(monitoring: Monitoring) -> Refusal | None:
    if monitoring.status != Monitoring.Status.APPROVED or monitoring.level != Level.RED:
        return Refusal(
            f"监控表现为“{monitoring.get_status_display()}”，偏离程度为"
            f"“{monitoring.get_level_display()}”；审核通过的严重偏离才能暂缓（停止）拨款",
            who_can_clear="项目主管部门（审核监控表）",
            url=monitoring.get_absolute_url(),
        )
    open_ones = PaymentHold.objects.filter(project_id=monitoring.project_id)
    hold = open_ones.exclude(status__in=("closed", "cancelled")).first()
    if hold is None:
        return None
    return Refusal(
        f"{hold} 现为“{hold.get_status_display()}”",
        who_can_clear="现办理人",
        url=hold.get_absolute_url(),
    )


def refuse_holding(monitoring: Monitoring, user: User) -> Refusal | None:
    return refuse_without(user, HOLDERS, monitoring.division) or not_to_hold(monitoring)


def hold_on(project: Project | int) -> PaymentHold | None:
    """The decision that is in force today."""
    return PaymentHold.objects.in_force().filter(project=project).first()


def held(request: PaymentRequest) -> Refusal | None:
    """Why nothing is released or paid; the database holds the same."""
    hold = hold_on(request.project_id)
    return told(hold) if hold else None


def stopped(request: PaymentRequest) -> Refusal | None:
    """Why a request does not go on at all."""
    hold = hold_on(request.project_id)
    return told(hold) if hold and hold.kind == K.STOP else None


def told(hold: PaymentHold) -> Refusal:
    since = timezone.localdate(hold.status_since)
    return Refusal(
        f"{hold.number} 决定对本项目{hold.get_kind_display()}（{since} 起"
        f"“{hold.get_status_display()}”）：{hold.reason}",
        who_can_clear="财政局负责人（整改后解除）",
        url=hold.get_absolute_url(),
    )
