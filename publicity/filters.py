from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from organizations.filters import PlaceFilter
from organizations.models import Division

from .models import Notice, NoticeType, Objection, Posting

# The words of `Notice.standing`, as a list asks for them.
STANDINGS = (
    ("unposted", "待张贴"),
    ("running", "公示中"),
    ("over", "公示期满"),
    ("void", "须重新公示"),
    ("objected", "有未答复的异议"),
    ("superseded", "已由新版替代"),
)


class NoticeFilter(PlaceFilter):
    """The version that stands of each notice, unless superseded ones are asked for."""

    words = django_filters.CharFilter(method="by_words", label="编号、事项、校验码")
    county = django_filters.ModelChoiceFilter(
        queryset=Division.objects.none(), method="by_place", label="县（市）"
    )
    type = django_filters.ChoiceFilter(field_name="type__code", label="公示类型")
    standing = django_filters.ChoiceFilter(
        choices=STANDINGS, method="by_standing", label="现状", empty_label="现行各版"
    )

    class Meta:
        model = Notice
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = NoticeType.objects.in_force().order_by("code")
        self.filters["type"].extra["choices"] = list(types.values_list("code", "name"))

    def filter_queryset(self, queryset: QuerySet[Notice]) -> QuerySet[Notice]:
        found: QuerySet[Notice] = super().filter_queryset(queryset)
        superseded = self.form.cleaned_data.get("standing") == "superseded"
        return found.filter(superseded_by__isnull=not superseded)

    def by_words(self, queryset: QuerySet[Notice], name: str, value: str) -> QuerySet[Notice]:
        words = value.strip()
        return queryset.filter(
            Q(number__icontains=words)
            | Q(subject_title__icontains=words)
            | Q(check_code__startswith=words.lower())
        )

    def by_standing(self, queryset: QuerySet[Notice], name: str, value: str) -> QuerySet[Notice]:
        return queryset.filter(where_standing(value))


def where_standing(wanted: str) -> Q:
    hung = Posting.objects.filter(notice=OuterRef("pk"))
    over = Exists(hung.filter(ends_on__lt=timezone.localdate()))
    void = Exists(Objection.objects.filter(voids=OuterRef("pk")))
    objected = Objection.objects.open().filter(notice=OuterRef("pk"))
    conditions = {
        "unposted": ~Exists(hung) & ~Q(void),
        "running": Exists(hung) & ~Q(over) & ~Q(void),
        "over": Q(over) & ~Q(void),
        "void": Q(void),
        "objected": Q(Exists(objected)),
    }
    return conditions.get(wanted, Q())


class ObjectionFilter(PlaceFilter):
    words = django_filters.CharFilter(method="by_words", label="回执号、公示编号、事项")
    county = django_filters.ModelChoiceFilter(
        queryset=Division.objects.none(), method="by_place", label="县（市）"
    )
    status = django_filters.ChoiceFilter(
        choices=[("open", "未答复"), ("late", "超期未答复"), *Objection.Status.choices],
        method="by_status",
        label="状态",
    )
    channel = django_filters.ChoiceFilter(choices=Objection.Channel.choices, label="渠道")

    class Meta:
        model = Objection
        fields: tuple[str, ...] = ()

    def by_words(self, queryset: QuerySet[Objection], name: str, value: str) -> QuerySet[Objection]:
        words = value.strip()
        return queryset.filter(
            Q(receipt__istartswith=words)
            | Q(notice__number__icontains=words)
            | Q(notice__subject_title__icontains=words)
        )

    def by_status(
        self, queryset: QuerySet[Objection], name: str, value: str
    ) -> QuerySet[Objection]:
        unanswered = queryset.exclude(status=Objection.Status.ANSWERED)
        if value == "open":
            return unanswered
        if value == "late":
            return unanswered.filter(reply_due_on__lt=timezone.localdate())
        return queryset.filter(status=value)
