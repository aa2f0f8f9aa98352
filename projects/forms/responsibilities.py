from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from organizations.forms import date_input
from organizations.models import Division, Post, Role, User
from organizations.personal_data import refuse_personal_data
from projects.models import Project, Responsibility
from projects.responsibilities import Holder, duties_named_by, holder_of

TYPED = {"name": "姓名", "unit": "责任单位", "title": "职务"}


class HolderChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, post: Post) -> str:
        return f"{post.user}（{post.organization.name} {post.title}）"


def posts_over(division: Division) -> Any:
    """Whoever could be named: the posts of today over the division, of whatever rank."""
    return (
        Post.objects.in_force()
        .over(division)
        .exclude(role=Role.SYSTEM_ADMIN)
        .select_related("user", "organization__division")
        .order_by("-organization__division__path", "organization__name", "pk")
    )


class HolderForm(forms.Form):
    """A person of the system, or an official by name, unit and title."""

    post = HolderChoice(
        label="系统内人员",
        queryset=Post.objects.none(),
        required=False,
        empty_label="不在系统内，在下面填写",
        help_text="选择后，姓名、单位、职务取自其岗位，由本人在系统内接受交接。",
    )
    name = forms.CharField(
        label="姓名", max_length=40, required=False, validators=[refuse_personal_data]
    )
    unit = forms.CharField(
        label="责任单位", max_length=80, required=False, validators=[refuse_personal_data]
    )
    title = forms.CharField(
        label="职务", max_length=40, required=False, validators=[refuse_personal_data]
    )
    office_phone = forms.CharField(
        label="办公电话",
        max_length=20,
        required=False,
        validators=[refuse_personal_data],
        help_text="只填办公电话，不填个人手机号。",
    )
    valid_from = forms.DateField(label="自", widget=date_input())
    reason = forms.CharField(
        label="确定（变更）原因",
        max_length=100,
        validators=[refuse_personal_data],
        help_text="如：分工确定、职务调整、工作调动，可写任职文号。",
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        post = self.fields["post"]
        assert isinstance(post, HolderChoice)
        post.queryset = posts_over(project.division)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if "post" in data and data["post"] is None:
            for field, label in TYPED.items():
                if field in data and not data[field].strip():
                    self.add_error(field, f"未选系统内人员的，须填写{label}")
        return data

    def holder(self) -> Holder:
        data = self.cleaned_data
        if data["post"]:
            return holder_of(data["post"])
        return Holder(data["name"], data["unit"], data["title"], data["office_phone"])


class NamingForm(HolderForm):
    duty = forms.ChoiceField(label="责任")
    field_order = ("duty",)

    def __init__(self, *args: Any, project: Project, by: User, **kwargs: Any) -> None:
        super().__init__(*args, project=project, **kwargs)
        duty = self.fields["duty"]
        assert isinstance(duty, forms.ChoiceField)
        duties = duties_named_by(by, project)
        duty.choices = [("", "请选择"), *((one.value, one.label) for one in duties)]
        self.fields["valid_from"].initial = timezone.localdate()


class HandOverForm(HolderForm):
    def __init__(self, *args: Any, former: Responsibility, **kwargs: Any) -> None:
        super().__init__(*args, project=former.project, **kwargs)
        day = max(timezone.localdate(), former.valid_from) + dt.timedelta(days=1)
        field = self.fields["valid_from"]
        field.label, field.initial = "接任日", day
        field.help_text = f"{former.name}的责任到前一日为止，接任人当日起承担，中间不空。"
        self.fields["unit"].initial = former.unit


class DayForm(forms.Form):
    """倒查: which project, which day."""

    project = forms.CharField(label="项目编号", max_length=40)
    day = forms.DateField(label="日期", widget=date_input())

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reader = reader

    def clean_project(self) -> Project:
        code = str(self.cleaned_data["project"]).strip()
        found = Project.objects.visible_to(self.reader).filter(code=code)
        project = found.select_related("division__parent", "county").first()
        if project is None:
            raise ValidationError(f"没有编号为 {code} 的项目")
        return project

    def clean_day(self) -> dt.date:
        day: dt.date = self.cleaned_data["day"]
        if day > timezone.localdate():
            raise ValidationError(f"{day} 尚未到")
        return day
