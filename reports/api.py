"""月报, to be read. 办理在网页上。"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from funds.policies import demand_fund_reader
from organizations.api import VisibleViewSet
from organizations.models import User

from .models import MonthlyReturn
from .serializers import MonthlyReturnDetailSerializer, MonthlyReturnSerializer


class MonthlyReturnViewSet(mixins.ListModelMixin, VisibleViewSet):
    """县级月报和各版本的封存内容。"""

    queryset = MonthlyReturn.objects.select_related("division").order_by("-first_day", "pk")
    serializer_class = MonthlyReturnSerializer

    def demand_reader(self, user: User) -> None:
        demand_fund_reader(user)

    @extend_schema(responses=MonthlyReturnDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """一份月报，连同各版本的内容、校验码、链首、报送和回执。"""
        return Response(MonthlyReturnDetailSerializer(self.get_object()).data)
