from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.forms import PasswordChangeForm as DjangoPasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils import timezone

from .delegations import colleagues_of, longest_days
from .models import Organization, Post, Role, User
from .personal_data import refuse_personal_data
from .policies import Refusal, refuse_past_day


def date_input() -> forms.DateInput:
    """The browser's date picker takes ISO dates only."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


def words(label: str, rows: int = 3, **kwargs: Any) -> forms.CharField:
    """A text of some lines, at most 4,000 characters unless `max_length` says otherwise."""
    return forms.CharField(
        label=label,
        widget=forms.Textarea(attrs={"rows": rows}),
        validators=[refuse_personal_data],
        **{"max_length": 4000, **kwargs},
    )


def explain(form: forms.BaseForm, refusal: Refusal) -> None:
    """Puts a refusal on top of the form, with the rule and who can help."""
    text = refusal.reason
    if refusal.clause:
        text += f"（依据：{refusal.clause}）"
    if refusal.who_can_clear:
        text += f"，可由{refusal.who_can_clear}办理"
    form.add_error(None, text + "。")


class LoginForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "用户名或密码不对，请重新输入；密码区分大小写。",
        # The same words for an account that is disabled or does not exist.
        "inactive": "用户名或密码不对，请重新输入；密码区分大小写。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = "用户名"
        self.fields["password"].label = "密码"


class NewPasswordForm(DjangoPasswordChangeForm):
    error_messages = {
        "password_mismatch": "两次输入的新密码不一致。",
        "password_incorrect": "原密码不对，请重新输入。",
        "password_unchanged": "新密码不能与原密码相同。",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = "原密码"
        self.fields["new_password1"].label = "新密码"
        self.fields["new_password1"].help_text = ""
        self.fields["new_password2"].label = "再输一次新密码"
        self.fields["new_password2"].help_text = ""

    def clean_new_password1(self) -> str:
        password: str = self.cleaned_data["new_password1"]
        if password and password == self.cleaned_data.get("old_password"):
            raise ValidationError(self.error_messages["password_unchanged"])
        return password


class EmailForm(forms.Form):
    email = forms.EmailField(
        label="提醒邮箱",
        required=False,
        validators=[refuse_personal_data],
        help_text="填办公邮箱，不填以手机号为名的邮箱。留空则不再收提醒。",
    )


class PeopleFilter(forms.Form):
    on = forms.DateField(label="在任日期", required=False, widget=date_input())
    q = forms.CharField(label="姓名、单位、职务", required=False, max_length=40)
    role = forms.ChoiceField(label="岗位", required=False, choices=[("", "全部"), *Role.choices])

    @property
    def day(self) -> dt.date:
        return self.cleaned_data.get("on") or timezone.localdate()


class OrganizationChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, organization: Organization) -> str:
        return f"{organization.name}（{organization.division.name}）"


class PostChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, post: Post) -> str:
        held = f"任职至 {post.valid_until}" if post.valid_until else "现任"
        return f"{post.organization.name} {post.get_role_display()} {post.user}（{held}）"


class AppointmentForm(forms.Form):
    """A post over a unit of the administrator's own territory."""

    organization = OrganizationChoice(
        label="单位", queryset=Organization.objects.none(), empty_label="请选择"
    )
    role = forms.ChoiceField(label="岗位", choices=[("", "请选择"), *Role.choices])
    title = forms.CharField(label="职务", max_length=40)
    valid_from = forms.DateField(label="任职自", widget=date_input())
    appointment_document = forms.CharField(label="任职文号", max_length=60, required=False)
    predecessor = PostChoice(
        label="接替（移交）",
        queryset=Post.objects.none(),
        required=False,
        empty_label="不接替任何人",
        help_text="选择后，前任的岗位到任职前一日为止；继任人确认接任后才有权限。",
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organizations = Organization.objects.visible_to(by).filter(is_active=True)
        chosen = self.fields["organization"]
        assert isinstance(chosen, OrganizationChoice)
        chosen.queryset = organizations.select_related("division")
        predecessor = self.fields["predecessor"]
        assert isinstance(predecessor, PostChoice)
        predecessor.queryset = (
            Post.objects.visible_to(by)
            .filter(accepted_at__isnull=False, successors__isnull=True)
            .select_related("organization", "user")
            .order_by("organization__name", "role", "-valid_from")
        )


class AccountForm(AppointmentForm):
    """A new person, always with a first post: without one nobody would see the account."""

    username = forms.RegexField(
        label="用户名",
        regex=r"^[a-z][a-z0-9_.-]{2,29}$",
        error_messages={"invalid": "用户名为 3 至 30 位小写字母、数字或 _ . -，以字母开头。"},
        help_text="3 至 30 位小写字母、数字或 _ . -，以字母开头；登录用，不再更改。",
    )
    real_name = forms.CharField(label="姓名", max_length=40)
    office_phone = forms.CharField(
        label="办公电话",
        max_length=20,
        required=False,
        validators=[refuse_personal_data],
        help_text="只填办公电话，不填个人手机号。",
    )
    field_order = ("username", "real_name", "office_phone")

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise ValidationError("这个用户名已有人使用，请另取一个。")
        return username


class EndPostForm(forms.Form):
    last_day = forms.DateField(
        label="任职至", widget=date_input(), help_text="含当日；最早为昨天，即立即卸任。"
    )
    reason = forms.CharField(label="卸任原因", max_length=80)


class ColleagueChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, person: User) -> str:
        return f"{person}（{person.unit} {person.title}）"  # type: ignore[attr-defined]


