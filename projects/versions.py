"""一上 and 二上: the text of a project as it was sent up, and the differences between the two."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import models
from django.urls import reverse

from organizations.models import User
from organizations.policies import Refusal

from .criteria import DOCUMENT
from .models import Answer, DifferenceReading, Feedback, Project, ProjectVersion

# What is the machine's, or who sent it and where it stands, is no text of the project.
NOT_TEXT = {
    "id", "status", "status_since", "code", "county", "division", "earmark", "meeting", "pinyin",
    "proposed_by", "proposed_at", "rank", "year",
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


def differences(before: ProjectVersion, after: ProjectVersion) -> list[Difference]:
    """Field by field in the order of the later text; what only the earlier one had, last."""
    old = {part["name"]: part for part in before.content}
    new = {part["name"]: part for part in after.content}
    return [
        Difference(
            (new.get(name) or old[name])["label"],
            old[name]["text"] if name in old else "",
            new[name]["text"] if name in new else "",
        )
        for name in {**new, **old}
    ]


@dataclass(frozen=True)
class Comparison:
    """What the second appraisal reads: the latest 二上 beside an earlier text of the project."""

    before: ProjectVersion
    after: ProjectVersion
    earlier: Sequence[ProjectVersion]  # what it may be compared with, oldest first
    answers: Sequence[Answer]  # to the opinions of the letter between the two
    differences: Sequence[Difference]

    @property
    def changed(self) -> list[Difference]:
        return [line for line in self.differences if line.is_changed]

    @property
    def unchanged(self) -> list[Difference]:
        return [line for line in self.differences if not line.is_changed]


def compare(project: Project, with_: str = "") -> Comparison | None:
    """The latest 二上 beside the latest 一上 before it, or beside the version whose key `with_`
    names. None until the project was sent up twice."""
    versions = list(project.projectversions.select_related("decision").order_by("id"))
    after = next((v for v in reversed(versions) if v.round == ProjectVersion.Round.SECOND), None)
    if after is None:
        return None
    earlier = [version for version in versions if version.pk < after.pk]
    firsts = [version for version in earlier if version.round == ProjectVersion.Round.FIRST]
    chosen = [version for version in earlier if str(version.pk) == with_]
    before = (chosen or firsts or earlier)[-1]
    revision = project.revisions.filter(decision_id__lt=after.decision_id).first()
    answers = revision.answers.select_related("item__feedback") if revision else ()
    return Comparison(before, after, earlier, list(answers), differences(before, after))


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
        reverse("project_differences", args=(project.pk,)),
    )


def text_of(project: Project, version: ProjectVersion | None) -> dict[str, str]:
    """By field name: as it was sent up, or as it stands where it has not been yet."""
    content = version.content if version else content_of(project)
    return {part["name"]: part["text"] for part in content}


def version_before(project: Project, decision_id: int) -> ProjectVersion | None:
    """The text that somebody had before him when he decided."""
    return project.projectversions.filter(decision_id__lt=decision_id).first()


def version_after(project: Project, decision_id: int) -> ProjectVersion | None:
    """The text that was sent up after a decision."""
    return project.projectversions.filter(decision_id__gt=decision_id).last()


def refuse_unchanged(project: Project, adoptions: Iterable[str]) -> Refusal | None:
    """An opinion that was adopted leaves a trace in the text that the letter was about."""
    adopted = {Answer.Adoption.ADOPTED, Answer.Adoption.PARTLY}.intersection(adoptions)
    letter = Feedback.objects.filter(project=project).order_by("-id").first()
    if not adopted or letter is None:
        return None
    sent = version_before(project, letter.decision_id)
    if sent is None or digest_of_content(content_of(project)) != sent.sha256:
        return None
    return Refusal(
        f"反馈意见填了“采纳”，但项目内容与{sent.get_round_display()}文本完全相同，没有修改",
        f"{DOCUMENT} 二(三)“二上”",
        "申报人（先在“修改内容”中修改项目，未修改的改填“未采纳”并写明理由）",
    )
