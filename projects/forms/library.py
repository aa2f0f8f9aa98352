"""What is typed to keep the library: out of it, into the next year, in which order, by which
document."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from approvals.forms import StepForm
from organizations.forms import words
from organizations.personal_data import refuse_personal_data
from projects.library import CLAUSE, is_adjusting
from projects.models import LibraryExit, Project

from .plans import PickForm

RANK_MAX = 9999


class LeaveLibraryForm(StepForm):
    reason = forms.ChoiceField(label="出库原因", choices=LibraryExit.Reason.choices)
    note = words("情况说明", max_length=300)
    special_reason = words(
        "集中调整期外出库的特殊事由",
        rows=2,
        max_length=300,
        help_text=f"项目库每年集中动态调整一次，期外出库须写明（{CLAUSE}）",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_adjusting():
            del self.fields["special_reason"]


class CarryForm(PickForm):
    needs_projects = True
    reason = forms.CharField(label="转入事由", max_length=200, validators=[refuse_personal_data])


class EntryForm(PickForm):
    needs_projects = True
    document_number = forms.CharField(label="入库文号", max_length=60)


class RankForm(forms.Form):
    """A number beside each project, blank for none."""

    def __init__(self, *args: Any, projects: QuerySet[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.projects = list(projects)
        for project in self.projects:
            self.fields[self.name_of(project)] = forms.IntegerField(
                label=f"{project.name}的排序号",
                required=False,
                min_value=1,
                max_value=RANK_MAX,
                initial=project.rank,
                widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
            )

    @staticmethod
    def name_of(project: Project) -> str:
        return f"rank_{project.pk}"

    def rows(self) -> list[tuple[Project, forms.BoundField]]:
        return [(project, self[self.name_of(project)]) for project in self.projects]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        first: dict[int, Project] = {}
        for project in self.projects:
            number = data.get(self.name_of(project))
            if number in first:
                error = ValidationError(f"与“{first[number]}”的排序号重复")
                self.add_error(self.name_of(project), error)
            elif number is not None:
                first[number] = project
        return data

    def numbers(self) -> dict[int, int | None]:
        """As `rank_projects` takes them."""
        return {p.pk: self.cleaned_data.get(self.name_of(p)) for p in self.projects}