class DelegationForm(forms.Form):
    """`words` narrow the list that is offered; whoever was offered before may still be chosen."""

    delegate = ColleagueChoice(label="代办人", queryset=User.objects.none(), empty_label="请选择")
    valid_from = forms.DateField(label="代办自", widget=date_input())
    valid_until = forms.DateField(label="代办至", widget=date_input())
    reason = forms.CharField(
        label="事由",
        max_length=100,
        validators=[refuse_personal_data],
        help_text="如：出差、培训、休假。不写病情等个人信息。",
    )

    def __init__(self, *args: Any, post: Post, words: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        delegate = self.fields["delegate"]
        assert isinstance(delegate, ColleagueChoice)
        everybody = colleagues_of(post)
        delegate.queryset = everybody if self.is_bound or not words else colleagues_of(post, words)
        today = timezone.localdate()
        self.fields["valid_from"].initial = today
        most = longest_days()
        self.fields["valid_until"].help_text = f"含当日；最长 {most} 天，可随时收回。"

    def clean_valid_from(self) -> dt.date:
        value: dt.date = self.cleaned_data["valid_from"]
        if value < timezone.localdate():
            raise ValidationError(f"不能倒填：{value} 早于今天")
        return value

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        first, last = data.get("valid_from"), data.get("valid_until")
        if first and last:
            days, most = (last - first).days + 1, longest_days(first)
            if days < 1:
                self.add_error("valid_until", f"早于代办开始的 {first}")
            elif days > most:
                self.add_error("valid_until", f"代办 {days} 天，最长 {most} 天")
        return data


class ReasonForm(forms.Form):
    reason = forms.CharField(label="原因", max_length=80, validators=[refuse_personal_data])


class CalendarForm(forms.Form):
    """A festival's days off, or the weekend days worked for it."""

    SPAN_MAX = dt.timedelta(days=31)

    is_working = forms.TypedChoiceField(
        label="安排",
        choices=[("", "请选择"), ("off", "放假"), ("on", "调休上班")],
        coerce=lambda chosen: chosen == "on",
    )
    first = forms.DateField(label="自", widget=date_input(), help_text="今天以后的日子。")
    last = forms.DateField(
        label="至",
        widget=date_input(),
        help_text="含当日。放假只记其中的周一至周五，调休上班只记其中的周六、周日。",
    )
    name = forms.CharField(label="名称", max_length=40, help_text="如：国庆节、国庆节调休上班。")
    document_number = forms.CharField(label="通知文号", max_length=60, required=False)
    reason = forms.CharField(label="原因", max_length=80, validators=[refuse_personal_data])

    def clean_first(self) -> dt.date:
        first: dt.date = self.cleaned_data["first"]
        refusal = refuse_past_day(first)
        if refusal:
            raise ValidationError(f"{refusal.reason}。")
        return first

    def clean_last(self) -> dt.date:
        last: dt.date = self.cleaned_data["last"]
        first = self.cleaned_data.get("first")
        if first and not first <= last <= first + self.SPAN_MAX:
            raise ValidationError("应不早于“自”，并在其后 31 天以内。")
        return last


class ConfirmForm(forms.Form):
    """Nothing to fill in: the button is the answer."""
