from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.json_forms import asked_by, demand_valid
from organizations.api import VisibleViewSet, person
from organizations.models import User
from projects.policies import demand_project_reader

from .filters import AssetFilter
from .models import Asset
from .queries import shares_by_asset
from .serializers import AssetDetailSerializer, AssetSerializer


class AssetViewSet(mixins.ListModelMixin, VisibleViewSet):
    """资产总台账。登记、修改在网页上办理。"""

    queryset = (
        Asset.objects.with_value()
        .select_related("county", "division", "type", "project")
        .prefetch_related("operations")
    )
    serializer_class = AssetSerializer

    def demand_reader(self, user: User) -> None:
        demand_project_reader(user)

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
