"""What a person types from 完工 to 结算审定."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from approvals.evidence import refuse_used_photos
from approvals.forms import StepForm, in_full
from approvals.papers import PaperField
from funds.fields import AmountField
from funds.money import format_yuan
from organizations.forms import date_input, words
from organizations.personal_data import refuse_personal_data
from organizations.policies import Refused
from projects.accepting import (
    Member,
    completed_on,
    could_inspect,
    items_to_rectify,
    rectification_due,
    refuse_group,
)
from projects.models import Commencement, Project, RectificationItem, WorkItem
from projects.payment_caps import sole_contract
from projects.settling import latest_audit, refuse_audited, surplus_by_source

from .steps import day

ITEMS_AT_MOST = 50


class CompletionForm(StepForm):
    """What the contract and the commencement say is there already, to be looked at."""

    started_on = day("开工日期")
    completed_on = day("完工日期")
    contractor = forms.CharField(label="承建（供货）单位", max_length=80)
    contract_number = forms.CharField(label="合同编号", max_length=60)
    contract_price = AmountField(label="合同价（元）")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert isinstance(self.subject, Project)
        if begun := Commencement.objects.filter(project=self.subject).first():
            self.initial.setdefault("started_on", begun.started_on)
        if contract := sole_contract(self.subject):
            self.initial.setdefault("contractor", contract.contractor_name)
            self.initial.setdefault("contract_number", contract.number)
            self.initial.setdefault("contract_price", format_yuan(contract.price))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        start, end = data.get("started_on"), data.get("completed_on")
        if start and end and end < start:
            self.add_error("completed_on", f"完工日期 {end} 早于开工日期 {start}")
        return data


class AcceptanceForm(StepForm):
    """初验 and 验收 alike: who inspected, what was planned and what is there, line by line."""

    fields_template = "projects/_acceptance_fields.html"

    accepted_on = day("验收日期")
    lead_unit = forms.CharField(label="牵头单位", max_length=80)
    posts = forms.TypedMultipleChoiceField(
        label="验收组成员（本系统岗位）",
        coerce=int,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text="可多选；办理过本项目实施的人员不能参加，未列出",
    )
    others = words(
        "其他成员", required=False, max_length=1000, help_text="每行一人：单位 职务，不写姓名"
    )
    quality = words("质量与资料核对情况")
    report_file = PaperField(label="验收报告", at_most=1)
    photos = PaperField(label="验收照片", photos=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert isinstance(self.subject, Project)
        self.project = self.subject
        posts = self.fields["posts"]
        assert isinstance(posts, forms.TypedMultipleChoiceField)
        posts.choices = [(post.pk, in_full(post)) for post in could_inspect(self.project)]
        self.work_items = list(self.project.work_items.all())
        for item in self.work_items:
            self.fields[f"done_{item.pk}"] = forms.DecimalField(
                label=f"{item.name}完成数量", max_digits=14, decimal_places=3, min_value=0
            )
            self.fields[f"reason_{item.pk}"] = forms.CharField(
                label=f"{item.name}差异原因",
                max_length=200,
                required=False,
                validators=[refuse_personal_data],
            )

    def rows(self) -> Iterator[tuple[WorkItem, forms.BoundField, forms.BoundField]]:
        for item in self.work_items:
            yield item, self[f"done_{item.pk}"], self[f"reason_{item.pk}"]

    def own_fields(self) -> list[forms.BoundField]:
        """Those that are no part of the table."""
        return [self[name] for name in self.base_fields]

    def clean_accepted_on(self) -> dt.date:
        on: dt.date = self.cleaned_data["accepted_on"]
        done = completed_on(self.project)
        if done and on < done:
            raise ValidationError(f"验收日期 {on} 早于完工日期 {done}")
        return on

    def clean_others(self) -> list[Member]:
        lines = [line.strip() for line in self.cleaned_data["others"].splitlines()]
        return [outsider(line) for line in lines if line]

    def clean_photos(self) -> list[str]:
        return unused(self.cleaned_data["photos"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        self.check_group(data)
        lines = []
        for position, item in enumerate(self.work_items, start=1):
            done, reason = data.get(f"done_{item.pk}"), data.get(f"reason_{item.pk}", "")
            if done is not None and done != item.quantity and not reason:
                self.add_error(
                    f"reason_{item.pk}", f"完成 {done}，计划 {item.quantity}，请写明差异原因"
                )
            lines.append((position, item, done, reason))
        return {**data, "lines": lines}

    def check_group(self, data: dict[str, Any]) -> None:
        if "posts" in self.errors or "others" in self.errors:
            return
        members = [Member(post=post) for post in data.get("posts", [])]
        members += data.get("others", [])
        refusal = refuse_group(self.project, members, data.get("accepted_on"))
        if refusal:
            self.add_error("posts", f"{refusal.reason}。可由{refusal.who_can_clear}办理")
        data["members"] = members


class RectifyForm(AcceptanceForm):
    """An inspection that ends with things to be put right."""

    items = words("整改事项", rows=5, help_text="每行一项，实施单位逐项整改、逐项附照片")
    due_on = forms.DateField(label="整改期限", widget=date_input())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("due_on", rectification_due())

    def clean_items(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["items"].splitlines()]
        items = [line for line in lines if line]
        if len(items) > ITEMS_AT_MOST:
            raise ValidationError(f"共 {len(items)} 项，最多 {ITEMS_AT_MOST} 项")
        if long := next((item for item in items if len(item) > 500), ""):
            raise ValidationError(f"“{long[:20]}…”超过 500 字，请分成几项")
        return items

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        on, due = data.get("accepted_on"), data.get("due_on")
        if on and due and due < on:
            self.add_error("due_on", f"整改期限 {due} 早于验收日期 {on}")
        return data


def outsider(line: str) -> Member:
    unit, *title = re.split(r"[\s，,、]+", line, maxsplit=1)
    if not title or not title[0].strip():
        raise ValidationError(f"“{line[:30]}”请写成：单位 职务")
    if len(unit) > 80 or len(title[0]) > 40:
        raise ValidationError(f"“{line[:30]}…”太长：单位最多 80 字，职务最多 40 字")
    return Member(unit=unit, title=title[0].strip())


def unused(photos: list[str]) -> list[str]:
    refusal = refuse_used_photos(photos)
    if refusal:
        raise ValidationError(refusal.reason)
    return photos


class RectificationForm(StepForm):
    """Every item of the latest inspection answered, each with photos of its own."""

    fields_template = "projects/_rectification_fields.html"

    finished_on = day("整改完成日期")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert isinstance(self.subject, Project)
        self.inspection, self.items = items_to_rectify(self.subject)
        for item in self.items:
            self.fields[f"answer_{item.pk}"] = words(
                f"第 {item.position} 项整改情况", rows=2, max_length=500
            )
            self.fields[f"photos_{item.pk}"] = PaperField(
                label=f"第 {item.position} 项整改照片", photos=True, at_most=5
            )

    def rows(self) -> Iterator[tuple[RectificationItem, forms.BoundField, forms.BoundField]]:
        for item in self.items:
            yield item, self[f"answer_{item.pk}"], self[f"photos_{item.pk}"]

    def clean_finished_on(self) -> dt.date:
        on: dt.date = self.cleaned_data["finished_on"]
        if self.inspection and on < self.inspection.accepted_on:
            raise ValidationError(f"{on} 早于提出整改的 {self.inspection.accepted_on}")
        return on

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        seen: set[str] = set()
        for item in self.items:
            name = f"photos_{item.pk}"
            photos = data.get(name, [])
            refusal = refuse_used_photos(photos)
            if refusal or seen.intersection(photos):
                self.add_error(name, refusal.reason if refusal else "这张照片已用于另一项")
            seen.update(photos)
        answers = {
            item.pk: (data.get(f"answer_{item.pk}", ""), data.get(f"photos_{item.pk}", []))
            for item in self.items
        }
        return {**data, "answers": answers}


class SettlementAuditForm(StepForm):
    """The department's signature: the audited amount with the report that says so."""

    audit_unit = forms.CharField(label="审计机构", max_length=80)
    report_number = forms.CharField(label="审计报告文号", max_length=60)
    audited_on = day("审定日期")
    audited_amount = AmountField(
        label="决算审定额（元）",
        allow_zero=True,
        help_text="质保金包含在审定额内，不是结余；终止的项目填已支付金额",
    )
    report_file = PaperField(label="审计报告", at_most=1)

    def clean_audited_amount(self) -> Decimal:
        audited: Decimal = self.cleaned_data["audited_amount"]
        assert isinstance(self.subject, Project)
        refusal = refuse_audited(self.subject, audited)
        if refusal:
            raise ValidationError(refusal.reason)
        try:
            surplus_by_source(self.subject, audited)
        except Refused as error:
            raise ValidationError(error.refusal.reason) from error
        return audited


class SettlementForm(StepForm):
    """Finance signs what the department signed; nothing is typed a second time."""

    fields_template = "projects/_settlement_fields.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert isinstance(self.subject, Project)
        self.audit = latest_audit(self.subject)
