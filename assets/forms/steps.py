"""What a person types with a step of a hand-over, a disposal, a distribution or a stocktake."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from approvals.forms import StepForm
from approvals.papers import PaperField
from assets.models import Disposal
from assets.queries import PROCEEDS_CATEGORY
from funds.fields import AmountOrZeroField
from funds.models import Allotment
from funds.money import format_yuan
from funds.queries import figures_by_allotment
from organizations.forms import words
from organizations.personal_data import refuse_personal_data
from projects.forms.steps import day
from projects.village import majority, quorum


class OwnerDecisionForm(StepForm):
    """产权人决策: of a village's asset the meeting of its representatives."""

    decided_on = day("决策会议日期")
    opinion = words("决策意见", rows=3)
    minutes_files = PaperField(label="会议纪要原件")


class DisposalResultForm(StepForm):
    """What came of it; nothing is an answer too."""

    disposed_on = day("处置日期")
    sold_price = AmountOrZeroField(
        label="成交价（处置收入，元）", required=False, help_text="没有收入的填 0"
    )
    buyer = forms.CharField(
        label="受让单位", max_length=80, required=False, validators=[refuse_personal_data]
    )
    sale_document = forms.CharField(
        label="成交（处置）凭据", max_length=80, help_text="合同、成交确认书或处置记录的编号"
    )

    def clean_disposed_on(self) -> dt.date:
        disposed_on: dt.date = self.cleaned_data["disposed_on"]
        assert isinstance(self.subject, Disposal)
        decided_on = self.subject.decided_on
        if decided_on and disposed_on < decided_on:
            raise ValidationError(f"处置日期早于决策会议日期 {decided_on}")
        return disposed_on

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("sold_price") and not data.get("buyer") and "buyer" not in self.errors:
            self.add_error("buyer", "有成交价的请填写受让单位")
        return data


class ProceedsForm(StepForm):
    """The allotment is the county's own document for income from disposals."""

    allotment = forms.ModelChoiceField(
        label="入池指标（本级资产处置收入文件）", queryset=Allotment.objects.none(), required=False,
        help_text="没有的，先在“指标”登记本级文件，资金类别选“资产处置收入”",
    )  # fmt: skip
    occurred_on = day("到账日期")
    document = forms.CharField(label="国库回单号", max_length=80, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert isinstance(self.subject, Disposal)
        field = self.fields["allotment"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Allotment.objects.filter(
            county=self.subject.asset.county, category__code=PROCEEDS_CATEGORY
        ).select_related("category")
        self.price = self.subject.sold_price or Decimal(0)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        allotment: Allotment | None = data.get("allotment")
        if not self.price:
            if allotment:
                self.add_error("allotment", "没有处置收入，不选指标")
            return data
        if allotment is None and "allotment" not in self.errors:
            self.add_error("allotment", f"处置收入 {format_yuan(self.price)} 元，请选择入池指标")
        elif allotment:
            left = figures_by_allotment([allotment])[allotment.pk].not_received
            if left < self.price:
                there, wanted = format_yuan(left), format_yuan(self.price)
                problem = f"该指标尚可到账 {there} 元，少于处置收入 {wanted} 元"
                self.add_error("allotment", problem)
        if not data.get("document") and "document" not in self.errors:
            self.add_error("document", "请填写国库回单号")
        return data


class VillageDecisionForm(StepForm):
    """收益分配 by the villagers' representatives; quorum and majority as for a project."""

    held_on = day("村民代表会议日期")
    due = forms.IntegerField(label="应到人数", min_value=1, max_value=10000)
    present = forms.IntegerField(label="实到人数", min_value=1, max_value=10000)
    in_favour = forms.IntegerField(label="同意人数", min_value=0, max_value=10000)
    minutes_files = PaperField(label="会议纪要原件")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        on, due, present, agreed = (
            data.get(name) for name in ("held_on", "due", "present", "in_favour")
        )
        if due and present:
            share = quorum(on)
            if present > due:
                self.add_error("present", f"实到 {present} 人多于应到 {due} 人")
            elif share and present < due * share.fraction:
                self.add_error("present", f"实到 {present} 人，不足应到 {due} 人的 {share}")
        if present and agreed is not None:
            share = majority(on)
            if agreed > present:
                self.add_error("in_favour", f"同意 {agreed} 人多于实到 {present} 人")
            elif share and agreed <= present * share.fraction:
                self.add_error("in_favour", f"同意 {agreed} 人，未过实到 {present} 人的 {share}")
        return data
