"""一上 and 二上: the text of a project as it was sent up, and the differences between the two."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import models

from organizations.models import User
from organizations.policies import Refusal

from .criteria import DOCUMENT
from .models import DifferenceReading, Project, ProjectVersion

# What is the machine's, or who sent it and where it stands, is no text of the project.
NOT_TEXT = {
    "id", "status", "status_since", "code", "county", "division", "earmark", "meeting", "pinyin",
    "proposed_by", "proposed_at",
}  # fmt: skip
Content = Sequence[Mapping[str, str]]


def content_of(project: Project) -> list[dict[str, str]]:
    """Every field that people filled in, in words, then the places and the bill of quantities."""
    content = [
        {"name": field.name, "label": str(field.verbose_name), "text": in_words(project, field)}
        for field in Project._meta.concrete_fields
        if field.name not in NOT_TEXT
    ]
    places = "、".join(str(p) for p in project.places.select_related("division"))
    content.append({"name": "places", "label": "实施地点", "text": places})
    items = [
        f"{i.name} {i.quantity.normalize():f}{i.unit}×{i.unit_price}元"
        for i in project.work_items.all()
    ]
    content.append({"name": "work_items", "label": "工程量", "text": "；".join(items)})
    return content


def in_words(project: Project, field: models.Field[object, object]) -> str:
    if field.name == "linkages":
        labels = dict(Project.Linkage.choices)
        return "、".join(str(labels.get(code, code)) for code in project.linkages)
    if field.choices:
        return str(getattr(project, f"get_{field.name}_display")())
    return str(getattr(project, field.name))


def digest_of_content(content: Content) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Difference:
    label: str
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after


def latest_version(project: Project, round_: int) -> ProjectVersion | None:
    return (
        ProjectVersion.objects.filter(project=project, round=round_)
        .select_related("decision")
        .order_by("-id")
        .first()
    )


def differences(project: Project) -> list[Difference]:
    """Field by field between the latest 一上 and the latest 二上; empty before there are both."""
    first = latest_version(project, ProjectVersion.Round.FIRST)
    second = latest_version(project, ProjectVersion.Round.SECOND)
    if first is None or second is None:
        return []
    before = {part["name"]: part["text"] for part in first.content}
    return [
        Difference(part["label"], before.get(part["name"], ""), part["text"])
        for part in second.content
    ]


def read_differences(project: Project, user: User) -> None:
    """Remember that this person opened them; the second appraisal is not signed before."""
    version = latest_version(project, ProjectVersion.Round.SECOND)
    if version:
        DifferenceReading.objects.get_or_create(version=version, user=user)


def differences_unread(project: Project, user: User) -> Refusal | None:
    version = latest_version(project, ProjectVersion.Round.SECOND)
    if version is None or version.readings.filter(user=user).exists():
        return None
    return Refusal(
        "您还没有打开“一上”与“二上”的对照，不能签署再次论证",
        f"{DOCUMENT} 二(三)“二下”",
        "本人（打开对照页）",
    )
