"""Projects and the payments they ask for, by API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.api import SubjectViewSet, body_of
from approvals.json_forms import asked_by, demand_valid, described, fill
from funds.api import pk_in, without
from organizations.api import VisibleViewSet, person
from organizations.models import User
from organizations.policies import refuse_without
from organizations.requests import get_visible

from .filters import PaymentFilter, ProjectFilter
from .forms.payment import PaymentForm
from .forms.payment_papers import PaymentPaperForm
from .forms.project import ProjectForm, WorkItemForm
from .models import PaymentRequest, Project, ProjectType
from .payment_papers import checklist
from .policies import (
    APPLICANTS,
    demand_post,
    demand_project_reader,
    raise_if,
    refuse_amendment,
    refuse_application,
    refuse_revision,
)
from .queries import source_rows
from .serializers import (
    ChecklistSerializer,
    PaymentDetailSerializer,
    PaymentPaperSerializer,
    PaymentSerializer,
    ProjectDetailSerializer,
    ProjectSerializer,
    ProjectTypeSerializer,
)
from .services import (
    amend_payment,
    apply_for_payment,
    attach_paper,
    propose_project,
    revise_project,
)
from .workflow import VILLAGE

WORK_ITEMS_MAX = 200
ITEMS = serializers.ListField(
    child=described("WorkItemBody", WorkItemForm), required=False, max_length=WORK_ITEMS_MAX
)
REASON = serializers.CharField(max_length=100, help_text="修改事由")


def project_in(body: Mapping[str, Any], user: User) -> Project:
    """The project that the body names; 403 and 404 as on its page."""
    demand_project_reader(user)
    rows = Project.objects.visible_to(user).select_related("division", "county")
    return get_visible(rows, pk_in(body, "project"))


class OfProjectViewSet(VisibleViewSet):
    """What hangs on projects: read by who reads projects, narrowed by `?project=`."""

    def demand_reader(self, user: User) -> None:
        demand_project_reader(user)

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.request.query_params.get("project", "")
        known = asked.isdecimal() and len(asked) < 19
        return queryset.filter(project_id=int(asked)) if known else queryset


class ProjectTypeViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[ProjectType]):
    """项目类型，含已失效的制度时期。"""

    queryset = ProjectType.objects.all()
    serializer_class = ProjectTypeSerializer


class ProjectViewSet(mixins.ListModelMixin, SubjectViewSet):
    """项目库。"""

    queryset = Project.objects.select_related("county", "division", "type")
    serializer_class = ProjectSerializer

    def demand_reader(self, user: User) -> None:
        demand_project_reader(user)

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = ProjectFilter(self.request.query_params, queryset, user=person(self.request))
        demand_valid(asked.form)
        found: QuerySet[Project] = asked.qs
        return found

    @extend_schema(parameters=asked_by(ProjectFilter.base_filters))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=ProjectDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(detail_of(self.get_object()))

    @extend_schema(
        request=described("ProjectBody", ProjectForm, work_items=ITEMS),
        responses={201: ProjectDetailSerializer},
    )
    def create(self, request: Request) -> Response:
        """登记项目（草稿）。"""
        user, body = person(request), body_of(request)
        demand_post(user, VILLAGE)
        form = fill(ProjectForm, without(body, "work_items"), user=user)
        project = propose_project(
            division=form.cleaned_data["division"],
            by=user,
            facts=form.facts(),
            places=form.cleaned_data["places"],
            work_items=items_in(body),
        )
        return Response(detail_of(project), status=status.HTTP_201_CREATED)

    @extend_schema(
        request=described(
            "ProjectRevisionBody",
            ProjectForm,
            omit=("key", "division"),
            work_items=ITEMS,
            reason=REASON,
        ),
        responses=ProjectDetailSerializer,
    )
    def update(self, request: Request, pk: str) -> Response:
        """修改项目：各字段和工程量全部重写，写明事由。"""
        user, body, project = person(request), body_of(request), self.get_object()
        wrong_role = refuse_without(user, VILLAGE, project.division)
        raise_if(refuse_revision(project, user), wrong_role=wrong_role)
        form = fill(ProjectForm, without(body, "work_items"), user=user, instance=project)
        project = revise_project(
            project=project,
            by=user,
            facts=form.facts(),
            places=form.cleaned_data["places"],
            work_items=items_in(body),
            reason=form.cleaned_data["reason"],
        )
        return Response(detail_of(project))


def detail_of(project: Project) -> Any:
    """With the money per source, which stands in the ledger and not in the project's row."""
    return ProjectDetailSerializer(project, context={"sources": source_rows(project)}).data


