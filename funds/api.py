"""The pool and the ledger by API: the pages' forms in, the ledger's own words out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from approvals.api import KEY_REQUIRED, SubjectViewSet, body_of, demanded_key, known_evidence
from approvals.json_forms import asked_by, demand_valid, described, fill
from organizations.api import VisibleViewSet, person
from organizations.models import Division, User
from organizations.policies import demand
from organizations.requests import get_visible

from .filters import AllotmentFilter
from .forms import AllotmentForm, ReceiptForm, ReturnForm, ReversalForm
from .journals import months_of
from .models import Allotment, FundCategory, Month, Voucher
from .policies import CLOSERS, counties_of, demand_fund_reader
from .queries import arrivals_by_allotment, figures_by_allotment, figures_by_county
from .serializers import (
    AllotmentSerializer,
    CountyFiguresSerializer,
    FiguresSerializer,
    FundCategorySerializer,
    LedgerRowSerializer,
    MonthSerializer,
    VoucherDetailSerializer,
    VoucherSerializer,
)
from .services import (
    month_of,
    record_allotment,
    record_receipt,
    return_to_upper_level,
    reverse_voucher,
)

ALLOTMENT_QUERY = asked_by(AllotmentFilter.base_filters)
VOUCHER_QUERY = [OpenApiParameter(name, str) for name in ("county", "kind", "year")]


class MonthForm(forms.Form):
    month = forms.DateField(label="月份，如 2025-03", input_formats=["%Y-%m"])


def pk_in(body: Mapping[str, Any], name: str) -> int:
    """The id of a row that the body names. Raises ValidationError."""
    value = body.get(name)
    if type(value) is not int:
        raise ValidationError({name: ["须为编号（整数）"]})
    return value


def county_in(body: Mapping[str, Any], user: User) -> Division:
    """The county that the body names by code; not seen by this person, not there (404)."""
    code = body.get("county")
    if not isinstance(code, str):
        raise ValidationError({"county": ["须为 12 位区划代码（字符串）"]})
    found = [county for county in counties_of(user) if county.code == code]
    return get_visible(Division.objects.filter(level="county"), found[0].pk if found else 0)


def without(body: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


class FundCategoryViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[FundCategory]):
    """资金类别，含已失效的制度时期。"""

    queryset = FundCategory.objects.all()
    serializer_class = FundCategorySerializer


class AllotmentRows(VisibleViewSet):
    """Allotments that the query finds, for the list and for the ledger."""

    queryset = Allotment.objects.select_related("county", "category")
    serializer_class = AllotmentSerializer

    def demand_reader(self, user: User) -> None:
        demand_fund_reader(user)

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        counties = counties_of(person(self.request))
        asked = AllotmentFilter(self.request.query_params, queryset=queryset, counties=counties)
        demand_valid(asked.form)
        found: QuerySet[Allotment] = asked.found
        return found


class AllotmentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, AllotmentRows):
    """指标下达。"""

    @extend_schema(parameters=ALLOTMENT_QUERY)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(
        request=described("AllotmentBody", AllotmentForm, county=serializers.CharField()),
        responses={201: AllotmentSerializer},
    )
    def create(self, request: Request) -> Response:
        """登记指标。"""
        user, body = person(request), body_of(request)
        county = county_in(body, user)
        form = fill(AllotmentForm, without(body, "county"), county=county)
        allotment = record_allotment(county=county, by=user, facts=form.cleaned_data)
        return Response(AllotmentSerializer(allotment).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=FiguresSerializer)
    @action(detail=True)
    def figures(self, request: Request, pk: str) -> Response:
        """这一指标的六项数字。"""
        allotment = self.get_object()
        return Response(FiguresSerializer(figures_by_allotment([allotment])[allotment.pk]).data)


class LedgerViewSet(mixins.ListModelMixin, AllotmentRows):
    """总台账：每个指标一行，从下达到结余。"""

    serializer_class = LedgerRowSerializer  # type: ignore[assignment]

    @extend_schema(parameters=ALLOTMENT_QUERY)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        assert page is not None
        figures, arrivals = figures_by_allotment(page), arrivals_by_allotment(page)
        rows = [
            {"allotment": a, "figures": figures[a.pk], "arrival": arrivals.get(a.pk)} for a in page
        ]
        return self.get_paginated_response(LedgerRowSerializer(rows, many=True).data)


class FiguresView(APIView):
    @extend_schema(responses=CountyFiguresSerializer(many=True))
    def get(self, request: Request) -> Response:
        """各县专账的六项数字。"""
        demand_fund_reader(person(request))
        counties = counties_of(person(request))
        figures = figures_by_county(counties)
        rows = [{"county": county, "figures": figures[county.pk]} for county in counties]
        return Response(CountyFiguresSerializer(rows, many=True).data)


def allotment_in(body: Mapping[str, Any], user: User) -> Allotment:
    demand_fund_reader(user)
    return get_visible(Allotment.objects.visible_to(user), pk_in(body, "allotment"))


def posted(voucher: Voucher, *, was_posted: bool) -> Response:
    """201 for a new voucher, 200 when the key had brought it before."""
    answer = VoucherDetailSerializer(with_entries(Voucher.objects.all()).get(pk=voucher.pk))
    return Response(answer.data, status.HTTP_200_OK if was_posted else status.HTTP_201_CREATED)


def is_posted(key: str) -> bool:
    return Voucher.objects.filter(key=key).exists()


def with_entries(vouchers: QuerySet[Voucher]) -> QuerySet[Voucher]:
    return vouchers.select_related("county", "reversal").prefetch_related(
        "entries__source__earmark", "entries__destination__earmark"
    )


class ReceiptView(APIView):
    @extend_schema(
        request=described(
            "ReceiptBody",
            ReceiptForm,
            evidence=serializers.ListField(child=serializers.CharField(), required=False),
        ),
        responses={201: VoucherDetailSerializer, 200: VoucherDetailSerializer},
        parameters=[KEY_REQUIRED],
    )
    def post(self, request: Request) -> Response:
        """登记到账：收到一笔进一笔。"""
        user, body, key = person(request), body_of(request), demanded_key(request)
        allotment = allotment_in(body, user)
        form = fill(
            ReceiptForm,
            {**without(body, "evidence"), "key": key},
            allotments=Allotment.objects.filter(pk=allotment.pk),
        )
        evidence = evidence_in(body, user)
        was_posted = is_posted(key)
        voucher = record_receipt(by=user, evidence=evidence, **form.cleaned_data)
        return posted(voucher, was_posted=was_posted)


def evidence_in(body: Mapping[str, Any], user: User) -> list[str]:
    given = body.get("evidence", [])
    if not isinstance(given, list) or not all(isinstance(digest, str) for digest in given):
        raise ValidationError({"evidence": ["须为佐证 SHA-256 的列表"]})
    return list(known_evidence([digest.replace("\0", "") for digest in given[:50]], user))


class ReturnView(APIView):
    @extend_schema(
        request=described("ReturnBody", ReturnForm, allotment=serializers.IntegerField()),
        responses={201: VoucherDetailSerializer, 200: VoucherDetailSerializer},
        parameters=[KEY_REQUIRED],
    )
    def post(self, request: Request) -> Response:
        """上缴上级。"""
        user, body, key = person(request), body_of(request), demanded_key(request)
        allotment = allotment_in(body, user)
        form = fill(ReturnForm, {**without(body, "allotment"), "key": key})
        was_posted = is_posted(key)
        voucher = return_to_upper_level(allotment=allotment, by=user, **form.cleaned_data)
        return posted(voucher, was_posted=was_posted)


class VoucherViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """凭证，最近入账的在前。"""

    queryset = Voucher.objects.select_related("county", "reversal").order_by("-posted_at", "-id")
    serializer_class = VoucherSerializer

    def demand_reader(self, user: User) -> None:
        demand_fund_reader(user)

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        return with_entries(rows) if self.action == "retrieve" else rows

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.request.query_params
        if asked.get("county"):
            codes = [c.pk for c in counties_of(person(self.request)) if c.code == asked["county"]]
            queryset = queryset.filter(county__in=codes)
        if asked.get("kind") in Voucher.Kind.values:
            queryset = queryset.filter(kind=asked["kind"])
        if asked.get("year", "").isdecimal() and len(asked["year"]) == 4:
            queryset = queryset.filter(year=asked["year"])
        return queryset

    @extend_schema(parameters=VOUCHER_QUERY)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=VoucherDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(VoucherDetailSerializer(self.get_object()).data)

    @extend_schema(
        request=described("ReversalBody", ReversalForm),
        responses={201: VoucherDetailSerializer, 200: VoucherDetailSerializer},
        parameters=[KEY_REQUIRED],
    )
    @action(detail=True, methods=["post"])
    def reverse(self, request: Request, pk: str) -> Response:
        """红字冲销到账或上缴凭证；依据办理记录的凭证在相应事项中冲销。"""
        voucher, key = self.get_object(), demanded_key(request)
        form = fill(ReversalForm, {**body_of(request), "key": key})
        was_posted = is_posted(key)
        reversal = reverse_voucher(voucher=voucher, by=person(request), **form.cleaned_data)
        return posted(reversal, was_posted=was_posted)


class MonthViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, SubjectViewSet):
    """会计月份：结账与反结账。"""

    queryset = Month.objects.select_related("division").order_by("-first_day", "division__code")
    serializer_class = MonthSerializer

    @extend_schema(
        request=described("MonthBody", MonthForm, county=serializers.CharField()),
        responses=MonthSerializer,
    )
    def create(self, request: Request) -> Response:
        """备好一个有账的月份，以便结账；已有的照原样返回。"""
        user, body = person(request), body_of(request)
        county = county_in(body, user)
        demand(user, CLOSERS, county)
        form = fill(MonthForm, without(body, "county"))
        first_day = form.cleaned_data["month"]
        if first_day not in {m.first_day for m in months_of(county, until=timezone.localdate())}:
            raise ValidationError({"month": ["本县专账没有这个月份"]})
        return Response(MonthSerializer(month_of(county=county, first_day=first_day)).data)

    def demand_reader(self, user: User) -> None:
        demand_fund_reader(user)
