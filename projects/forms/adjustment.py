"""What the township types of an adjustment: new values beside the old ones."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TypeVar

from django import forms

from funds.fields import AmountField, AmountOrZeroField
from organizations.forms import words
from organizations.models import Division
from organizations.personal_data import refuse_personal_data
from projects import changes
from projects.adjusting import not_adjustable, not_enough_left
from projects.models import Adjustment, Project

from .project import (
    WITHIN,
    count_field,
    date_field,
    shown_first,
)

K = Adjustment.Kind
# The fields of the form in the order of the page; places and the bill have fieldsets of their own.
GROUPS = (
    ("内容与规模", ("content", "subsidy_standard")),
    (
        "受益规模",
        ("villages_covered", "households", "people", "poor_households", "poor_people"),
    ),
    ("资金", ("approved_amount", "total_investment", "self_raised")),
    ("工期", ("planned_start", "planned_end")),
    ("实施单位", ("implementing_unit", "implementing_unit_code", "owner_name", "owner_title")),
)
MAY_BE_EMPTY = {"subsidy_standard", "implementing_unit_code", "self_raised"}


F = TypeVar("F", bound=forms.Field)


def optional(field: F) -> F:
    """What is not sent stays as it is."""
    field.required = field.widget.is_required = False
    return field


def line(name: str) -> forms.CharField:
    """A short text of the project, as long as its column."""
    column: Any = Project._meta.get_field(name)
    return forms.CharField(
        label=column.verbose_name,
        max_length=column.max_length,
        required=False,
        validators=[refuse_personal_data],
    )


def one_newline(value: Any) -> Any:
    """A browser sends its own newlines back; that is no change of a text."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


