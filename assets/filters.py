from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.forms import HiddenInput

from organizations.models import Division, User
from organizations.models.divisions import Level
from projects.models import Project

from .models import Asset, AssetClass, AssetType
from .models.assets import AssetQuerySet


class AssetFilter(django_filters.FilterSet):  # type: ignore[misc]
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
    project = django_filters.ModelChoiceFilter(
        queryset=Project.objects.none(), widget=HiddenInput, label="项目"
    )

    class Meta:
        model = Asset
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["project"].queryset = Project.objects.visible_to(user)
        divisions = Division.objects.visible_to(user).order_by("code")
        counties = divisions.filter(level=Level.COUNTY)
        self.offer("county", counties)
        townships = divisions.filter(level=Level.TOWNSHIP)
        if "county" in self.filters:
            townships = townships.within(self.chosen("county", counties))
        self.offer("township", townships)
        villages = divisions.filter(level=Level.VILLAGE)
        if "township" in self.filters:
            villages = villages.within(self.chosen("township", townships))
        self.offer("village", villages)

    def chosen(self, name: str, divisions: QuerySet[Division]) -> list[str]:
        """The path of what was chosen, in a list; empty without a choice."""
        asked = str(self.data.get(name, ""))
        found = divisions.filter(pk=asked).first() if asked.isdigit() else None
        return [found.path] if found else []

    def offer(self, name: str, divisions: QuerySet[Division]) -> None:
        """Choices that would not divide what the person sees are left out."""
        if divisions.count() > 1:
            self.filters[name].queryset = divisions
        else:
            del self.filters[name]

    @property
    def qs(self) -> AssetQuerySet:
        """Without a choice only what is in the register."""
        rows: AssetQuerySet = super().qs
        asked = self.form.cleaned_data.get("register") if self.form.is_valid() else ""
        return rows if asked else rows.filter(left_on__isnull=True)

    def by_words(self, queryset: Any, name: str, value: str) -> QuerySet[Asset]:
        found: QuerySet[Asset] = queryset.search(value)
        return found

    def by_place(self, queryset: QuerySet[Asset], name: str, value: Division) -> QuerySet[Asset]:
        return queryset.filter(division__path__startswith=value.path)

    def by_register(self, queryset: QuerySet[Asset], name: str, value: str) -> QuerySet[Asset]:
        return queryset if value == "all" else queryset.filter(left_on__isnull=False)
