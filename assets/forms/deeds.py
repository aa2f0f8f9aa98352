"""What is typed about an asset in use: income, distribution, inspection, count, disposal."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from approvals.evidence import refuse_used_photos
from approvals.papers import PaperField
from assets.models import Asset, Disposal, Distribution, IncomeUse, Stocktake, StocktakeLine
from funds.fields import AmountField, AmountOrZeroField
from funds.money import format_yuan
from organizations.forms import words
from organizations.models import Division
from organizations.personal_data import refuse_personal_data
from projects.forms.steps import day


def year_field(label: str) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=2012, max_value=2100)


def line(label: str, length: int, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=length, validators=[refuse_personal_data], **kwargs
    )


class HandoverForm(forms.Form):
    assets = forms.ModelMultipleChoiceField(
        label="移交资产",
        queryset=Asset.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text="同一产权人的资产填一份移交单",
    )
    handed_on = day("移交日期")
    attachments = line(
        "附件清单", 200, required=False, help_text="验收报告、决算、图纸、合同、质保资料等"
    )
    papers = PaperField(label="附件", at_least=0)

    def __init__(self, *args: Any, assets: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["assets"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = assets
        self.initial.setdefault("assets", [asset.pk for asset in assets])
        self.initial.setdefault("handed_on", timezone.localdate())


class DisposalForm(forms.Form):
    cause = forms.ChoiceField(label="处置情形", choices=Disposal.Cause.choices)
    way = forms.ChoiceField(label="处置方式", choices=Disposal.Way.choices)
    reason = words("处置事由")
    assessed_value = AmountOrZeroField(
        label="评估价（元）", required=False, help_text="转让、出租转让、置换的须先评估"
    )
    assessment_document = line("评估报告文号", 80, required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        value, document = data.get("assessed_value"), data.get("assessment_document")
        if data.get("way") in ("sale", "lease", "exchange") and not value:
            self.add_error("assessed_value", "转让、出租转让和置换的须填写评估价")
        if value and not document and "assessment_document" not in self.errors:
            self.add_error("assessment_document", "请填写评估报告文号")
        if document and not value and "assessed_value" not in self.errors:
            self.add_error("assessed_value", "请填写评估价")
        return data


class IncomeForm(forms.Form):
    year = year_field("所属年度")
    amount = AmountField(label="到账金额（元）")
    received_on = day("到账日期")
    document = line("收款凭据", 80, help_text="村账凭证号、收据或银行回单号")
    note = line("说明", 120, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("year", timezone.localdate().year)
        self.initial.setdefault("received_on", timezone.localdate())


class ReverseIncomeForm(forms.Form):
    reason = line("冲销原因", 120)


class DistributionForm(forms.Form):
    """A row for each use that is allowed; those left empty get nothing."""

    year = year_field("收益年度")

    def __init__(self, *args: Any, distribution: Distribution | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.uses = list(IncomeUse.objects.in_force().filter(is_allowed=True))
        self.refused = IncomeUse.objects.in_force().filter(is_allowed=False)
        there = {row.use_id: row for row in distribution.lines.all()} if distribution else {}
        self.initial.setdefault("year", timezone.localdate().year)
        if distribution:
            self.initial["year"] = distribution.year
            self.fields["year"].disabled = True
        for use in self.uses:
            self._add(use, there.get(use.pk))

    def _add(self, use: IncomeUse, row: Any) -> None:
        fields: dict[str, forms.Field] = {
            "amount": AmountOrZeroField(label="金额（元）", required=False),
            "households": forms.IntegerField(
                label="受益户数", required=False, min_value=0, max_value=1_000_000
            ),
            "people": forms.IntegerField(
                label="受益人数", required=False, min_value=0, max_value=10_000_000
            ),
            "note": line("说明", 120, required=False),
        }
        for name, field in fields.items():
            self.fields[f"{name}_{use.pk}"] = field
            if row:
                value = getattr(row, name)
                self.initial[f"{name}_{use.pk}"] = format_yuan(value) if name == "amount" else value

    def rows(self) -> Iterator[tuple[IncomeUse, list[forms.BoundField]]]:
        for use in self.uses:
            yield use, [self[f"{n}_{use.pk}"] for n in ("amount", "households", "people", "note")]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for use in self.uses:
            households, people = (data.get(f"{n}_{use.pk}") or 0 for n in ("households", "people"))
            if households > people:
                self.add_error(f"people_{use.pk}", f"户数 {households} 多于人数 {people}")
        if not self.errors and not self.lines():
            self.add_error(None, "请至少填写一项用途的金额")
        return data

    def lines(self) -> list[dict[str, Any]]:
        found = []
        for use in self.uses:
            amount: Decimal = self.cleaned_data.get(f"amount_{use.pk}") or Decimal(0)
            if amount:
                names = ("households", "people")
                counts = {n: self.cleaned_data.get(f"{n}_{use.pk}") or 0 for n in names}
                note = self.cleaned_data.get(f"note_{use.pk}", "")
                found.append({"use": use, "amount": amount, "note": note, **counts})
        return found


class InspectionForm(forms.Form):
    inspected_on = day("巡查日期")
    condition = forms.ChoiceField(label="使用状况", choices=Asset.Condition.choices)
    finding = words("巡查情况", rows=2)
    photos = PaperField(label="现场照片", photos=True, help_text="JPG 或 PNG，每张照片只用一次")
    remedy = forms.ChoiceField(
        label="处理去向", choices=[("", "—"), *Asset.Remedy.choices], required=False,
        help_text="闲置、低效的必选",
    )  # fmt: skip
    remedy_note = line("处理措施", 200, required=False)

    def clean_photos(self) -> list[str]:
        photos: list[str] = self.cleaned_data["photos"]
        refusal = refuse_used_photos(photos)
        if refusal:
            raise ValidationError(refusal.reason)
        return photos

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        poor = data.get("condition") in (Asset.Condition.IDLE, Asset.Condition.POOR)
        if poor and not data.get("remedy"):
            self.add_error("remedy", "闲置、低效的资产请选择处理去向")
        return data


class StocktakeForm(forms.Form):
    county = forms.ModelChoiceField(label="县（市）", queryset=Division.objects.none())
    year = year_field("年度")
    as_of = day("清查时点")

    def __init__(self, *args: Any, counties: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["county"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = counties
        today = timezone.localdate()
        self.initial.setdefault("county", counties.first())
        self.initial.setdefault("year", today.year)
        self.initial.setdefault("as_of", today)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        county, year = data.get("county"), data.get("year")
        if county and year and Stocktake.objects.filter(division=county, year=year).exists():
            self.add_error("year", f"{county}{year}年度的清查已发起")
        return data


class CountForm(forms.Form):
    counted_quantity = forms.DecimalField(
        label="实盘数", max_digits=14, decimal_places=3, min_value=Decimal(0)
    )
    condition = forms.ChoiceField(label="状况", choices=Asset.Condition.choices)
    photo = PaperField(
        label="现场照片", photos=True, at_most=1, help_text="JPG 或 PNG，每张照片只用一次"
    )
    reason = line("差异或非在用的原因", 200, required=False)
    opinion = forms.ChoiceField(
        label="处理意见", choices=[("", "—"), *Asset.Remedy.choices], required=False
    )

    def __init__(self, *args: Any, line: StocktakeLine, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.line = line
        book = f"账面数 {line.book_quantity.normalize():f} {line.asset.unit}"
        self.fields["counted_quantity"].help_text = book
        if line.counted_quantity is not None:
            for name in ("counted_quantity", "condition", "reason", "opinion"):
                self.initial.setdefault(name, getattr(line, name))
            self.initial.setdefault("photo", [line.photo])

    def clean_photo(self) -> str:
        photo: str = self.cleaned_data["photo"][0]
        refusal = refuse_used_photos([photo]) if photo != self.line.photo else None
        if refusal:
            raise ValidationError(refusal.reason)
        return photo

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        counted, condition = data.get("counted_quantity"), data.get("condition")
        plain = counted == self.line.book_quantity and condition == Asset.Condition.IN_USE
        if counted is None or plain:
            return data
        for name in ("reason", "opinion"):
            if not data.get(name) and name not in self.errors:
                label = self.fields[name].label
                self.add_error(name, f"实盘数与账面数不符或不在用的，请填写{label}")
        return data
