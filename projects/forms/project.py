"""A project as the village, the work team or the township writes it down."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.forms.formsets import BaseFormSet, formset_factory

from funds.fields import AmountField, AmountOrZeroField
from organizations.credit_codes import check_credit_code
from organizations.forms import date_input
from organizations.models import Division, User
from organizations.personal_data import refuse_personal_data
from projects.models import Project, ProjectType
from projects.policies import (
    counties_over,
    departments_of,
    divisions_to_propose_for,
    same_project,
)

SHOWN_PLACES = 40
GROUPS = (
    ("基本", ("division", "name", "year", "type", "nature", "level", "department")),
    (
        "责任",
        (
            "implementing_unit", "implementing_unit_code", "leader_name", "leader_title",
            "owner_name", "owner_title",
        ),
    ),
    ("建设", ("planned_start", "planned_end", "subsidy_standard", "content")),
    ("资金", ("total_investment", "requested_amount", "self_raised")),
    (
        "受益",
        (
            "villages_covered", "households", "people", "poor_households", "poor_people",
            "linkages", "linkage_note",
        ),
    ),
    ("四项分析", ("causes", "resources", "funding", "needs")),
)  # fmt: skip
# (field that is too large, field that bounds it, what is wrong); the database holds the same.
WITHIN = (
    ("households", "people", "受益户数 {0} 多于受益人数 {1}"),
    ("poor_households", "poor_people", "帮扶对象户数 {0} 多于帮扶对象人数 {1}"),
    ("poor_households", "households", "帮扶对象户数 {0} 多于受益户数 {1}"),
    ("poor_people", "people", "帮扶对象人数 {0} 多于受益人数 {1}"),
)


class TypeField(forms.ModelChoiceField[ProjectType]):
    def label_from_instance(self, obj: ProjectType) -> str:
        return f"{obj.parent}—{obj}" if obj.parent else str(obj)


def date_field(label: str) -> forms.DateField:
    return forms.DateField(label=label, widget=date_input())


def count_field(label: str) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=10_000_000)


class ProjectForm(forms.ModelForm[Project]):
    """`user` limits the divisions; with an instance the text is being revised, with a reason."""

    division = forms.ModelChoiceField(
        label="申报村、乡镇", queryset=Division.objects.none(), help_text="本人岗位所辖的村或乡镇"
    )
    type = TypeField(label="项目类型", queryset=ProjectType.objects.none())
    year = forms.IntegerField(label="年度", min_value=2015, max_value=2100)
    planned_start = date_field("计划开工")
    planned_end = date_field("计划完工")
    total_investment = AmountField(label="估算总投资（元）")
    requested_amount = AmountField(label="申请财政资金（元）")
    self_raised = AmountOrZeroField(label="自筹资金（元）", required=False)
    villages_covered = count_field("覆盖村数")
    households = count_field("受益户数")
    people = count_field("受益人数")
    poor_households = count_field("其中帮扶对象户数")
    poor_people = count_field("其中帮扶对象人数")
    linkages = forms.MultipleChoiceField(
        label="带贫减贫机制",
        choices=Project.Linkage.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    places = forms.ModelMultipleChoiceField(
        label="实施地点",
        queryset=Division.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "所选地点不在本县区划之内"},
    )

    class Meta:
        model = Project
        fields = tuple(name for _, names in GROUPS for name in names)
        widgets = {
            name: forms.Textarea(attrs={"rows": 3})
            for name in ("content", "linkage_note", "causes", "resources", "funding", "needs")
        }

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        divisions = divisions_to_propose_for(user)
        self.counties = counties_over(divisions)
        self.choose("division", divisions)
        self.choose("department", departments_of(self.counties))
        self.choose("type", types_for(self.instance))
        self.preset("division", divisions)
        self.choose("places", Division.objects.within(self.counties.values_list("path", flat=True)))
        if self.instance.pk:
            self.fields["division"].disabled = True
            self.fields["reason"] = forms.CharField(
                label="修改事由", max_length=100, validators=[refuse_personal_data]
            )
            self.initial.setdefault(
                "places", list(self.instance.places.values_list("division_id", flat=True))
            )

    def choose(self, name: str, queryset: QuerySet[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = queryset

    def preset(self, name: str, queryset: QuerySet[Any]) -> None:
        """The only choice there is need not be made."""
        only = list(queryset[:2])
        if len(only) == 1:
            self.initial.setdefault(name, only[0].pk)

    def groups(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        for title, names in GROUPS:
            yield title, [self[name] for name in names]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        start, end = data.get("planned_start"), data.get("planned_end")
        if start and end and end < start:
            self.add_error("planned_end", f"计划完工 {end} 早于计划开工 {start}")
        self.check_money(data)
        self.check_name(data)
        for name, bound, message in WITHIN:
            low, high = data.get(name), data.get(bound)
            if low is not None and high is not None and low > high:
                self.add_error(name, message.format(low, high))
        return data

    def check_money(self, data: dict[str, Any]) -> None:
        amounts = [data.get(n) for n in ("total_investment", "requested_amount", "self_raised")]
        if any(amount is None for amount in amounts):
            return
        total, requested, own = (amount or Decimal(0) for amount in amounts)
        if total < requested + own:
            self.add_error(
                "total_investment",
                f"估算总投资 {total:,.2f} 元小于申请财政资金与自筹之和 {requested + own:,.2f} 元",
            )

    def check_name(self, data: dict[str, Any]) -> None:
        stored = self.instance if self.instance.pk else None
        division = stored.division if stored else data.get("division")
        year, name = data.get("year"), data.get("name")
        if division and year and name:
            refusal = same_project(division, year, name, but=stored)
            if refusal:
                self.add_error("name", f"{refusal.reason}。可由{refusal.who_can_clear}办理")

    def warnings(self) -> list[str]:
        """What is odd but no reason to refuse."""
        code = self.cleaned_data["implementing_unit_code"]
        warning = check_credit_code(code) if code else None
        return [warning] if warning else []

    def facts(self) -> dict[str, Any]:
        """The model's fields as `propose_project` and `revise_project` take them."""
        names = [n for n in self._meta.fields or () if n != "division"]
        return {name: self.cleaned_data[name] for name in names}

    def chosen_places(self) -> set[int]:
        values = self["places"].value() or []
        return {int(value) for value in values if str(value).isdigit()}

    def shown_places(self, words: str = "") -> list[Division]:
        """The chosen places, then what was searched for, or first the person's own territory."""
        field, division = self.fields["places"], self.fields["division"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        assert isinstance(division, forms.ModelChoiceField)
        if field.queryset is None or division.queryset is None:
            return []
        return shown_first(field.queryset, self.chosen_places(), words, division.queryset)


def shown_first(
    within: QuerySet[Division], chosen: set[int], words: str, otherwise: QuerySet[Division]
) -> list[Division]:
    """The chosen places, then what the words find, or without words the others at hand."""
    first = within.filter(pk__in=chosen).select_related("parent")
    found = search_places(within, words) if words.strip() else otherwise
    others = found.exclude(pk__in=chosen).select_related("parent")
    return [*first, *others[:SHOWN_PLACES]]


def search_places(within: QuerySet[Division], words: str) -> QuerySet[Division]:
    """What bears the name, and what lies in it: a township brings its villages along."""
    hits = Division.objects.filter(pk__in=within.values("pk")).search(words)
    return Division.objects.within(hits.values_list("path", flat=True)[:SHOWN_PLACES])


def types_for(project: Project) -> QuerySet[ProjectType]:
    """The kinds of today's regime that have no kinds below them, and the one that is set."""
    in_force = ProjectType.objects.in_force().filter(children__isnull=True)
    return (
        ProjectType.objects.filter(Q(pk__in=in_force.values("pk")) | Q(pk=project.type_id))
        .select_related("parent")
        .order_by("code")
    )


class WorkItemForm(forms.Form):
    name = forms.CharField(label="工程内容", max_length=80, validators=[refuse_personal_data])
    unit = forms.CharField(label="单位", max_length=20)
    quantity = forms.DecimalField(
        label="数量", max_digits=14, decimal_places=3, min_value=Decimal("0.001")
    )
    unit_price = AmountOrZeroField(label="单价（元）")


class WorkItems(BaseFormSet[WorkItemForm]):
    """Rows left empty are no rows, also those that were filled before."""

    def initial_form_count(self) -> int:
        return 0 if self.is_bound else super().initial_form_count()

    def facts(self) -> list[dict[str, Any]]:
        return [form.cleaned_data for form in self.forms if form.cleaned_data]

    def typed(self) -> list[dict[str, Any]]:
        """What stands in the rows, unjudged, to be shown again."""
        rows = [{name: form[name].value() for name in form.fields} for form in self.forms]
        return [row for row in rows if any(row.values())]


WorkItemFormSet: type[WorkItems] = formset_factory(  # type: ignore[assignment]
    WorkItemForm, formset=WorkItems, extra=5, max_num=200, absolute_max=200, validate_max=True
)


def typed_values(form: forms.BaseForm) -> dict[str, Any]:
    """What stands in the fields of a bound form, unjudged, as initial values of a fresh one."""
    return {name: form[name].value() for name in form.fields}
