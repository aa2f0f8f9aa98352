"""What a person types with a step of a project's life."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from approvals.forms import StepForm
from approvals.models import Meeting
from funds.fields import AmountField
from funds.models import Account, Allotment
from organizations.forms import date_input
from organizations.models import Parameter
from organizations.personal_data import refuse_personal_data
from projects.models import Acceptance, Project


def day(label: str, **kwargs: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        # A date field of the browser takes no other format, and shows nothing instead.
        widget=date_input(),
        validators=[not_later],
        **kwargs,
    )


def not_later(value: dt.date) -> None:
    if value > timezone.localdate():
        raise ValidationError(f"{value} 在今天之后")


def words(label: str, rows: int = 3, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": rows}),
        validators=[refuse_personal_data],
        **kwargs,
    )


class VillageMeetingForm(StepForm):
    held_on = day("会议日期")
    due = forms.IntegerField(label="应到人数", min_value=1, max_value=10000)
    present = forms.IntegerField(label="实到人数", min_value=1, max_value=10000)
    in_favour = forms.IntegerField(label="同意人数", min_value=0, max_value=10000)
    chair = forms.CharField(label="主持人", max_length=40)
    minutes = words("会议纪要")
    proposal = words("立项意见", rows=2)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        due, present, in_favour = (data.get(k) for k in ("due", "present", "in_favour"))
        if due and present and present > due:
            self.add_error("present", f"实到 {present} 人多于应到 {due} 人")
        elif due and present and present * 3 < due * 2:
            self.add_error(
                "present",
                f"实到 {present} 人，不足应到 {due} 人的三分之二（村民委员会组织法第二十六条）",
            )
        if present and in_favour is not None and in_favour > present:
            self.add_error("in_favour", f"同意 {in_favour} 人多于实到 {present} 人")
        elif present and in_favour is not None and in_favour * 2 <= present:
            self.add_error(
                "in_favour",
                f"同意 {in_favour} 人，未过实到 {present} 人的半数（村民委员会组织法第二十六条）",
            )
        return data


class FeedbackForm(StepForm):
    letter_number = forms.CharField(label="反馈意见书编号", max_length=40)
    issued_on = day("反馈日期")
    text = words("反馈意见")


class RevisionForm(StepForm):
    answer = words("逐条采纳说明", rows=5)


class CompletionForm(StepForm):
    started_on = day("开工日期")
    completed_on = day("完工日期")
    contractor = forms.CharField(label="承建（供货）单位", max_length=80)
    contract_number = forms.CharField(label="合同编号", max_length=60)
    contract_price = AmountField(label="合同价（元）")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        start, end = data.get("started_on"), data.get("completed_on")
        if start and end and end < start:
            self.add_error("completed_on", f"完工日期 {end} 早于开工日期 {start}")
        return data


class AcceptanceForm(StepForm):
    accepted_on = day("验收日期")
    lead_unit = forms.CharField(label="牵头单位", max_length=80)
    members = forms.IntegerField(label="验收组人数", min_value=3, max_value=99)
    conclusion = forms.ChoiceField(label="验收结论", choices=Acceptance.Conclusion.choices)
    quality = words("工程量与质量核对情况")


class SettlementForm(StepForm):
    audited_on = day("审定日期")
    report_number = forms.CharField(label="审计报告文号", max_length=60)
    audited_amount = AmountField(label="决算审定额（元）")

    def clean_audited_amount(self) -> Decimal:
        audited: Decimal = self.cleaned_data["audited_amount"]
        approved = sum((s.amount for s in self.subject.sources.all()), Decimal(0))  # type: ignore[attr-defined]
        if audited > approved:
            raise ValidationError(f"决算审定额超过批准金额 {approved} 元，超出部分须先走项目调整")
        return audited


class AssetStatementForm(StepForm):
    leaves_assets = forms.BooleanField(label="形成资产", required=False, initial=True)
    asset_name = forms.CharField(label="资产名称", max_length=80, required=False)
    original_value = AmountField(label="原值（元）", required=False)
    owner_unit = forms.CharField(label="产权单位", max_length=80, required=False)
    keeper_unit = forms.CharField(label="管护单位", max_length=80, required=False)
    reason = forms.CharField(label="不形成资产的理由", max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        needed: tuple[str, ...]
        if data.get("leaves_assets"):
            needed = ("asset_name", "original_value", "owner_unit", "keeper_unit")
        else:
            needed = ("reason",)
        for name in needed:
            if not data.get(name) and name not in self.errors:
                self.add_error(name, f"请填写{self.fields[name].label}")
        return data


class DeterminationForm(StepForm):
    """The meeting, and the approved amount out of each allotment that has money in the pool."""

    meeting = forms.ModelChoiceField(label="领导小组会议", queryset=Meeting.objects.none())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        project = self.subject
        assert isinstance(project, Project)
        meeting = self.fields["meeting"]
        assert isinstance(meeting, forms.ModelChoiceField)
        meeting.queryset = Meeting.objects.filter(county=project.county)
        self.allotments: dict[str, Allotment] = {}
        for account in pool_accounts(project):
            name = f"source_{account.allotment_id}"
            self.allotments[name] = account.allotment
            self.fields[name] = AmountField(
                label=f"{account.allotment}（元）",
                required=False,
                help_text=f"池内余额 {account.balance:,.2f} 元",
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        meeting = data.get("meeting")
        if meeting and not has_quorum(meeting):
            self.add_error(
                "meeting",
                f"实到 {meeting.members_present} 人，不足应到 {meeting.members_due} 人的规定比例",
            )
        sources = [
            (allotment, data[name]) for name, allotment in self.allotments.items() if data.get(name)
        ]
        if not sources and not self.errors:
            raise ValidationError("请至少填写一个来源的批准金额")
        data["sources"] = sources
        return data


def pool_accounts(project: Project) -> list[Account]:
    return list(
        Account.objects.filter(county=project.county, kind=Account.Kind.POOL, balance__gt=0)
        .select_related("allotment__category")
        .order_by("allotment__issued_on", "allotment_id")
    )


def has_quorum(meeting: Meeting) -> bool:
    """Present in at least `meeting.quorum_percent` of those due."""
    percent = Parameter.objects.number("meeting.quorum_percent", meeting.held_on)
    return meeting.members_present * 100 >= meeting.members_due * percent
