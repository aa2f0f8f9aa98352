"""Papers and photos inside a form: uploaded in it, named by their SHA-256, kept when the form
comes back with errors. A machine sends the hashes of what it uploaded before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from organizations.models import Division, User
from organizations.policies import Refused

from .evidence import PHOTO_KINDS, store_evidence
from .models import Evidence

HEX = re.compile(r"[0-9a-f]{64}")


class PaperInput(forms.ClearableFileInput):
    """A file input, and beside it what was uploaded with an earlier try."""

    allow_multiple_selected = True
    template_name = "approvals/_paper_input.html"

    def __init__(self, *, photos: bool, many: bool) -> None:
        kinds = "image/jpeg,image/png" if photos else ".pdf,.jpg,.png,.xlsx,.docx"
        super().__init__(attrs={"accept": kinds} | ({"multiple": True} if many else {}))

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        if isinstance(data, QueryDict | MultiValueDict):
            return data.getlist(name)
        given = data.get(name)
        return given if isinstance(given, list) else [given] if given else []

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, None, attrs)
        digests = [digest for digest in value or [] if digest]
        papers = {e.sha256: e for e in Evidence.objects.filter(sha256__in=digests)}
        context["papers"] = [papers[digest] for digest in digests if digest in papers]
        return context

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return False


class PaperField(forms.MultipleChoiceField):
    """Cleans to a list of SHA-256, `at_least` to `at_most` of them; `photos` are pictures only."""

    def __init__(
        self, *, label: str, photos: bool = False, at_least: int = 1, at_most: int = 9,
        help_text: str = "",
    ) -> None:  # fmt: skip
        self.photos, self.at_least, self.at_most = photos, at_least, at_most
        super().__init__(
            label=label,
            required=at_least > 0,
            help_text=help_text or ("JPG 或 PNG 照片" if photos else "PDF、图片、XLSX 或 DOCX"),
            widget=PaperInput(photos=photos, many=at_most > 1),
        )

    def validate(self, value: list[str]) -> None:
        if len(set(value)) < len(value):
            raise ValidationError("同一份文件选了两次")
        if len(value) < self.at_least:
            raise ValidationError(f"请上传至少 {self.at_least} 份")
        if len(value) > self.at_most:
            raise ValidationError(f"最多 {self.at_most} 份")
        known = Evidence.objects.filter(sha256__in=value)
        if self.photos:
            known = known.filter(content_type__in=PHOTO_KINDS)
        missing = set(value) - set(known.values_list("sha256", flat=True))
        if missing:
            raise ValidationError("没有上传过这份文件，或不是照片")


def store_uploads(
    data: QueryDict,
    files: MultiValueDict[str, UploadedFile[Any]],
    fields: Mapping[str, forms.Field],
    *,
    division: Division,
    by: User,
) -> tuple[QueryDict, dict[str, str]]:
    """The request's data with each uploaded paper as its hash; what was refused, by field."""
    given, refused = data.copy(), {}
    for name, field in fields.items():
        if not isinstance(field, PaperField):
            continue
        kept = [digest for digest in given.getlist(name) if HEX.fullmatch(digest)]
        for upload in files.getlist(name):
            try:
                digest = store_evidence(upload, division=division, by=by).sha256
            except Refused as error:
                refused[name] = error.refusal.reason
                continue
            kept = [*kept, digest] if field.at_most > 1 else [digest]
        given.setlist(name, kept)
    return given, refused


def papers_in(form: forms.Form) -> list[str]:
    """Every paper that a valid form names, for the decision that it goes with."""
    return [
        digest
        for name, field in form.fields.items()
        if isinstance(field, PaperField)
        for digest in form.cleaned_data.get(name, [])
    ]
