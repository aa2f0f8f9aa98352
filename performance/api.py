from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.api import body_of
from approvals.json_forms import described, fill
from funds.api import without
from organizations.api import person
from organizations.policies import refuse_without
from projects.api import OfProjectViewSet, project_in
from projects.policies import raise_if

from .forms.targets import TargetForm
from .models import Target
from .policies import SETTERS, refuse_setting
from .serializers import TargetSerializer
from .targets import set_target


@extend_schema(parameters=[OpenApiParameter("project", int)])
class TargetViewSet(mixins.ListModelMixin, OfProjectViewSet):
    """绩效目标。"""

    queryset = Target.objects.select_related("project")
    serializer_class = TargetSerializer

    @extend_schema(
        request=described("TargetBody", TargetForm, project=serializers.IntegerField()),
        responses={201: TargetSerializer},
    )
    def create(self, request: Request) -> Response:
        """填报指标；同一二级、三级指标再次填报即为修改。"""
        user, body = person(request), body_of(request)
        project = project_in(body, user)
        wrong_role = refuse_without(user, SETTERS, project.division)
        raise_if(refuse_setting(project, user), wrong_role=wrong_role)
        form = fill(TargetForm, without(body, "project"))
        target = set_target(project=project, by=user, **form.facts())
        return Response(TargetSerializer(target).data, status=status.HTTP_201_CREATED)