class AdjustmentForm(forms.Form):
    """The new values beside the old ones. What is not sent stays as the project has it; what is
    changed must belong to a kind that is ticked, and each kind must change something."""

    kinds = forms.MultipleChoiceField(
        label="调整类型", choices=K.choices, widget=forms.CheckboxSelectMultiple
    )
    reason = words("调整事由", rows=3)
    is_marked_major = forms.BooleanField(
        label="内容或地点属重大变更", required=False, help_text="由申请单位判断，各级审核时可见"
    )
    content = optional(words("建设内容与规模"))
    subsidy_standard = line("subsidy_standard")
    villages_covered = optional(count_field("覆盖村数"))
    households = optional(count_field("受益户数"))
    people = optional(count_field("受益人数"))
    poor_households = optional(count_field("其中帮扶对象户数"))
    poor_people = optional(count_field("其中帮扶对象人数"))
    approved_amount = AmountField(label="调整后批准财政资金（元）", required=False)
    total_investment = AmountField(label="估算总投资（元）", required=False)
    self_raised = AmountOrZeroField(label="自筹资金（元）", required=False)
    planned_start = optional(date_field("计划开工"))
    planned_end = optional(date_field("计划完工"))
    implementing_unit = line("implementing_unit")
    implementing_unit_code = line("implementing_unit_code")
    owner_name = line("owner_name")
    owner_title = line("owner_title")
    places = forms.ModelMultipleChoiceField(
        label="实施地点",
        queryset=Division.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "所选地点不在本县区划之内"},
    )

    def __init__(
        self,
        *args: Any,
        project: Project,
        adjustment: Adjustment | None = None,
        work_items: list[dict[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        """`work_items` is the bill as it was sent along, None where nothing was."""
        super().__init__(*args, **kwargs)
        self.project, self.work_items = project, work_items
        names = [name for name in self.fields if name in changes.changeable(K.values)]
        self.now = {name: changes.current(project, name) for name in (*names, "work_items")}
        for name in names:
            self.fields[name].help_text = self.help_for(name)
        places = self.fields["places"]
        assert isinstance(places, forms.ModelMultipleChoiceField)
        places.queryset = Division.objects.within([project.county.path])
        wanted = wanted_values(project, adjustment) if adjustment else {}
        for name in names:
            self.initial.setdefault(name, wanted.get(name, self.now[name]))
        if adjustment:
            for name in ("kinds", "reason", "is_marked_major"):
                self.initial.setdefault(name, getattr(adjustment, name))

    def help_for(self, name: str) -> str:
        if name in ("content", "places"):
            return ""
        return f"现为 {changes.in_words(name, self.now[name]) or '（空）'}"

    def groups(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        for title, names in GROUPS:
            yield title, [self[name] for name in names]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        self.proposed = {name: data[name] for name in self.changed(data)}
        if self.work_items is not None and self.differs("work_items", self.work_items):
            self.proposed["work_items"] = self.work_items
        kinds = data.get("kinds")
        if kinds and not self.errors:
            self.check_kinds(kinds, bool(data.get("is_marked_major")))
            self.check_values({**self.now, **self.proposed})
            self.check_money(kinds)
        return data

    def changed(self, data: dict[str, Any]) -> Iterator[str]:
        """The fields that were sent with another value than the project's."""
        for name in self.now:
            if name not in self.data or name not in data or name in self.errors:
                continue
            if data[name] in (None, "") and name not in MAY_BE_EMPTY:
                self.add_error(name, "请填写调整后的值")
            elif name == "places" and not data[name]:
                continue
            elif self.differs(name, data[name]):
                yield name

    def differs(self, name: str, value: Any) -> bool:
        sent, now = changes.stored(name, value), changes.stored(name, self.now[name])
        return bool(one_newline(sent) != one_newline(now))

    def check_kinds(self, kinds: list[str], is_marked_major: bool) -> None:
        if K.TERMINATION in kinds and len(kinds) > 1:
            self.add_error("kinds", "终止不与其他类型同时申请")
            return
        for name in self.proposed:
            belongs = [K(kind) for kind in K.values if name in changes.CHANGEABLE[kind]]
            if not set(belongs).intersection(kinds):
                labels = "”或“".join(str(kind.label) for kind in belongs)
                self.add_error("kinds", f"改动了{changes.label_of(name)}，请勾选“{labels}”")
        for kind in kinds:
            if kind != K.TERMINATION and not set(self.telling(kind)).intersection(self.proposed):
                self.add_error("kinds", f"勾选了“{K(kind).label}”，但相应内容没有变化")
        if is_marked_major and not {K.CONTENT, K.PLACE}.intersection(kinds):
            self.add_error("is_marked_major", "只有内容、地点的调整由申请人标明是否重大")

    def telling(self, kind: str) -> tuple[str, ...]:
        """What has to differ for a kind: of the money, what is approved."""
        return ("approved_amount",) if kind == K.MONEY else changes.CHANGEABLE[kind]

    def check_values(self, values: dict[str, Any]) -> None:
        start, end = values["planned_start"], values["planned_end"]
        if end < start:
            self.add_error("planned_end", f"计划完工 {end} 早于计划开工 {start}")
        for name, bound, message in WITHIN:
            if values[name] > values[bound]:
                self.add_error(name, message.format(values[name], values[bound]))
        total, own = values["total_investment"], values["self_raised"]
        public = self.proposed.get("approved_amount", self.project.requested_amount)
        if total < public + own:
            self.add_error(
                "total_investment",
                f"估算总投资 {total:,.2f} 元小于财政资金与自筹之和 {public + own:,.2f} 元",
            )

    def check_money(self, kinds: list[str]) -> None:
        refusal = not_adjustable(self.project, kinds, self.money_change)
        if refusal:
            self.add_error("kinds", refusal.reason)
        short = not_enough_left(self.project, self.money_change)
        if short:
            self.add_error("approved_amount", short.reason)

    @property
    def money_change(self) -> Decimal:
        wanted: Decimal = self.proposed.get("approved_amount", self.now["approved_amount"])
        change: Decimal = wanted - self.now["approved_amount"]
        return change

    def facts(self) -> dict[str, Any]:
        """As `start_adjustment` and `amend_adjustment` take them."""
        names = ("kinds", "reason", "is_marked_major")
        return {name: self.cleaned_data[name] for name in names}

    def chosen_places(self) -> set[int]:
        values = self["places"].value() or []
        return {int(getattr(v, "pk", v)) for v in values if str(getattr(v, "pk", v)).isdigit()}

    def shown_places(self, words: str = "") -> list[Division]:
        """The chosen places, then what was searched for, or first what lies around."""
        places = self.fields["places"]
        assert isinstance(places, forms.ModelMultipleChoiceField) and places.queryset is not None
        near = self.project.division.parent or self.project.division
        around = Division.objects.within([near.path])
        return shown_first(places.queryset, self.chosen_places(), words, around)


def wanted_values(project: Project, adjustment: Adjustment) -> dict[str, Any]:
    """What a draft asks for, as the fields know it."""
    values = {row["name"]: row["value"] for row in adjustment.changes if "value" in row}
    if "places" in values:
        values["places"] = list(Division.objects.filter(pk__in=values["places"]))
    return values
