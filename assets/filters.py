from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet

from organizations.filters import PlaceFilter
from organizations.models import Division
from projects.filters import OfProject

from .models import Asset, AssetClass, AssetType
from .models.assets import AssetQuerySet


class AssetFilter(OfProject, PlaceFilter):
    """County, township and village read the same rows; the place narrows them."""

    words = django_filters.CharFilter(method="by_words", label="名称、编号、项目、单位")
    county = django_filters.ModelChoiceFilter(queryset=Division.objects.none(), label="县（市）")
    township = django_filters.ModelChoiceFilter(
        queryset=Division.objects.none(), method="by_place", label="乡镇"
    )
    village = django_filters.ModelChoiceFilter(
        queryset=Division.objects.none(), method="by_place", label="村"
    )
    asset_class = django_filters.ChoiceFilter(choices=AssetClass.choices, label="类别")
    type = django_filters.ModelChoiceFilter(queryset=AssetType.objects.all(), label="子类")
    owner_level = django_filters.ChoiceFilter(choices=Asset.Level.choices, label="权属层级")
    condition = django_filters.ChoiceFilter(choices=Asset.Condition.choices, label="使用状况")
    year = django_filters.NumberFilter(label="项目年度", min_value=2012, max_value=2100)
    register = django_filters.ChoiceFilter(
        choices=(("left", "已退出台账"), ("all", "全部")),
        method="by_register",
        label="在册",
        empty_label="在册",
    )

    class Meta:
        model = Asset
        fields: tuple[str, ...] = ()

    @property
    def qs(self) -> AssetQuerySet:
        """Without a choice only what is in the register."""
        rows: AssetQuerySet = super().qs
        asked = self.form.cleaned_data.get("register") if self.form.is_valid() else ""
        return rows if asked else rows.filter(left_on__isnull=True)

    def by_words(self, queryset: Any, name: str, value: str) -> QuerySet[Asset]:
        found: QuerySet[Asset] = queryset.search(value)
        return found

    def by_register(self, queryset: QuerySet[Asset], name: str, value: str) -> QuerySet[Asset]:
        return queryset if value == "all" else queryset.filter(left_on__isnull=False)
