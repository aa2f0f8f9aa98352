from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from approvals.models import AgendaItem, Meeting, MeetingMember, Vote
from funds.document_numbers import normalize
from funds.fields import AmountField
from funds.models import Allotment
from organizations.forms import date_input, words
from organizations.models import Division, Post, Role
from organizations.personal_data import refuse_personal_data
from projects.meetings import PoolLine, refuse_more_than_asked
from projects.models import ItemCharge, Project
from projects.models.charges import ChargeRule

ZERO = Decimal(0)


class ChairChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, post: Post) -> str:
        return f"{post.user.real_name} {post.title}"


class MeetingForm(forms.ModelForm[Meeting]):
    """What a meeting of the leading group needs before its agenda is made; with an instance, what
    of it may still change: once it sits, who presides."""

    county = forms.ModelChoiceField(
        label="县（市）", queryset=Division.objects.none(), empty_label=None
    )
    held_on = forms.DateField(label="会议日期", widget=date_input())
    chair = ChairChoice(label="主持人", queryset=Post.objects.none())
    agenda = words("议程说明", required=False)
    field_order = ("county", "name", "held_on", "place", "chair", "agenda")

    class Meta:
        model = Meeting
        fields = ("name", "held_on", "place", "agenda")

    def __init__(
        self, *args: Any, counties: QuerySet[Division] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        chair = self.fields["chair"]
        assert isinstance(chair, forms.ModelChoiceField)
        posts = Post.objects.in_force().filter(role=Role.GROUP_MEMBER).select_related("user")
        if counties is not None:
            county = self.fields["county"]
            assert isinstance(county, forms.ModelChoiceField)
            county.queryset = counties
            chair.queryset = posts.filter(organization__division__in=counties)
            return
        roster = self.instance.members.all()
        chair.queryset = posts.filter(pk__in=roster.values("post"))
        chair.initial = next((member.post_id for member in roster if member.is_chair), None)
        del self.fields["county"]
        if self.instance.status == Meeting.Status.OPEN:
            for name in ("name", "held_on", "place", "agenda"):
                del self.fields[name]

    def clean_held_on(self) -> dt.date:
        held_on: dt.date = self.cleaned_data["held_on"]
        if held_on < timezone.localdate():
            raise ValidationError("会议日期在今天之前。成员在会议当日在线表决，不能补记")
        return held_on

    def facts(self) -> dict[str, Any]:
        """As `call_meeting` takes them."""
        return dict(self.cleaned_data)

    def changes(self) -> dict[str, Any]:
        """As `change_meeting` takes them."""
        facts = {name: value for name, value in self.cleaned_data.items() if name != "chair"}
        return {"chair": self.cleaned_data["chair"], "facts": facts}


def document_field(label: str, **options: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=60, **options)


class SourcesForm(forms.Form):
    """What an item gives out of each source; while the meeting sits, with the words of the
    change. `lines` are the sources with what is left of each when the item's turn comes."""

    amendment = words("修改内容", rows=2, max_length=300, required=False)
    charge_rule = forms.ChoiceField(
        label="资金分摊规则",
        choices=ChargeRule.choices,
        required=False,
        help_text="拨付时由哪一来源承担；不选的，先下达先用",
    )
    charge_reason = forms.CharField(
        label="分摊理由",
        required=False,
        max_length=100,
        validators=[refuse_personal_data],
        help_text="按批复比例分摊的须写明",
    )
    reply_document = document_field(
        "批复文号", required=False, help_text="不填的，按纪要文号和议题序号编号"
    )

    def __init__(
        self,
        *args: Any,
        item: AgendaItem,
        lines: Sequence[PoolLine],
        asked: Decimal | None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.item, self.asked = item, asked
        self.lines = {name_of(line.allotment): line for line in lines}
        for name, line in self.lines.items():
            field = AmountField(label=f"{line.allotment}（元）", required=False)
            field.initial = line.proposed or None
            field.widget.attrs["data-remaining"] = str(line.available)
            self.fields[name] = field
        self.fields["amendment"].initial = item.amendment
        self.fields["reply_document"].initial = item.reply_document
        self.offer_rules()
        if item.meeting.status == Meeting.Status.OPEN:
            self.fields["amendment"].required = True
        else:
            del self.fields["amendment"]

    def offer_rules(self) -> None:
        """Where the item gives a project its money; an adjustment follows what was decided."""
        if self.item.subject_type != Project.life():
            del self.fields["charge_rule"], self.fields["charge_reason"]
            return
        decided = ItemCharge.objects.filter(item=self.item).first()
        self.fields["charge_rule"].initial = decided.rule if decided else ChargeRule.FIFO
        self.fields["charge_reason"].initial = decided.reason if decided else ""

    def clean_charge_reason(self) -> str:
        reason: str = self.cleaned_data["charge_reason"].strip()
        if self.cleaned_data.get("charge_rule") == ChargeRule.SHARES and not reason:
            raise ValidationError("按批复比例分摊须写明理由")
        return reason

    @property
    def charge(self) -> tuple[str, str] | None:
        """The rule and why; 先下达先用 needs no word."""
        rule, reason = (self.cleaned_data.get(f"charge_{name}", "") for name in ("rule", "reason"))
        return (rule or ChargeRule.FIFO, reason) if reason else None

    def clean_reply_document(self) -> str:
        return normalize(self.cleaned_data["reply_document"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        taken = [(line.allotment, data.get(name)) for name, line in self.lines.items()]
        data["sources"] = [(allotment, amount) for allotment, amount in taken if amount]
        too_much = refuse_more_than_asked(self.asked, self.total)
        if too_much:
            raise ValidationError(too_much)
        return data

    def facts(self) -> dict[str, Any]:
        """As `revise_item` takes them."""
        return {
            "sources": self.cleaned_data["sources"],
            "charge": self.charge,
            "amendment": self.cleaned_data.get("amendment", ""),
            "reply_document": self.cleaned_data["reply_document"],
        }

    @property
    def total(self) -> Decimal:
        """Of the amounts that can be read, typed or not."""
        return sum((row.proposed for row in self.preview()), ZERO)

    def preview(self) -> list[PoolLine]:
        """Each source with the amount now in the form and what it would leave."""
        return [
            PoolLine(line.allotment, line.before, self.amount_in(name))
            for name, line in self.lines.items()
        ]

    def amount_in(self, name: str) -> Decimal:
        if not self.is_bound:
            return self.lines[name].proposed
        try:
            return self.fields[name].clean(self[name].value()) or ZERO
        except ValidationError:
            return ZERO

    def rows(self) -> list[tuple[PoolLine, forms.BoundField]]:
        fields = [self[name] for name in self.lines]
        return list(zip(self.preview(), fields, strict=True))


def name_of(allotment: Allotment) -> str:
    return f"source_{allotment.pk}"


class VoteForm(forms.Form):
    """One press of one of three buttons, for the words that stood above them."""

    choice = forms.ChoiceField(label="表决", choices=Vote.Choice.choices)
    seen_digest = forms.CharField(label="所见议题内容摘要", max_length=64)
    comment = forms.CharField(
        label="意见", required=False, max_length=200, validators=[refuse_personal_data]
    )


class MemberChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, member: MeetingMember) -> str:
        return str(member)


class RecusalForm(forms.Form):
    """The secretary names the member; a member speaks for himself."""

    member = MemberChoice(label="回避成员", queryset=MeetingMember.objects.none(), empty_label=None)
    reason = forms.CharField(label="回避事由", max_length=200, validators=[refuse_personal_data])

    def __init__(self, *args: Any, members: QuerySet[MeetingMember], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        member = self.fields["member"]
        assert isinstance(member, forms.ModelChoiceField)
        member.queryset = members.select_related("post__user")


class RemovalForm(forms.Form):
    reason = forms.CharField(
        label="撤出事由", required=False, max_length=200, validators=[refuse_personal_data]
    )


class CloseForm(forms.Form):
    """The chair's last word. `seen_result` is what stood above the form."""

    minutes_document = document_field("纪要文号", help_text="如 焉扶领纪〔2026〕3号")
    comment = words("会议小结", required=False, max_length=1000)
    confirm = forms.BooleanField(
        label="已逐项核对以上决议和分配金额",
        error_messages={"required": "请核对以上决议和分配金额后勾选"},
    )
    seen_result = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def clean_minutes_document(self) -> str:
        return normalize(self.cleaned_data["minutes_document"])
