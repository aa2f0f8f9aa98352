from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.forms import HiddenInput

from approvals.models import Meeting
from funds.models import Allotment, Entry, FundCategory
from funds.queries import search_allotments
from organizations.filters import FilterFor, PlaceFilter
from organizations.models import Division

from .idle import BANDS, LEVELS
from .models import (
    Adjustment,
    AnnualPlan,
    Contract,
    Filing,
    IdleLayer,
    PaymentRequest,
    ProcurementWay,
    Project,
    ProjectSource,
    ProjectType,
    Responsibility,
)
from .responsible_lists import lacking


class TypeFilter(django_filters.ModelChoiceFilter):  # type: ignore[misc]
    """A type of the upper level finds what stands below it too."""

    def filter(self, queryset: QuerySet[Project], value: ProjectType | None) -> QuerySet[Project]:
        return queryset.filter(Q(type=value) | Q(type__parent=value)) if value else queryset


class ProjectFilter(PlaceFilter):
    words = django_filters.CharFilter(method="by_words", label="名称、编号、拼音首字母")
    county = django_filters.ModelChoiceFilter(queryset=Division.objects.none(), label="县（市）")
    township = django_filters.ModelChoiceFilter(
        queryset=Division.objects.none(), method="by_place", label="乡镇"
    )
    status = django_filters.ChoiceFilter(choices=Project.Status.choices, label="状态")
    type = TypeFilter(queryset=ProjectType.objects.order_by("code"), label="项目类型")
    year = django_filters.NumberFilter(label="年度", min_value=2000, max_value=2100)
    allotment = django_filters.ModelChoiceFilter(
        queryset=Allotment.objects.none(), method="by_allotment", widget=HiddenInput
    )

    class Meta:
        model = Project
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "allotment" in self.filters:
            self.filters["allotment"].queryset = Allotment.objects.visible_to(self.user)

    def by_words(self, queryset: Any, name: str, value: str) -> QuerySet[Project]:
        found: QuerySet[Project] = queryset.search(value)
        return found

    def by_allotment(
        self, queryset: QuerySet[Project], name: str, value: Allotment
    ) -> QuerySet[Project]:
        fed = ProjectSource.objects.filter(allotment=value)
        return queryset.filter(pk__in=fed.values("project_id"))


