"""Adjustments of projects, by API: read, written down as a draft, and their steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.api import SubjectViewSet, body_of
from approvals.json_forms import asked_by, demand_valid, described, fill
from funds.api import without
from organizations.api import person
from organizations.models import User
from organizations.policies import refuse_without

from .adjustments import amend_adjustment, start_adjustment
from .api import ITEMS, items_in, project_in
from .filters import AdjustmentFilter
from .forms.adjustment import AdjustmentForm
from .models import Adjustment, Project
from .policies import (
    ADJUSTERS,
    demand_project_reader,
    raise_if,
    refuse_adjusting,
    refuse_rewriting,
)
from .serializers import AdjustmentSerializer


class AdjustmentViewSet(mixins.ListModelMixin, SubjectViewSet):
    """项目调整。"""

    queryset = Adjustment.objects.select_related("division", "project__division", "project__county")
    serializer_class = AdjustmentSerializer

    def demand_reader(self, user: User) -> None:
        demand_project_reader(user)

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = AdjustmentFilter(self.request.query_params, queryset, user=person(self.request))
        demand_valid(asked.form)
        found: QuerySet[Adjustment] = asked.qs
        return found

    @extend_schema(parameters=asked_by(AdjustmentFilter.base_filters))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=AdjustmentSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(AdjustmentSerializer(self.get_object()).data)

    @extend_schema(
        request=described(
            "AdjustmentBody", AdjustmentForm, project=serializers.IntegerField(), work_items=ITEMS
        ),
        responses={201: AdjustmentSerializer},
    )
    def create(self, request: Request) -> Response:
        """登记项目调整（草稿）：只写要调整的字段，其余保持现值。"""
        user, body = person(request), body_of(request)
        project = project_in(body, user)
        wrong_role = refuse_without(user, ADJUSTERS, project.division)
        raise_if(refuse_adjusting(project, user), wrong_role=wrong_role)
        form = filled(without(body, "project"), project)
        adjustment = start_adjustment(
            project=project, by=user, facts=form.facts(), proposed=form.proposed
        )
        return Response(AdjustmentSerializer(adjustment).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=described("AdjustmentRevisionBody", AdjustmentForm, work_items=ITEMS),
        responses=AdjustmentSerializer,
    )
    def update(self, request: Request, pk: str) -> Response:
        """重写尚未提交或被退回的调整。"""
        user, adjustment = person(request), self.get_object()
        wrong_role = refuse_without(user, ADJUSTERS, adjustment.division)
        raise_if(refuse_rewriting(adjustment, user), wrong_role=wrong_role)
        form = filled(body_of(request), adjustment.project)
        adjustment = amend_adjustment(
            adjustment=adjustment, by=user, facts=form.facts(), proposed=form.proposed
        )
        return Response(AdjustmentSerializer(adjustment).data)


def filled(body: Mapping[str, Any], project: Project) -> AdjustmentForm:
    bill = items_in(body) if "work_items" in body else None
    return fill(AdjustmentForm, without(body, "work_items"), project=project, work_items=bill)
