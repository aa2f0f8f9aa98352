"""A contract as it is typed from the signed paper, and why one is cancelled."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from approvals.papers import PaperField
from funds.fields import AmountField
from organizations.forms import date_input
from organizations.models import Parameter
from organizations.personal_data import refuse_personal_data
from organizations.policies import Refusal
from projects.contracts import (
    SUPPLEMENTED,
    above_plan,
    account_unproved,
    doubtful_code,
    is_asked_on,
    retention_too_high,
    wants_reason,
)
from projects.models import Contract, ProcurementWay, Project
from projects.models.contracts import RETENTION_MONTHS_MAX

from .payment import ACCOUNT, UNION_PAY_CARD
from .steps import day

CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
# The parameters begin on it.
EARLIEST = dt.date(2018, 1, 1)
GROUPS = (
    ("合同", ("number", "name", "subject", "price", "signed_on", "starts_on", "ends_on")),
    ("采购", ("way", "way_reason", "supervision_unit")),
    ("承包（供货）单位", ("contractor_name", "contractor_code", "code_note", "bank", "account")),
    ("质保金和原件", ("retention_percent", "retention_months", "papers")),
)
# Each rule about the whole, and the field at which it is answered.
RULES: tuple[tuple[Callable[[Contract], Refusal | None], str], ...] = (
    (wants_reason, "way_reason"),
    (retention_too_high, "retention_percent"),
    (doubtful_code, "contractor_code"),
)


class ContractForm(forms.ModelForm[Contract]):
    """With an instance, a correction or a supplementary agreement, with a reason."""

    price = AmountField(label="合同价（元）")
    signed_on = day("签订日期")
    starts_on = forms.DateField(label="工期起", widget=date_input())
    ends_on = forms.DateField(label="工期止", widget=date_input())
    retention_percent = forms.DecimalField(
        label="质保金比例（%）", min_value=0, max_value=100, max_digits=5, decimal_places=2
    )
    retention_months = forms.IntegerField(
        label="质保期（月）", min_value=0, max_value=RETENTION_MONTHS_MAX
    )
    papers = PaperField(label="合同原件（已签署）")

    class Meta:
        model = Contract
        fields = tuple(name for _, names in GROUPS for name in names)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project
        way = self.fields["way"]
        assert isinstance(way, forms.ModelChoiceField)
        way.queryset = ProcurementWay.objects.in_force()
        self.fields["way_reason"].help_text = "达到招标限额而未招标时填写"
        self.fields["code_note"].help_text = "校验位不符、确属早期试点发码时填写"
        if self.instance.pk:
            self.fields["reason"] = forms.CharField(
                label="修改事由", max_length=100, validators=[refuse_personal_data],
                help_text="更正，或补充协议的日期和内容",
            )  # fmt: skip
            if is_asked_on(self.instance):
                self.fields["papers"].help_text = "更正收款账户的，增加承包单位的账户变更函"
                for name in set(self.Meta.fields) - set(SUPPLEMENTED):
                    self.fields[name].disabled = True
        else:
            self.initial.update(customary())

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in GROUPS]

    def clean_contractor_code(self) -> str:
        code: str = self.cleaned_data["contractor_code"].strip().upper()
        if not CODE.fullmatch(code):
            raise ValidationError("统一社会信用代码为 18 位数字和大写字母，不含 I、O、S、V、Z")
        return code

    def clean_account(self) -> str:
        account: str = re.sub(r"\s", "", self.cleaned_data["account"])
        if not ACCOUNT.fullmatch(account):
            raise ValidationError("账号由 4 至 40 位数字、字母组成")
        if UNION_PAY_CARD.fullmatch(account):
            raise ValidationError("这是个人银行卡号，须填单位账户")
        return account

    def clean_signed_on(self) -> dt.date:
        signed_on: dt.date = self.cleaned_data["signed_on"]
        if signed_on < EARLIEST:
            raise ValidationError(f"签订日期不早于 {EARLIEST}")
        return signed_on

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        start, end = data.get("starts_on"), data.get("ends_on")
        if start and end and end < start:
            self.add_error("ends_on", f"工期止 {end} 早于工期起 {start}")
        if not self.errors:
            self.check_rules(data)
        return data

    def check_rules(self, data: dict[str, Any]) -> None:
        facts = {name: data[name] for name in self.Meta.fields}
        wanted = Contract(project=self.project, **facts)
        for rule, name in RULES:
            refused = rule(wanted)
            if refused:
                self.add_error(name, f"{refused.reason}。可由{refused.who_can_clear}办理")
        but = self.instance if self.instance.pk else None
        refused = above_plan(self.project, data["price"], but)
        if refused:
            self.add_error("price", f"{refused.reason}。可由{refused.who_can_clear}办理")
        refused = account_unproved(but, facts) if but else None
        if refused:
            self.add_error("papers", f"{refused.reason}。可由{refused.who_can_clear}办理")

    def facts(self) -> dict[str, Any]:
        """The model's fields as `record_contract` and `amend_contract` take them."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


def customary() -> dict[str, Any]:
    highest = Parameter.objects.fraction("pay.retention_max")
    return {
        "retention_percent": Decimal(highest.numerator) * 100 / highest.denominator,
        "retention_months": Parameter.objects.number("pay.retention_months"),
        "signed_on": timezone.localdate(),
    }


class CancelForm(forms.Form):
    reason = forms.CharField(label="作废事由", max_length=100, validators=[refuse_personal_data])
