from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet
from django_filters.filterset import filterset_factory
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.json_forms import asked_by, demand_valid
from organizations.api import VisibleViewSet, person
from organizations.models import User
from projects.policies import demand_project_reader

from .filters import AssetFilter
from .models import Asset, Disposal, Distribution, Handover, Stocktake
from .queries import shares_by_asset
from .serializers import (
    AssetDetailSerializer,
    AssetSerializer,
    DisposalSerializer,
    DistributionSerializer,
    HandoverSerializer,
    StocktakeSerializer,
)


class OfAssetsViewSet(mixins.ListModelMixin, VisibleViewSet):
    """For whoever reads projects."""

    def demand_reader(self, user: User) -> None:
        demand_project_reader(user)


class AssetViewSet(OfAssetsViewSet):
    """资产总台账。登记、修改在网页上办理。"""

    queryset = (
        Asset.objects.with_value()
        .select_related("county", "division", "type", "project")
        .prefetch_related("operations")
    )
    serializer_class = AssetSerializer

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.detail:
            return queryset
        asked = AssetFilter(self.request.query_params, queryset, user=person(self.request))
        demand_valid(asked.form)
        return asked.qs

    @extend_schema(parameters=asked_by(AssetFilter.base_filters))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=AssetDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """资产，原值登记、由支付凭证生成的资金来源，移交、收益、清查和处置。"""
        asset = self.get_object()
        shares = shares_by_asset(asset.project)[asset.pk] if asset.project else []
        return Response(AssetDetailSerializer(asset, context={"shares": shares}).data)


@extend_schema(parameters=[OpenApiParameter("status", str)])
class LifeViewSet(OfAssetsViewSet):
    """Of one life, the newest first; each step is taken as of any other life."""

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = filterset_factory(queryset.model, fields=("status",))(
            self.request.query_params, queryset
        )
        demand_valid(asked.form)
        found: QuerySet[Any] = asked.qs
        return found


class HandoverViewSet(LifeViewSet):
    """资产移交单。"""

    queryset = Handover.objects.select_related("division").order_by("-pk")
    serializer_class = HandoverSerializer


class DistributionViewSet(LifeViewSet):
    """资产收益分配方案和用途明细。"""

    queryset = Distribution.objects.select_related("division").order_by("-pk")
    queryset = queryset.prefetch_related("lines__use")
    serializer_class = DistributionSerializer


class DisposalViewSet(LifeViewSet):
    """资产处置。"""

    queryset = Disposal.objects.select_related("division").order_by("-pk")
    serializer_class = DisposalSerializer


class StocktakeViewSet(LifeViewSet):
    """年度资产清查：应盘、已盘项数。"""

    queryset = (
        Stocktake.objects.select_related("division")
        .annotate(total=Count("lines"), counted=Count("lines__counted_by"))
        .order_by("-pk")
    )
    serializer_class = StocktakeSerializer
