from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.api import body_of
from approvals.json_forms import described, fill
from funds.api import without
from organizations.api import person
from organizations.policies import refuse_without
from projects.api import OfProjectViewSet, project_in
from projects.policies import raise_if

from .forms import NoticeEndForm, NoticeForm
from .models import Notice
from .policies import POSTERS, refuse_ending, refuse_posting
from .serializers import NoticeSerializer
from .services import end_notice, post_notice


@extend_schema(parameters=[OpenApiParameter("project", int)])
class NoticeViewSet(mixins.ListModelMixin, OfProjectViewSet):
    """村内公示的登记与办结。"""

    queryset = Notice.objects.select_related("project__division")
    serializer_class = NoticeSerializer

    @extend_schema(
        request=described("NoticeBody", NoticeForm, project=serializers.IntegerField()),
        responses={201: NoticeSerializer},
    )
    def create(self, request: Request) -> Response:
        """登记张贴。"""
        user, body = person(request), body_of(request)
        project = project_in(body, user)
        wrong_role = refuse_without(user, POSTERS, project.division)
        raise_if(refuse_posting(project, user), wrong_role=wrong_role)
        form = fill(NoticeForm, without(body, "project"))
        notice = post_notice(project=project, by=user, **form.facts())
        return Response(NoticeSerializer(notice).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=described("NoticeEndBody", NoticeEndForm), responses=NoticeSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """公示期满办结。"""
        user, notice = person(request), self.get_object()
        wrong_role = refuse_without(user, POSTERS, notice.project.division)
        raise_if(refuse_ending(notice, user), wrong_role=wrong_role)
        form = fill(NoticeEndForm, body_of(request), notice=notice)
        return Response(NoticeSerializer(end_notice(notice=notice, by=user, **form.facts())).data)
