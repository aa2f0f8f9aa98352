from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet

from organizations.filters import PlaceFilter
from organizations.models import Division, Role

from .models import Alert, AlertRule
from .models.alerts import DONE
from .policies import ALERT_OWNERS


class AlertFilter(PlaceFilter):
    """Without a status, those that nobody has done with."""

    words = django_filters.CharFilter(method="by_words", label="事项、触发情况")
    county = django_filters.ModelChoiceFilter(queryset=Division.objects.none(), label="县（市）")
    township = django_filters.ModelChoiceFilter(
        queryset=Division.objects.none(), method="by_place", label="乡镇"
    )
    code = django_filters.ChoiceFilter(label="规则")
    level = django_filters.ChoiceFilter(choices=Alert.Level.choices, label="级别")
    owner = django_filters.ChoiceFilter(
        choices=[(role, Role(role).label) for role in ALERT_OWNERS], label="处置岗位"
    )
    status = django_filters.ChoiceFilter(
        choices=[("all", "全部"), ("gone", "未办结、已不再触发"), *Alert.Status.choices],
        method="by_status",
        label="状态",
        empty_label="未办结",
    )

    class Meta:
        model = Alert
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules = AlertRule.objects.in_force().filter(kind=AlertRule.Kind.WATCH)
        self.filters["code"].extra["choices"] = [(rule.code, str(rule)) for rule in rules]

    def filter_queryset(self, queryset: QuerySet[Alert]) -> QuerySet[Alert]:
        found: QuerySet[Alert] = super().filter_queryset(queryset)
        asked = self.form.cleaned_data.get("status")
        return found if asked else found.exclude(status__in=DONE)

    def by_words(self, queryset: QuerySet[Alert], name: str, value: str) -> QuerySet[Alert]:
        words = value.strip()
        return queryset.filter(Q(subject_title__icontains=words) | Q(explanation__icontains=words))

    def by_status(self, queryset: QuerySet[Alert], name: str, value: str) -> QuerySet[Alert]:
        if value == "gone":
            return queryset.exclude(status__in=DONE).filter(cleared_on__isnull=False)
        return queryset if value == "all" else queryset.filter(status=value)
