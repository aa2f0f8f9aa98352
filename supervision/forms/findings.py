"""What is typed about a problem besides the steps of its life."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from approvals.papers import PaperField
from funds.fields import AmountField
from funds.models import Allotment, Voucher
from organizations.forms import words
from organizations.models import Division, Organization, User
from organizations.personal_data import refuse_personal_data
from projects.forms.steps import day
from projects.responsible import leader_and_owners
from supervision.models import RECTIFIERS, Accountability, Alert, Finding
from supervision.subjects import (
    TYPES,
    find_by_number,
    number_of,
    place_of,
    project_of,
    voucher_of,
)


def line(label: str, length: int, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=length, validators=[refuse_personal_data], **kwargs
    )


class FindingForm(forms.Form):
    county = forms.ModelChoiceField(
        label="县（市）", queryset=Division.objects.none(), empty_label=None
    )
    subject_type = forms.ChoiceField(
        label="涉及事项", required=False,
        choices=[("", "不涉及具体事项"), *((kind, t.label) for kind, t in TYPES.items())],
    )  # fmt: skip
    subject_number = forms.CharField(
        label="事项编号", max_length=60, required=False,
        help_text="项目编号、拨付申请编号、合同编号、凭证号（如 2026-0012）或资产编号",
    )  # fmt: skip
    source = forms.ChoiceField(label="问题来源", choices=Finding.Source.choices)
    category = forms.ChoiceField(label="问题类别", choices=Finding.Category.choices)
    severity = forms.ChoiceField(label="严重程度", choices=Finding.Severity.choices)
    found_on = day("发现日期")
    description = words("问题描述")
    clause = line("定性依据", 200, help_text="文件名称、文号和条款")
    amount = AmountField(label="涉及金额（元）", required=False, help_text="不涉及资金的不填")
    allotment = forms.ModelChoiceField(
        label="资金来源", queryset=Allotment.objects.none(), required=False
    )
    responsible_unit = forms.ModelChoiceField(
        label="责任部门", queryset=Organization.objects.none()
    )
    leader_name = line("责任领导", 40)
    leader_title = line("责任领导职务", 40)
    owner_name = line("责任人", 40)
    owner_title = line("责任人职务", 40)

    def __init__(
        self,
        *args: Any,
        by: User,
        counties: Iterable[Division],
        about: Any = None,
        alert: Alert | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.by, self.about = by, about
        there = [county.pk for county in counties]
        county = self.choice("county")
        county.queryset = Division.objects.filter(pk__in=there).order_by("code")
        if len(there) < 2:
            county.widget, county.initial = forms.HiddenInput(), there[0] if there else None
        inside = [county.path for county in county.queryset]
        units = Organization.objects.filter(is_active=True, kind__in=RECTIFIERS)
        self.choice("responsible_unit").queryset = units.filter(
            division__in=Division.objects.within(inside)
        ).select_related("division")
        tags = Allotment.objects.filter(county__in=there).select_related("category")
        self.choice("allotment").queryset = tags.order_by("-fund_year", "document_number")
        self.initial.setdefault("found_on", timezone.localdate())
        if about:
            self.initial = {**beginnings(about), **self.initial}
        if alert:
            told = {"source": Finding.Source.MONITORING, "description": alert.explanation}
            self.initial = {**self.initial, **told, "found_on": timezone.localdate(alert.fired_at)}

    def choice(self, name: str) -> Any:
        return self.fields[name]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        kind, number = data.get("subject_type", ""), data.get("subject_number", "").strip()
        self.about = None
        if kind and not number:
            self.add_error("subject_number", f"请填写{TYPES[kind].label}的编号")
        elif number and not kind:
            self.add_error("subject_type", "填写了编号的，请选择事项类别")
        elif kind and data.get("county"):
            self.about = find_by_number(kind, number, data["county"], self.by)
            if self.about is None:
                label = TYPES[kind].label
                self.add_error("subject_number", f"{data['county']}没有编号为“{number}”的{label}")
        return data

    def facts(self) -> dict[str, Any]:
        """The fields of the model; the rest is asked for by name."""
        names = (
            "source", "category", "severity", "found_on", "description", "clause", "allotment",
            "leader_name", "leader_title", "owner_name", "owner_title",
        )  # fmt: skip
        facts = {name: self.cleaned_data[name] for name in names}
        return {**facts, "amount": self.cleaned_data.get("amount") or Decimal(0)}


def beginnings(about: Any) -> dict[str, Any]:
    """What a thing says of itself; who answers for its project today comes along."""
    found: dict[str, Any] = {
        "subject_type": about._meta.label_lower,
        "subject_number": number_of(about),
        "amount": getattr(about, "amount", "") or "",
    }
    project = project_of(about)
    if project is None:
        return found
    leader, owner = leader_and_owners(project)
    found["leader_name"], found["leader_title"] = parted(leader)
    found["owner_name"], found["owner_title"] = parted(owner)
    units = Organization.objects.filter(is_active=True, kind__in=RECTIFIERS)
    place = place_of(about)
    unit = units.filter(name=project.implementing_unit, division__path__startswith=place.path)
    found["responsible_unit"] = unit.first() or project.department_id
    return found


def parted(said: str) -> tuple[str, str]:
    """“王某（镇长）” of the first who is named."""
    name, _, rest = said.split("、")[0].partition("（")
    return name[:40], rest.removesuffix("）")[:40]


class ProgressForm(forms.Form):
    text = words("进展情况")
    papers = PaperField(label="佐证", at_least=0)


class RecoveryForm(forms.Form):
    voucher_number = forms.CharField(
        label="凭证号", max_length=20, help_text="退回、收回结余或上缴凭证，如 2026-0012"
    )
    amount = AmountField(label="追回金额（元）")
    channel = line("归还渠道", 80, help_text="如原渠道退回、上缴国库、收回资金池")

    def __init__(self, *args: Any, finding: Finding, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.finding = finding
        self.voucher: Voucher | None = None

    def clean_voucher_number(self) -> str:
        number: str = self.cleaned_data["voucher_number"]
        self.voucher = voucher_of(self.finding.county, number)
        if self.voucher is None:
            raise ValidationError(f"{self.finding.county}没有凭证 {number}")
        return number


class StrikeForm(forms.Form):
    reason = line("划销事由", 100)


class AccountabilityForm(forms.Form):
    """Prefilled with whom the problem names."""

    name = line("姓名", 40)
    unit = line("单位", 80)
    title = line("职务", 40)
    way = forms.ChoiceField(label="追责方式", choices=Accountability.Way.choices)
    document = line("文号", 80)
    decided_on = day("决定日期")

    def __init__(self, *args: Any, finding: Finding, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("name", finding.owner_name)
        self.initial.setdefault("title", finding.owner_title)
        self.initial.setdefault("unit", str(finding.responsible_unit))
        self.initial.setdefault("decided_on", timezone.localdate())


class TransferForm(forms.Form):
    organ = line("移送机关", 80)
    document = line("移送文号", 80)
    transferred_on = day("移送日期")
