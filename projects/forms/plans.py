from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from organizations.models import Division
from organizations.personal_data import refuse_personal_data
from projects.models import AnnualPlan, Project

TEXTS = ("objectives", "funding", "schedule", "safeguards")


class PlanForm(forms.ModelForm[AnnualPlan]):
    """The text of a plan. With an instance it is being changed, with a reason."""

    county = forms.ModelChoiceField(
        label="县（市）", queryset=Division.objects.none(), empty_label=None
    )
    year = forms.IntegerField(
        label="年度", min_value=2015, max_value=2100, help_text="批次按本年度已有的计划顺编"
    )
    reason = forms.CharField(label="修改事由", max_length=100, validators=[refuse_personal_data])
    field_order = ("county", "year", "title", "document_number", *TEXTS, "reason")

    class Meta:
        model = AnnualPlan
        fields = ("title", "document_number", *TEXTS)
        widgets = {name: forms.Textarea(attrs={"rows": 5}) for name in TEXTS}

    def __init__(self, *args: Any, counties: QuerySet[Division], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["county"], self.fields["year"]
            return
        del self.fields["reason"]
        county, year = self.fields["county"], self.fields["year"]
        assert isinstance(county, forms.ModelChoiceField)
        county.queryset, county.initial = counties, counties.first()
        year.initial = timezone.localdate().year

    def facts(self) -> dict[str, Any]:
        """As `draw_up_plan` and `amend_plan` take them."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}


class PickForm(forms.Form):
    """Ticks before projects."""

    needs_projects = False
    projects = forms.ModelMultipleChoiceField(
        label="项目",
        queryset=Project.objects.none(),
        error_messages={"required": "请选择项目"}
        | dict.fromkeys(("invalid_choice", "invalid_pk_value"), "所选项目不在可选之列，请重新选择"),
    )

    def __init__(self, *args: Any, projects: QuerySet[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["projects"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset, field.required = projects, self.needs_projects


class DropForm(forms.Form):
    reason = forms.CharField(label="移出事由", max_length=100, validators=[refuse_personal_data])
