"""Who answers for what, to be read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins

from approvals.json_forms import demand_valid
from organizations.api import person

from .api import OfProjectViewSet
from .models import Responsibility
from .serializers import ResponsibilitySerializer


class OnDayForm(forms.Form):
    on = forms.DateField(label="日期", required=False)


@extend_schema(
    parameters=[
        OpenApiParameter("project", int),
        OpenApiParameter(
            "on", OpenApiTypes.DATE, description="倒查：这一天负责的人，含交接未被接受的前任"
        ),
        OpenApiParameter("mine", bool, description="true：等本人接受的交接"),
    ]
)
class ResponsibilityViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, OfProjectViewSet):
    """责任实名：各项目的责任人及任期，历任一并列出。"""

    queryset = Responsibility.objects.select_related("project")
    serializer_class = ResponsibilitySerializer

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows: Any = super().narrowed(queryset)
        asked = OnDayForm(self.request.query_params)
        demand_valid(asked)
        if asked.cleaned_data["on"]:
            rows = rows.answering(asked.cleaned_data["on"])
        if self.request.query_params.get("mine") == "true":
            rows = rows.to_be_accepted_by(person(self.request))
        found: QuerySet[Any] = rows
        return found
