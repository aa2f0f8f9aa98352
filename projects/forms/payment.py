from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from funds.fields import AmountField
from organizations.personal_data import refuse_personal_data
from projects.models import Contract, PaymentRequest, Project
from projects.payment_caps import sole_contract
from projects.payment_papers import invoice_used
from projects.queries import unreleased_by_allotment

ACCOUNT = re.compile(r"[0-9A-Za-z-]{4,40}")
# Of the request, and where the contract has it.
PAYEE = {
    "payee_name": "contractor_name",
    "payee_bank": "bank",
    "payee_account": "account",
    "contract_number": "number",
}
UNION_PAY_CARD = re.compile(r"62\d{14,17}")


class PaymentForm(forms.ModelForm[PaymentRequest]):
    """What is asked of an approved project's money; with an instance, a change with a reason."""

    amount = AmountField(label="申请金额（元）")
    progress = forms.IntegerField(label="形象进度（%）", min_value=0, max_value=100, initial=0)
    work_done = AmountField(
        label="已完工程价款（元）", required=False, allow_zero=True,
        help_text="进度款必填：到申请时累计，按监理签认的计量单",
    )  # fmt: skip
    households = forms.IntegerField(
        label="到户户数", min_value=0, required=False, help_text="到户补助填批次户数，不填姓名"
    )

    class Meta:
        model = PaymentRequest
        fields = (
            "kind", "contract", "amount", "payee_name", "payee_bank", "payee_account",
            "contract_number", "invoice_number", "progress", "work_done", "households",
            "basis",
        )  # fmt: skip
        widgets = {"basis": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project
        self.available = sum(unreleased_by_allotment(project).values(), Decimal(0))
        contract = self.fields["contract"]
        assert isinstance(contract, forms.ModelChoiceField)
        contract.queryset = project.contracts.standing()
        contract.help_text = "预付款、进度款、竣工款和质保金按合同支付；只有一份合同的自动带出"
        for name in PAYEE:
            self.fields[name].required = False
            self.fields[name].help_text = "按合同支付的由合同带出，不必填写"
        self.fields["amount"].help_text = f"可申请 {self.available:,.2f} 元"
        self.fields["amount"].widget.attrs["data-remaining"] = str(self.available)
        if self.instance.pk:
            self.fields["reason"] = forms.CharField(
                label="修改事由", max_length=100, validators=[refuse_personal_data]
            )

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if amount > self.available:
            raise ValidationError(
                f"本次申请 {amount:,.2f} 元，超过项目可申请的 {self.available:,.2f} 元"
                "（已分配未核拨，减在途申请）"
            )
        return amount

    def clean_payee_account(self) -> str:
        account: str = re.sub(r"\s", "", self.cleaned_data["payee_account"])
        if account and not ACCOUNT.fullmatch(account):
            raise ValidationError("账号由 4 至 40 位数字、字母组成")
        if UNION_PAY_CARD.fullmatch(account):
            raise ValidationError("这是个人银行卡号。到户补助请填银行代发批次号，不登记农户卡号")
        return account

    def clean_invoice_number(self) -> str:
        invoice: str = self.cleaned_data["invoice_number"].strip()
        other = invoice_used(self.project, invoice, by=self.instance) if invoice else None
        if other:
            raise ValidationError(f"票据 {invoice} 已在拨付申请 {other.number} 中使用")
        return invoice

    def clean_households(self) -> int:
        return self.cleaned_data["households"] or 0

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("kind") == PaymentRequest.Kind.HOUSEHOLD and data.get("households") == 0:
            self.add_error("households", "到户补助须填写到户户数")
        stated = data.get("work_done") is not None or "work_done" in self.errors
        if data.get("kind") == PaymentRequest.Kind.PROGRESS and not stated:
            self.add_error("work_done", "进度款须填写已完工程价款")
        self.check_payee(data)
        return data

    def check_payee(self, data: dict[str, Any]) -> None:
        """The party of the contract, which may be left out but not typed differently."""
        contract: Contract | None = data.get("contract")
        by_contract = data.get("kind") in PaymentRequest.BY_CONTRACT
        if contract and data.get("kind") == PaymentRequest.Kind.HOUSEHOLD:
            self.add_error("contract", "到户补助不按合同支付")
        if by_contract and contract is None and "contract" not in self.errors:
            contract = data["contract"] = sole_contract(self.project)
            if contract is None:
                several = self.project.contracts.standing().exists()
                self.add_error(
                    "contract",
                    "请选择合同" if several else "项目还没有登记合同，请先在项目页登记合同",
                )
        for name, of_contract in PAYEE.items():
            typed = data.get(name)
            if contract is None:
                if not (typed or by_contract or name == "contract_number" or name in self.errors):
                    self.add_error(name, f"请填写{self.fields[name].label}")
                continue
            right = getattr(contract, of_contract)
            if typed and typed != right:
                self.add_error(name, f"与合同不一致，合同 {contract.number} 为“{right}”")
            data[name] = right

    def facts(self) -> dict[str, Any]:
        """The model's fields as `apply_for_payment` and `amend_payment` take them."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}
