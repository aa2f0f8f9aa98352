"""Contracts and monthly progress, to be read."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.json_forms import asked_by, demand_valid
from organizations.api import person

from .api import OfProjectViewSet
from .filters import ContractFilter
from .models import Contract, ProgressReport
from .serializers import ContractSerializer, ProgressReportSerializer


class ContractViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, OfProjectViewSet):
    """合同台账。"""

    queryset = Contract.objects.select_related("division", "project", "way")
    serializer_class = ContractSerializer

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = ContractFilter(self.request.query_params, queryset, user=person(self.request))
        demand_valid(asked.form)
        found: QuerySet[Contract] = asked.qs
        return found

    @extend_schema(parameters=asked_by(ContractFilter.base_filters))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)


@extend_schema(parameters=[OpenApiParameter("project", int)])
class ProgressReportViewSet(mixins.ListModelMixin, OfProjectViewSet):
    """项目进度月报。"""

    queryset = ProgressReport.objects.select_related("project")
    serializer_class = ProgressReportSerializer
