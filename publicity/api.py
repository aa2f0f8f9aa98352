from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.api import SubjectViewSet, body_of
from approvals.json_forms import described, fill
from funds.api import pk_in, without
from organizations.api import person
from organizations.models import User
from organizations.policies import refuse_without
from organizations.requests import get_visible
from projects.api import OfProjectViewSet, project_in
from projects.policies import demand_project_reader, raise_if

from .composers import codes_for
from .forms import ObjectionForm, PublicationForm
from .models import Notice, Objection
from .policies import refuse_publishing, refuse_registering
from .queries import type_in_force
from .serializers import NoticeSerializer, ObjectionSerializer
from .services import publish_notice, register_objection


@extend_schema(parameters=[OpenApiParameter("project", int)])
class NoticeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, OfProjectViewSet):
    """公告公示：每一版的内容、张贴和现状。张贴要当场上传两张照片，在网页上登记。"""

    queryset = Notice.objects.select_related("type", "division", "superseded_by").prefetch_related(
        "postings__take_down", "voided_by"
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


@extend_schema(parameters=[OpenApiParameter("project", int)])
class ObjectionViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, SubjectViewSet):
    """异议：登记、转入调查、答复。不登记反映人的姓名和电话。"""

    queryset = Objection.objects.select_related("division", "notice__type")
    serializer_class = ObjectionSerializer

    def demand_reader(self, user: User) -> None:
        demand_project_reader(user)

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.request.query_params.get("project", "")
        known = asked.isdecimal() and len(asked) < 19
        return queryset.filter(notice__project_id=int(asked)) if known else queryset

    @extend_schema(
        request=described("ObjectionBody", ObjectionForm, notice=serializers.IntegerField()),
        responses={201: ObjectionSerializer},
    )
    def create(self, request: Request) -> Response:
        """登记异议。"""
        user, body = person(request), body_of(request)
        notices = Notice.objects.visible_to(user).select_related("division", "type")
        notice = get_visible(notices, pk_in(body, "notice"))
        raise_if(None, wrong_role=refuse_registering(notice, user))
        form = fill(ObjectionForm, without(body, "notice"), notice=notice)
        objection = register_objection(notice=notice, by=user, **form.cleaned_data)
        return Response(ObjectionSerializer(objection).data, status=status.HTTP_201_CREATED)
