from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from organizations.personal_data import refuse_personal_data
from projects.forms.steps import day

from .models import Notice


class NoticeForm(forms.Form):
    posted_on = day("张贴日期")
    place = forms.CharField(
        label="张贴地点", max_length=120, validators=[refuse_personal_data], initial="村委会公示栏"
    )
    posted_by_unit = forms.CharField(label="张贴单位", max_length=80)
    hotline = forms.CharField(
        label="监督举报电话", max_length=40, help_text="单位办公电话与 12317，不填个人手机号",
        validators=[refuse_personal_data],
    )  # fmt: skip

    def facts(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class NoticeEndForm(forms.Form):
    taken_down_on = day("撤下日期")
    objections = forms.IntegerField(
        label="收到异议（件）", min_value=0, max_value=10000, help_text="没有异议填 0"
    )
    outcome = forms.CharField(
        label="异议处理情况",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        validators=[refuse_personal_data],
        help_text="有异议的必填；不写反映人姓名、电话",
    )

    def __init__(self, *args: Any, notice: Notice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.notice = notice
        self.fields["taken_down_on"].help_text = f"最早 {notice.may_end_on}"

    def clean_taken_down_on(self) -> Any:
        taken_down_on = self.cleaned_data["taken_down_on"]
        if taken_down_on < self.notice.may_end_on:
            raise ValidationError(
                f"公示未满期：{self.notice.posted_on} 张贴（当日不计），"
                f"最早 {self.notice.may_end_on} 撤下"
            )
        return taken_down_on

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("objections") and not data.get("outcome", "").strip():
            self.add_error("outcome", "收到异议须写明处理情况")
        return data

    def facts(self) -> dict[str, Any]:
        return dict(self.cleaned_data)
