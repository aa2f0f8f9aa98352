from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.api import body_of
from approvals.json_forms import described, fill
from funds.api import without
from organizations.api import person
from organizations.policies import refuse_without
from projects.api import OfProjectViewSet, project_in
from projects.policies import raise_if

from .composers import codes_for
from .forms import PublicationForm
from .models import Notice
from .policies import refuse_publishing
from .queries import type_in_force
from .serializers import NoticeSerializer
from .services import publish_notice


@extend_schema(parameters=[OpenApiParameter("project", int)])
class NoticeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, OfProjectViewSet):
    """公告公示：每一版的内容、张贴和现状。张贴要当场上传两张照片，在网页上登记。"""

    queryset = Notice.objects.select_related("type", "division", "superseded_by").prefetch_related(
        "postings__take_down"
    )
    serializer_class = NoticeSerializer

    @extend_schema(
        request=described("NoticeBody", PublicationForm, project=serializers.IntegerField()),
        responses={201: NoticeSerializer},
    )
    def create(self, request: Request) -> Response:
        """发布公示：内容由项目登记的内容生成。"""
        user, body = person(request), body_of(request)
        project = project_in(body, user)
        code = fill(PublicationForm, without(body, "project")).cleaned_data["type"]
        if code not in codes_for(project):
            raise ValidationError({"type": ["没有这类项目公示"]})
        rule = type_in_force(code)
        wrong_role = refuse_without(user, rule.publishers, project.division)
        raise_if(refuse_publishing(project, rule, user), wrong_role=wrong_role)
        notice = publish_notice(subject=project, code=code, by=user)
        return Response(NoticeSerializer(notice).data, status=status.HTTP_201_CREATED)