class OfProject(FilterFor):
    """Of things of a project; which one is asked for by the links that lead to the list."""

    project = django_filters.ModelChoiceFilter(
        queryset=Project.objects.none(), widget=HiddenInput, label="项目"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["project"].queryset = Project.objects.visible_to(self.user)


class PaymentFilter(OfProject):
    words = django_filters.CharFilter(method="by_words", label="申请编号、收款人、项目")
    status = django_filters.ChoiceFilter(choices=PaymentRequest.Status.choices, label="状态")
    kind = django_filters.ChoiceFilter(choices=PaymentRequest.Kind.choices, label="款项性质")

    class Meta:
        model = PaymentRequest
        fields: tuple[str, ...] = ()

    def by_words(
        self, queryset: QuerySet[PaymentRequest], name: str, value: str
    ) -> QuerySet[PaymentRequest]:
        words = value.strip()
        projects = Project.objects.search(words)
        return queryset.filter(
            Q(number__istartswith=words) | Q(payee_name__icontains=words) | Q(project__in=projects)
        )


class ContractFilter(OfProject):
    words = django_filters.CharFilter(
        method="by_words", label="合同编号、名称、单位、信用代码、项目"
    )
    subject = django_filters.ChoiceFilter(choices=Contract.Subject.choices, label="采购内容")
    way = django_filters.ModelChoiceFilter(queryset=ProcurementWay.objects.all(), label="组织方式")
    standing = django_filters.ChoiceFilter(
        choices=(("yes", "有效"), ("no", "已作废")), method="by_standing", label="状态"
    )
    untendered = django_filters.ChoiceFilter(
        choices=(("true", "是"), ("false", "否")), method="by_untendered", label="达限额未招标"
    )

    class Meta:
        model = Contract
        fields: tuple[str, ...] = ()

    def by_words(self, queryset: QuerySet[Contract], name: str, value: str) -> QuerySet[Contract]:
        words = value.strip()
        projects = Project.objects.search(words)
        return queryset.filter(
            Q(number__icontains=words)
            | Q(name__icontains=words)
            | Q(contractor_name__icontains=words)
            | Q(contractor_code__istartswith=words)
            | Q(project__in=projects)
        )

    def by_standing(
        self, queryset: QuerySet[Contract], name: str, value: str
    ) -> QuerySet[Contract]:
        return queryset.filter(cancelled_at__isnull=value == "yes")

    def by_untendered(
        self, queryset: QuerySet[Contract], name: str, value: str
    ) -> QuerySet[Contract]:
        """Those that had to say why."""
        said = ~Q(way_reason="") & Q(way__is_bidding=False)
        return queryset.filter(said) if value == "true" else queryset.exclude(said)


class ByCounty(PlaceFilter):
    """Of things that are a county's."""

    county = django_filters.ModelChoiceFilter(
        field_name="division", queryset=Division.objects.none(), label="县（市）"
    )
    year = django_filters.NumberFilter(label="年度", min_value=2000, max_value=2100)


class AdjustmentFilter(OfProject):
    words = django_filters.CharFilter(method="by_words", label="调整编号、项目")
    status = django_filters.ChoiceFilter(choices=Adjustment.Status.choices, label="状态")
    kind = django_filters.ChoiceFilter(
        choices=Adjustment.Kind.choices, method="by_kind", label="调整类型"
    )
    major = django_filters.ChoiceFilter(
        choices=(("true", "是"), ("false", "否")), method="by_major", label="重大变更"
    )

    class Meta:
        model = Adjustment
        fields: tuple[str, ...] = ()

    def by_words(
        self, queryset: QuerySet[Adjustment], name: str, value: str
    ) -> QuerySet[Adjustment]:
        words = value.strip()
        projects = Project.objects.search(words)
        return queryset.filter(Q(number__istartswith=words) | Q(project__in=projects))

    def by_kind(
        self, queryset: QuerySet[Adjustment], name: str, value: str
    ) -> QuerySet[Adjustment]:
        return queryset.filter(kinds__contains=[value])

    def by_major(
        self, queryset: QuerySet[Adjustment], name: str, value: str
    ) -> QuerySet[Adjustment]:
        is_minor = Q(major_reason="")
        return queryset.exclude(is_minor) if value == "true" else queryset.filter(is_minor)


class MeetingFilter(django_filters.FilterSet):  # type: ignore[misc]
    year = django_filters.NumberFilter(
        field_name="held_on", lookup_expr="year", label="年度", min_value=2000, max_value=2100
    )
    status = django_filters.ChoiceFilter(choices=Meeting.Status.choices, label="状态")

    class Meta:
        model = Meeting
        fields: tuple[str, ...] = ()


class PlanFilter(ByCounty):
    status = django_filters.ChoiceFilter(choices=AnnualPlan.Status.choices, label="状态")

    class Meta:
        model = AnnualPlan
        fields: tuple[str, ...] = ()


class FilingFilter(ByCounty):
    kind = django_filters.ChoiceFilter(choices=Filing.Kind.choices, label="备案种类")
    status = django_filters.ChoiceFilter(choices=Filing.Status.choices, label="状态")
    late = django_filters.ChoiceFilter(
        choices=(("now", "逾期未报"), ("ever", "曾逾期（含未报）")), method="by_late", label="逾期"
    )

    class Meta:
        model = Filing
        fields: tuple[str, ...] = ()

    def by_late(self, queryset: Any, name: str, value: str) -> QuerySet[Filing]:
        found: QuerySet[Filing] = queryset.overdue() if value == "now" else queryset.ever_late()
        return found


class LibraryFilter(ProjectFilter):
    """Of all years; the status is the tab's."""

    status = None
    allotment = None
    category = django_filters.ModelChoiceFilter(
        queryset=FundCategory.objects.order_by("code", "-valid_from"),
        method="by_category",
        label="资金类别",
    )

    class Meta:
        model = Project
        fields: tuple[str, ...] = ()

    def by_category(
        self, queryset: QuerySet[Project], name: str, value: FundCategory
    ) -> QuerySet[Project]:
        """Each project once, out of however many allotments of the category it is paid."""
        paid = ProjectSource.objects.filter(allotment__category=value)
        return queryset.filter(pk__in=paid.values("project"))


class IdleFilter(PlaceFilter):
    """Of graded layers."""

    narrows = False
    kind = django_filters.ChoiceFilter(choices=IdleLayer.Kind.choices, label="类别")
    county = django_filters.ModelChoiceFilter(queryset=Division.objects.none(), label="县（市）")
    township = django_filters.ModelChoiceFilter(
        queryset=Division.objects.none(), method="by_township", label="乡镇"
    )
    category = django_filters.ModelChoiceFilter(
        queryset=FundCategory.objects.order_by("code", "-valid_from"),
        method="by_category",
        label="资金类别",
    )
    words = django_filters.CharFilter(method="by_words", label="文号、项目")
    band = django_filters.ChoiceFilter(
        choices=[(code, label) for code, label, _ in BANDS], label="账龄"
    )
    level = django_filters.ChoiceFilter(choices=[*LEVELS.items()], label="预警")

    class Meta:
        model = IdleLayer
        fields: tuple[str, ...] = ()

    def by_township(
        self, queryset: QuerySet[IdleLayer], name: str, value: Division
    ) -> QuerySet[IdleLayer]:
        inside = Division.objects.within([value.path]).values_list("pk", flat=True)
        return queryset.filter(division__in=list(inside))

    def by_category(
        self, queryset: QuerySet[IdleLayer], name: str, value: FundCategory
    ) -> QuerySet[IdleLayer]:
        return queryset.filter(of_sources(Allotment.objects.filter(category=value)))

    def by_words(self, queryset: QuerySet[IdleLayer], name: str, value: str) -> QuerySet[IdleLayer]:
        words = value.strip()[:60]
        named = of_sources(search_allotments(Allotment.objects.all(), words))
        projects = Project.objects.search(words).order_by().values("pk")
        return queryset.filter(named | Q(project__in=projects))


def of_sources(allotments: QuerySet[Allotment]) -> Q:
    """Layers of these allotments, and the surplus of the projects that they feed."""
    tags = allotments.order_by().values("pk")
    fed = ProjectSource.objects.filter(allotment__in=tags).values("project")
    return Q(allotment__in=tags) | Q(kind=IdleLayer.Kind.SURPLUS, project__in=fed)


class SurplusFilter(PlaceFilter):
    """Of what came back from projects to the pool."""

    county = django_filters.ModelChoiceFilter(
        field_name="source__earmark__project__county",
        queryset=Division.objects.none(),
        label="县（市）",
    )
    year = django_filters.NumberFilter(
        field_name="voucher__occurred_on", lookup_expr="year", label="收回年度",
        min_value=2000, max_value=2100,
    )  # fmt: skip
    words = django_filters.CharFilter(method="by_words", label="文号、项目")

    class Meta:
        model = Entry
        fields: tuple[str, ...] = ()

    def by_words(self, queryset: QuerySet[Entry], name: str, value: str) -> QuerySet[Entry]:
        words = value.strip()[:60]
        tags = search_allotments(Allotment.objects.all(), words).order_by().values("pk")
        projects = Project.objects.search(words).order_by().values("earmark")
        return queryset.filter(Q(destination__allotment__in=tags) | Q(source__earmark__in=projects))


class ResponsibilityFilter(ProjectFilter):
    """Approved projects, by who answers for them today and by what nobody answers for."""

    status = None
    allotment = None
    duty = django_filters.ChoiceFilter(
        choices=Responsibility.Duty.choices, method="by_holder", label="责任"
    )
    unit = django_filters.CharFilter(method="by_holder", label="责任单位、姓名")
    missing = django_filters.ChoiceFilter(
        choices=(("any", "任何一项"), *Responsibility.Duty.choices),
        method="by_missing",
        label="缺责任人",
    )

    class Meta:
        model = Project
        fields: tuple[str, ...] = ()

    def by_holder(self, queryset: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        """Duty and unit are asked of the same row."""
        rows = Responsibility.objects.answering()
        duty, words = self.data.get("duty"), str(self.data.get("unit", "")).strip()
        if duty:
            rows = rows.filter(duty=duty)
        if words:
            rows = rows.filter(Q(unit__icontains=words) | Q(name__icontains=words))
        return queryset.filter(pk__in=rows.values("project"))

    def by_missing(self, queryset: QuerySet[Project], name: str, value: str) -> QuerySet[Project]:
        return lacking(queryset, "" if value == "any" else value)