def items_in(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    given = body.get("work_items", [])
    if not isinstance(given, list) or len(given) > WORK_ITEMS_MAX:
        raise ValidationError({"work_items": [f"须为列表，最多 {WORK_ITEMS_MAX} 行"]})
    return [item_in(item, number) for number, item in enumerate(given)]


def item_in(item: Any, number: int) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise ValidationError({f"work_items.{number}": ["须为 JSON 对象"]})
    try:
        return fill(WorkItemForm, item).cleaned_data
    except ValidationError as error:
        raise ValidationError({f"work_items.{number}": error.detail}) from None


class PaymentViewSet(mixins.ListModelMixin, SubjectViewSet):
    """拨付申请。"""

    queryset = PaymentRequest.objects.select_related("division", "project__division")
    serializer_class = PaymentSerializer

    def demand_reader(self, user: User) -> None:
        demand_project_reader(user)

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = PaymentFilter(self.request.query_params, queryset, user=person(self.request))
        demand_valid(asked.form)
        found: QuerySet[PaymentRequest] = asked.qs
        return found

    @extend_schema(parameters=asked_by(PaymentFilter.base_filters))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=PaymentDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(PaymentDetailSerializer(self.get_object()).data)

    @extend_schema(
        request=described("PaymentBody", PaymentForm, project=serializers.IntegerField()),
        responses={201: PaymentDetailSerializer},
    )
    def create(self, request: Request) -> Response:
        """登记拨付申请（草稿）。"""
        user, body = person(request), body_of(request)
        project = project_in(body, user)
        wrong_role = refuse_without(user, APPLICANTS, project.division)
        raise_if(refuse_application(project, user), wrong_role=wrong_role)
        form = fill(PaymentForm, without(body, "project"), project=project)
        payment = apply_for_payment(project=project, by=user, facts=form.facts())
        return Response(PaymentDetailSerializer(payment).data, status=status.HTTP_201_CREATED)

    @extend_schema(methods=["get"], responses=ChecklistSerializer(many=True), filters=False)
    @extend_schema(
        methods=["post"],
        request=described("PaymentPaperBody", PaymentPaperForm),
        responses={201: PaymentPaperSerializer},
    )
    @action(detail=True, methods=["get", "post"], pagination_class=None)
    def papers(self, request: Request, pk: str) -> Response:
        """报账材料：应附清单和已登记的材料；登记一份（文件先上传，报校验码）。"""
        user, payment = person(request), self.get_object()
        if request.method == "GET":
            return Response(ChecklistSerializer(checklist(payment), many=True).data)
        wrong_role = refuse_without(user, APPLICANTS, payment.division)
        raise_if(refuse_amendment(payment, user), wrong_role=wrong_role)
        form = fill(PaymentPaperForm, body_of(request), request=payment)
        paper = attach_paper(request=payment, by=user, facts=form.facts())
        data = PaymentPaperSerializer(paper).data
        return Response(data, status=status.HTTP_201_CREATED)

    @extend_schema(
        request=described("PaymentAmendmentBody", PaymentForm, reason=REASON),
        responses=PaymentDetailSerializer,
    )
    def update(self, request: Request, pk: str) -> Response:
        """修改尚未送审或被退回的申请。"""
        user, payment = person(request), self.get_object()
        wrong_role = refuse_without(user, APPLICANTS, payment.division)
        raise_if(refuse_amendment(payment, user), wrong_role=wrong_role)
        form = fill(PaymentForm, body_of(request), project=payment.project, instance=payment)
        payment = amend_payment(
            request=payment, by=user, facts=form.facts(), reason=form.cleaned_data["reason"]
        )
        return Response(PaymentDetailSerializer(payment).data)
