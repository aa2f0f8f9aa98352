from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet

from organizations.forms import date_input
from organizations.models import Division

from .fields import AmountField
from .models import Account, Allotment, Entry, FundCategory, FundLevel, Voucher
from .queries import search_allotments


class AllotmentFilter(django_filters.FilterSet):  # type: ignore[misc]
    """The filters of the allotment list and the fund ledger; the journal takes them as well, so
    that a figure's link can carry them."""

    county = django_filters.ModelChoiceFilter(
        label="县（市）", queryset=Division.objects.none(), to_field_name="code", empty_label="全部"
    )
    fund_year = django_filters.NumberFilter(
        label="资金年度", min_value=2000, max_value=2100, decimal_places=0
    )
    level = django_filters.ChoiceFilter(label="级次", choices=FundLevel.choices, empty_label="全部")
    group = django_filters.ChoiceFilter(
        label="大类",
        field_name="category__group",
        choices=FundCategory.Group.choices,
        empty_label="全部",
    )
    category = django_filters.ModelChoiceFilter(
        label="资金类别", queryset=FundCategory.objects.all(), empty_label="全部"
    )
    q = django_filters.CharFilter(label="文号、名称或拼音首字母", method="search")

    class Meta:
        model = Allotment
        fields = ("county", "fund_year", "level", "group", "category", "q")

    def __init__(self, data: Any, *, queryset: QuerySet[Allotment], counties: list[Division]):
        super().__init__(data, queryset=queryset)
        self.form.fields["county"].queryset = Division.objects.filter(
            pk__in=[county.pk for county in counties]
        )
        if len(counties) < 2:
            self.form.fields["county"].widget = forms.HiddenInput()

    def search(self, queryset: QuerySet[Allotment], name: str, value: str) -> QuerySet[Allotment]:
        return search_allotments(queryset, value[:60])

    @property
    def found(self) -> QuerySet[Allotment]:
        """What was asked for; nothing when the question itself is wrong."""
        rows: QuerySet[Allotment] = self.qs if self.form.is_valid() else self.queryset.none()
        return rows

    @property
    def asked(self) -> dict[str, Any]:
        """The filters in use, as they stand in the address."""
        return {name: self.data[name] for name in self.form.fields if self.data.get(name)}


FIGURES = (
    ("balance", "专账收支"),
    ("all", "全部凭证"),
    ("received", "到账"),
    ("allocated", "分配"),
    ("released", "核拨"),
    ("paid", "支付"),
    ("returned", "上缴"),
    ("pool", "池内未分配"),
)


class JournalFilter(forms.Form):
    """Which entries of one county's ledger. `allotment` and `earmark` come from links."""

    figure = forms.ChoiceField(label="账页", choices=FIGURES, required=False)
    month = forms.DateField(
        label="月份",
        required=False,
        input_formats=["%Y-%m"],
        widget=forms.DateInput(format="%Y-%m", attrs={"type": "month"}),
    )
    since = forms.DateField(label="自", required=False, widget=date_input())
    until = forms.DateField(label="至", required=False, widget=date_input())
    kind = forms.ChoiceField(
        label="凭证种类", choices=[("", "全部"), *Voucher.Kind.choices], required=False
    )
    project = forms.CharField(label="项目编号或名称", max_length=60, required=False)
    memo = forms.CharField(label="摘要或往来单位", max_length=60, required=False)
    amount = AmountField(label="金额", required=False)
    allotment = forms.IntegerField(required=False, widget=forms.HiddenInput, max_value=2**62)
    earmark = forms.IntegerField(required=False, widget=forms.HiddenInput, max_value=2**62)

    @property
    def figure_shown(self) -> str:
        return self.cleaned_data.get("figure") or "balance"

    @property
    def asked(self) -> dict[str, Any]:
        return {name: self.data[name] for name in self.fields if self.data.get(name)}

    @property
    def only_month(self) -> bool:
        """Whether the page shows one whole month of the dedicated account and nothing less."""
        return self.figure_shown == "balance" and set(self.asked) <= {"month", "figure"}

    def apply(self, entries: QuerySet[Entry]) -> QuerySet[Entry]:
        for condition in self._conditions():
            entries = entries.filter(condition)
        return entries

    def _conditions(self) -> list[Q]:
        given = {name: value for name, value in self.cleaned_data.items() if value}
        return [CONDITIONS[name](value) for name, value in given.items() if name in CONDITIONS]


def _through(accounts: Q) -> Q:
    """Entries from or to these accounts. By their ids, which the planner counts rightly; a join
    makes it read the whole ledger backwards for a project with twenty lines."""
    ids = list(Account.objects.filter(accounts).values_list("pk", flat=True))
    return Q(source_id__in=ids) | Q(destination_id__in=ids)


CONDITIONS: dict[str, Any] = {
    "month": lambda day: Q(
        voucher__occurred_on__year=day.year, voucher__occurred_on__month=day.month
    ),
    "since": lambda day: Q(voucher__occurred_on__gte=day),
    "until": lambda day: Q(voucher__occurred_on__lte=day),
    "kind": lambda kind: Q(voucher__kind=kind),
    "project": lambda words: _through(
        Q(earmark__code__icontains=words) | Q(earmark__title__icontains=words)
    ),
    "memo": lambda words: (
        Q(voucher__memo__icontains=words) | Q(voucher__counterparty__icontains=words)
    ),
    "amount": lambda amount: Q(amount=amount) | Q(voucher__total=amount),
    "allotment": lambda pk: _through(Q(allotment_id=pk)),
    "earmark": lambda pk: _through(Q(earmark_id=pk)),
}
