from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import F, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from organizations.filters import PlaceFilter
from organizations.models import Division, Organization, User

from .models import Finding
from .models.findings import OVER

NEGLECT = (("late", "逾期未整改"), ("unreported", "发现后逾期登记"))


class FindingFilter(PlaceFilter):
    county = django_filters.ModelChoiceFilter(queryset=Division.objects.none(), label="县（市）")
    words = django_filters.CharFilter(method="by_words", label="编号、描述、事项")
    status = django_filters.ChoiceFilter(
        choices=[("standing", "未销号"), *Finding.Status.choices], method="by_status", label="状态"
    )
    neglect = django_filters.ChoiceFilter(
        choices=NEGLECT, method="by_neglect", label="不报告不整改"
    )
    category = django_filters.ChoiceFilter(choices=Finding.Category.choices, label="问题类别")
    source = django_filters.ChoiceFilter(choices=Finding.Source.choices, label="问题来源")
    severity = django_filters.ChoiceFilter(choices=Finding.Severity.choices, label="严重程度")
    responsible_unit = django_filters.ModelChoiceFilter(
        queryset=Organization.objects.none(), label="责任部门"
    )
    year = django_filters.NumberFilter(label="年度", min_value=2012, max_value=2100)

    class Meta:
        model = Finding
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        named = Finding.objects.visible_to(user).values("responsible_unit")
        self.filters["responsible_unit"].queryset = Organization.objects.filter(pk__in=named)

    def by_words(self, queryset: QuerySet[Finding], name: str, value: str) -> QuerySet[Finding]:
        words = value.strip()
        return queryset.filter(
            Q(number__icontains=words)
            | Q(description__icontains=words)
            | Q(subject_title__icontains=words)
            | Q(owner_name=words)
            | Q(leader_name=words)
        )

    def by_status(self, queryset: QuerySet[Finding], name: str, value: str) -> QuerySet[Finding]:
        if value == "standing":
            return queryset.exclude(status__in=OVER)
        return queryset.filter(status=value)

    def by_neglect(self, queryset: QuerySet[Finding], name: str, value: str) -> QuerySet[Finding]:
        if value == "late":
            given = queryset.exclude(status__in=(*OVER, Finding.Status.REGISTERED))
            return given.filter(due_on__lt=timezone.localdate())
        day = TruncDate("registered_at")
        return queryset.annotate(day=day).filter(day__gt=F("report_due_on"))
