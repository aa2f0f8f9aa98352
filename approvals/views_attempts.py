"""被拒办理, for those who inspect."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from organizations.forms import date_input
from organizations.policies import demand_role
from organizations.requests import OfficeRequest

from .attempts import READERS
from .models import RefusedAttempt
from .queries import subjects_by
from .views import page_of
from .workflow import WORKFLOWS


def lives() -> list[tuple[str, str]]:
    return [(life, workflow.name) for life, workflow in WORKFLOWS.items()]


class AttemptFilter(django_filters.FilterSet):  # type: ignore[misc]
    words = django_filters.CharFilter(method="by_words", label="事项、人员或原因")
    subject_type = django_filters.ChoiceFilter(choices=lives, label="事项类别")
    kind = django_filters.ChoiceFilter(choices=RefusedAttempt.Kind.choices, label="原因类别")
    since = django_filters.DateFilter("day", "gte", widget=date_input(), label="起")
    until = django_filters.DateFilter("day", "lte", widget=date_input(), label="止")

    class Meta:
        model = RefusedAttempt
        fields: tuple[str, ...] = ()

    def by_words(self, queryset: Any, name: str, value: str) -> QuerySet[RefusedAttempt]:
        wanted = Q(subject_title__icontains=value) | Q(reason__icontains=value)
        found: QuerySet[RefusedAttempt] = queryset.filter(
            wanted | Q(by__real_name__icontains=value)
        )
        return found


@require_safe
def attempt_list(request: OfficeRequest) -> HttpResponse:
    demand_role(request.user, READERS)
    filters = AttemptFilter(request.GET, RefusedAttempt.objects.visible_to(request.user))
    page = page_of(request, filters.qs.select_related("by", "post__organization"))
    subjects = subjects_by({(row.subject_type, row.subject_id) for row in page.object_list})
    rows = [(row, subjects.get((row.subject_type, row.subject_id))) for row in page.object_list]
    context = {"filters": filters, "page": page, "rows": rows}
    return render(request, "approvals/attempt_list.html", context)
