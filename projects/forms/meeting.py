from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from approvals.models import Meeting
from organizations.forms import date_input
from organizations.models import Division, Post, Role
from organizations.personal_data import refuse_personal_data


class ChairChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, post: Post) -> str:
        return f"{post.user.real_name} {post.title}"


class MeetingForm(forms.ModelForm[Meeting]):
    """What a meeting of the leading group needs before its agenda is made."""

    county = forms.ModelChoiceField(
        label="县（市）", queryset=Division.objects.none(), empty_label=None
    )
    held_on = forms.DateField(label="会议日期", widget=date_input())
    chair = ChairChoice(label="主持人", queryset=Post.objects.none())
    agenda = forms.CharField(
        label="议程说明",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        validators=[refuse_personal_data],
    )
    field_order = ("county", "name", "held_on", "place", "chair", "agenda")

    class Meta:
        model = Meeting
        fields = ("name", "held_on", "place", "agenda")

    def __init__(self, *args: Any, counties: QuerySet[Division], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        county, chair = self.fields["county"], self.fields["chair"]
        assert isinstance(county, forms.ModelChoiceField)
        assert isinstance(chair, forms.ModelChoiceField)
        county.queryset = counties
        members = Post.objects.in_force().filter(role=Role.GROUP_MEMBER)
        chair.queryset = members.filter(organization__division__in=counties).select_related("user")

    def facts(self) -> dict[str, Any]:
        """As `call_meeting` takes them."""
        return dict(self.cleaned_data)
