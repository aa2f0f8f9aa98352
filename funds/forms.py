from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils import timezone

from organizations.forms import date_input
from organizations.models import Division, Organization
from organizations.personal_data import refuse_personal_data
from organizations.policies import Refused

from .fields import AmountField
from .ledger import LedgerRefused
from .models import Allotment, FundCategory

# The field at which a ledger's refusal is shown; the others stand above the form.
FIELD_OF = {
    "YC010": "amount",
    "YC012": "amount",
    "YC014": "occurred_on",
    "YC015": "occurred_on",
}


def add_refusal(form: forms.Form | forms.ModelForm[Any], refused: Refused) -> None:
    """Show why the service would not, at the field that it is about."""
    refusal = refused.refusal
    words = refusal.reason
    if refusal.clause:
        words += f"。依据：{refusal.clause}"
    if refusal.who_can_clear:
        words += f"。可由{refusal.who_can_clear}办理或解除"
    code = refused.code if isinstance(refused, LedgerRefused) else ""
    name = FIELD_OF.get(code, "")
    form.add_error(name if name in form.fields else None, words)


def new_key() -> str:
    return str(uuid.uuid4())


class PostingForm(forms.Form):
    """A form that ends in a voucher. Its key is made when the form is shown, so that sending
    it twice means the same voucher."""

    key = forms.CharField(widget=forms.HiddenInput, initial=new_key, max_length=36)

    def clean_key(self) -> str:
        try:
            return str(uuid.UUID(self.cleaned_data["key"]))
        except ValueError:
            raise forms.ValidationError("表单不完整，请重新打开后再填。") from None


class AllotmentForm(forms.ModelForm[Allotment]):
    amount = AmountField(label="下达金额（元）")
    fund_year = forms.IntegerField(
        label="资金年度", min_value=2000, max_value=2100, help_text="预算年度，提前下达的填次年"
    )

    class Meta:
        model = Allotment
        fields = (
            "document_number",
            "local_document_number",
            "level",
            "category",
            "fund_year",
            "issued_on",
            "amount",
            "function_code",
            "direction",
            "using_unit",
            "is_integrated",
            "integrating_department",
            "note",
        )
        widgets = {"issued_on": date_input()}
        help_texts = {"document_number": "各种括号均可，如 巴财农[2025]11号"}

    def __init__(self, *args: Any, county: Division, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("using_unit", "direction", "note"):
            self.fields[name].validators.append(refuse_personal_data)
        departments = Organization.objects.filter(division=county, is_active=True)
        self.fields["integrating_department"].queryset = departments  # type: ignore[attr-defined]
        category = self.fields["category"]
        category.label_from_instance = name_with_regime  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or self.cleaned_data
        category, day = facts.get("category"), facts.get("issued_on")
        if category and day and not FundCategory.objects.in_force(day).contains(category):
            self.add_error("category", f"该类别在下达日期（{day}）不在执行期内，请改选同名类别。")
        if facts.get("is_integrated") and not facts.get("integrating_department"):
            self.add_error("integrating_department", "统筹整合的资金须写明整合部门。")
        return facts


class AllotmentCorrectionForm(AllotmentForm):
    reason = forms.CharField(
        label="更正事由",
        max_length=100,
        validators=[refuse_personal_data],
        help_text="留在修改记录中，不能删除",
    )


def name_with_regime(category: FundCategory) -> str:
    return f"{category.name}（{category.regime}）"


def today_iso() -> str:
    return timezone.localdate().isoformat()


def occurred_on_field() -> forms.DateField:
    return forms.DateField(label="业务日期", widget=date_input(), initial=today_iso)


def memo_field(label: str = "摘要") -> forms.CharField:
    return forms.CharField(label=label, max_length=200, validators=[refuse_personal_data])


class ReceiptForm(PostingForm):
    """Money that arrived. The allotment and its list are drawn by `_choose_allotment.html`."""

    allotment = forms.ModelChoiceField(label="指标", queryset=Allotment.objects.none())
    amount = AmountField(label="到账金额（元）")
    occurred_on = occurred_on_field()
    memo = memo_field()
    document = forms.CharField(label="国库回单号", max_length=80, required=False)
    payer = forms.CharField(
        label="付款单位", max_length=120, required=False, validators=[refuse_personal_data]
    )

    def __init__(self, *args: Any, allotments: Any, last_memo: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["allotment"].queryset = allotments  # type: ignore[attr-defined]
        self.fields["allotment"].error_messages["invalid_choice"] = "请在列表中选择本县的指标。"
        self.fields["memo"].widget.attrs["data-copy-last"] = last_memo


class ReturnForm(PostingForm):
    amount = AmountField(label="上缴金额（元）")
    occurred_on = occurred_on_field()
    document = forms.CharField(label="上级文号", max_length=80)
    memo = memo_field()


class ReversalForm(PostingForm):
    occurred_on = occurred_on_field()
    memo = memo_field("冲销原因")
