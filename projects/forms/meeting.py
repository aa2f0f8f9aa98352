from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from approvals.models import Meeting
from funds.document_numbers import normalize
from organizations.models import Division
from organizations.personal_data import refuse_personal_data

from .steps import day, has_quorum


class MeetingForm(forms.ModelForm[Meeting]):
    """The minutes' facts of a leading-group meeting that has been held."""

    held_on = day("会议日期")
    members_due = forms.IntegerField(label="应到人数", min_value=1, max_value=200)
    members_present = forms.IntegerField(label="实到人数", min_value=1, max_value=200)
    agenda = forms.CharField(
        label="议题",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        validators=[refuse_personal_data],
    )

    class Meta:
        model = Meeting
        fields = (
            "county", "name", "minutes_document", "held_on", "chair", "members_due",
            "members_present", "agenda",
        )  # fmt: skip

    def __init__(self, *args: Any, counties: QuerySet[Division], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        county = self.fields["county"]
        assert isinstance(county, forms.ModelChoiceField)
        county.queryset = counties
        county.empty_label = None

    def clean_minutes_document(self) -> str:
        return normalize(self.cleaned_data["minutes_document"])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        due, present = data.get("members_due"), data.get("members_present")
        if due and present and present > due:
            self.add_error("members_present", f"实到 {present} 人多于应到 {due} 人")
        elif due and present and data.get("held_on") and not has_quorum(Meeting(**self.counts())):
            self.add_error("members_present", f"实到 {present} 人，不足应到 {due} 人的规定比例")
        return data

    def counts(self) -> dict[str, Any]:
        return {n: self.cleaned_data[n] for n in ("members_due", "members_present", "held_on")}

    def facts(self) -> dict[str, Any]:
        """The model's fields as `record_leading_group_meeting` takes them."""
        names = [n for n in self._meta.fields or () if n != "county"]
        return {name: self.cleaned_data[name] for name in names}
