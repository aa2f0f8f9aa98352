"""What a person types with a step of an adjustment's life."""

from __future__ import annotations

from django import forms

from approvals.forms import StepForm
from approvals.papers import PaperField
from organizations.forms import words
from organizations.personal_data import refuse_personal_data

from .steps import day


class VillageOpinionForm(StepForm):
    """The original procedure begins in the village, for a change too."""

    held_on = day("村级会议日期")
    opinion = words("村级意见", rows=3)
    minutes_files = PaperField(label="会议纪要原件")


class PublicationForm(StepForm):
    published_on = day("公布日期")
    published_where = forms.CharField(
        label="公布渠道和地点", max_length=120, validators=[refuse_personal_data]
    )
