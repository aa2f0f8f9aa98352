from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from approvals.evidence import SIZE_MAX, check_content, clean_name
from organizations.personal_data import refuse_personal_data
from organizations.policies import Refused
from projects.forms.steps import day

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
    note = forms.CharField(
        label="说明", max_length=500, required=False, validators=[refuse_personal_data],
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
