from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from approvals.papers import PaperField
from funds.fields import AmountField
from organizations.forms import date_input
from projects.models import PaymentPaper, PaymentPaperRule, PaymentRequest
from projects.models.payment_papers import INVOICE
from projects.payment_papers import (
    invoice_used,
    rules_for,
    standing_papers,
    why_another_day,
    why_out_of_order,
)

EXPENSE = ("summary", "quantity", "unit_price", "amount")


class RuleField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, rule: Any) -> str:
        return f"{rule}（必附）" if rule.is_required else str(rule)


class PaymentPaperForm(forms.ModelForm[PaymentPaper]):
    """One paper of a request. What an invoice says is asked of an invoice alone."""

    rule = RuleField(label="材料", queryset=PaymentPaperRule.objects.none())
    dated_on = forms.DateField(label="材料日期", widget=date_input())
    file = PaperField(
        label="文件", at_least=0, at_most=1, help_text="PDF、图片、XLSX 或 DOCX；花名册不上传"
    )
    amount = AmountField(label="票面金额（元）", required=False, help_text="发票必填")
    unit_price = AmountField(label="单价（元）", required=False)

    class Meta:
        model = PaymentPaper
        fields = ("rule", "number", "dated_on", "summary", "quantity", "unit_price", "amount")
        help_texts = {"summary": "发票必填，写明所购货物、服务或工程"}

    field_order = ("rule", "number", "dated_on", "file", *EXPENSE)

    def __init__(self, *args: Any, request: PaymentRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        rule = self.fields["rule"]
        assert isinstance(rule, RuleField)
        rule.queryset = PaymentPaperRule.objects.filter(pk__in=[r.pk for r in rules_for(request)])
        self.fields["number"].help_text = "合同编号、发票号、文号等；花名册填纸质件编号"

    def clean_dated_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["dated_on"]
        rule = self.cleaned_data.get("rule")
        papers = standing_papers(self.request)
        code = rule.code if rule else ""
        reason = why_out_of_order(code, day, papers, timezone.localdate())
        reason = reason or why_another_day(self.request, code, day)
        if reason:
            raise ValidationError(reason)
        return day

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        rule = data.get("rule")
        if rule is None:
            return data
        data["number"] = data.get("number", "").strip()
        if rule.number_label and not data["number"]:
            self.add_error("number", f"请填写{rule.number_label}")
        self._check_file(rule, data)
        if rule.code == INVOICE:
            self._check_invoice(data)
        else:
            data.update(summary="", quantity=None, unit_price=None, amount=None)
        return data

    def _check_file(self, rule: PaymentPaperRule, data: dict[str, Any]) -> None:
        if rule.on_paper and data.get("file"):
            self.add_error("file", f"{rule}含个人信息，纸质留存，只登记编号，不上传")
        elif not rule.on_paper and "file" in data and not data["file"]:
            self.add_error("file", f"请上传{rule}")

    def _check_invoice(self, data: dict[str, Any]) -> None:
        for name in ("summary", "amount"):
            if name in data and not data[name]:
                self.add_error(name, "发票须填写此项")
        number, asking = data["number"], self.request
        other = invoice_used(asking.project, number, by=asking, own_papers=True) if number else None
        if other:
            self.add_error("number", f"发票 {number} 已在拨付申请 {other.number} 中使用")

    def facts(self) -> dict[str, Any]:
        """The model's fields as `attach_paper` takes them."""
        file = self.cleaned_data["file"]
        facts = {name: self.cleaned_data[name] for name in self._meta.fields or ()}
        return facts | {"sha256": file[0] if file else ""}
