from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone

from approvals.evidence import SIZE_MAX, check_content, clean_name
from approvals.forms import StepForm
from organizations.forms import words
from organizations.personal_data import refuse_personal_data
from organizations.policies import Refused
from projects.forms.steps import day

from .models import Notice, Objection

PHOTO_EXTENSIONS = ("jpg", "png")


class PhotoField(forms.FileField):
    """A JPG or PNG by its content; the same checks as every other paper goes through."""

    widget = forms.FileInput(attrs={"accept": ".jpg,.jpeg,.png"})

    def clean(self, data: Any, initial: Any = None) -> UploadedFile[Any]:
        photo: UploadedFile[Any] = super().clean(data, initial)
        if (photo.size or 0) > SIZE_MAX:
            raise ValidationError(f"照片超过 {SIZE_MAX // 1024 // 1024} MB，请压缩后再上传")
        try:
            assert photo.file is not None
            kind = check_content(photo.file, clean_name(photo.name or ""))
        except Refused as refused:
            raise ValidationError(refused.refusal.reason) from refused
        if kind not in PHOTO_EXTENSIONS:
            raise ValidationError("不是照片，请上传 JPG 或 PNG")
        return photo


class PublicationForm(forms.Form):
    type = forms.CharField(label="公示类型代码", max_length=10)


class PostingForm(forms.Form):
    place = forms.CharField(
        label="张贴地点", max_length=120, validators=[refuse_personal_data],
        help_text="固定信息公开栏，如“下岔河村村委会公示栏”",
    )  # fmt: skip
    posted_on = day("张贴日期", help_text="公示期从次日起算")
    poster_unit = forms.CharField(
        label="张贴单位", max_length=80, validators=[refuse_personal_data]
    )
    near_photo = PhotoField(label="近景照片", help_text="看得清公示文字；不拍人脸、证件")
    far_photo = PhotoField(label="远景照片", help_text="看得出是哪一处公示栏；与近景不是同一张")


class TakeDownForm(forms.Form):
    taken_down_on = day("撤下日期")
    note = words("说明", rows=2, max_length=500, required=False)


class ObjectionForm(forms.Form):
    """As somebody in an office writes down what he heard; whom he heard stays on paper."""

    channel = forms.ChoiceField(
        label="渠道",
        choices=[c for c in Objection.Channel.choices if c[0] != Objection.Channel.WEB],
    )
    received_on = day("收到日期")
    is_named = forms.BooleanField(
        label="实名", required=False, help_text="只登记是否实名；姓名、电话写在封存的原件上"
    )
    paper_file_number = forms.CharField(
        label="封存原件编号", max_length=40, required=False, validators=[refuse_personal_data],
        help_text="实名的必填",
    )  # fmt: skip
    summary = words("内容摘要", max_length=2000, help_text="只写事情，不写反映人的姓名、电话、住址")

    def __init__(self, *args: Any, notice: Notice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.notice = notice

    def clean_received_on(self) -> Any:
        received_on = self.cleaned_data["received_on"]
        published_on = timezone.localdate(self.notice.published_at)
        if received_on < published_on:
            raise ValidationError(f"{received_on} 在公示发布（{published_on}）之前")
        return received_on

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("is_named") and not data.get("paper_file_number", "").strip():
            self.add_error("paper_file_number", "实名异议须填写封存原件的编号")
        return data


class InvestigationForm(StepForm):
    investigating_unit = forms.CharField(
        label="调查单位", max_length=80, validators=[refuse_personal_data]
    )


class AnswerForm(StepForm):
    conclusion = forms.ChoiceField(
        label="调查结论", choices=[("", "请选择"), *Objection.Conclusion.choices]
    )
    measures = words(
        "处理措施", max_length=2000, help_text="凭回执号可以看到；不写反映人的姓名、电话"
    )
    remedy = forms.ChoiceField(
        label="重新公示", choices=[("", "请选择"), *Objection.Remedy.choices],
        help_text="重新公示的，须发布并张贴新版，天数重新计算",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        unfounded = data.get("conclusion") == Objection.Conclusion.UNFOUNDED
        if unfounded and data.get("remedy") not in (None, Objection.Remedy.NONE):
            self.add_error("remedy", "结论为“不属实”的，不重新公示")
        return data


class PublicObjectionForm(forms.Form):
    summary = words(
        "异议内容",
        rows=5,
        min_length=5,
        max_length=2000,
        help_text="请写清是哪一项内容、为什么不对",
    )
    # Nobody sees this field; whoever fills it in is no person.
    website = forms.CharField(
        label="此栏请留空", required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )  # fmt: skip

    def clean_website(self) -> str:
        if self.cleaned_data["website"]:
            raise ValidationError("此栏须留空")
        return ""
