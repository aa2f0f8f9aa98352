"""What is pressed in the room: here I am, I stand aside, I agree."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from approvals.meetings import cast_vote, check_in, recuse, undo_check_in
from approvals.models import Meeting, MeetingMember
from organizations.policies import Refused, WrongRole
from organizations.requests import OfficeRequest, get_visible
from projects.forms.meeting import RecusalForm, VoteForm
from projects.policies import demand_project_reader

from .meetings import url_of
from .meetings_agenda import show_item, visible_item


@require_POST
def member_check_in(request: OfficeRequest, pk: int) -> HttpResponse:
    """签到; with `undo`, the secretary's correction."""
    demand_project_reader(request.user)
    seen = MeetingMember.objects.filter(meeting__in=Meeting.objects.visible_to(request.user))
    member = get_visible(seen.select_related("meeting__division", "post__user"), pk)
    if "undo" in request.POST:
        undo_check_in(member=member, by=request.user)
        messages.success(request, f"已撤销{member.post.user}的签到")
    else:
        check_in(member=member, by=request.user)
        messages.success(request, f"{member.post.user}已签到")
    return redirect(url_of(member.meeting, "roster"))


@require_POST
def agenda_item_vote(request: OfficeRequest, pk: int) -> HttpResponse:
    """Refused, it shows the item as it is now, with what was chosen and written."""
    item = visible_item(request, pk)
    form = VoteForm(request.POST)
    if not form.is_valid():
        return show_item(request, item, vote=form, status=422)
    try:
        vote = cast_vote(item=item, by=request.user, **form.cleaned_data)
    except WrongRole:
        raise
    except Refused as error:
        return show_item(
            request, visible_item(request, pk), vote=form, refusal=error.refusal,
            status=error.status_code,
        )  # fmt: skip
    messages.success(request, f"第{item.position}项已表决：{vote.get_choice_display()}")
    return redirect(url_of(item.meeting, f"item-{item.pk}"))


@require_POST
def agenda_item_recuse(request: OfficeRequest, pk: int) -> HttpResponse:
    item = visible_item(request, pk)
    form = RecusalForm(request.POST, members=item.meeting.members.all())
    if not form.is_valid():
        return show_item(request, item, recusal=form, status=422)
    member = form.cleaned_data["member"]
    try:
        recuse(item=item, member=member, reason=form.cleaned_data["reason"], by=request.user)
    except WrongRole:
        raise
    except Refused as error:
        return show_item(
            request, item, recusal=form, refusal=error.refusal, status=error.status_code
        )
    messages.success(request, f"已登记{member.post.user}回避第{item.position}项")
    return redirect(url_of(item.meeting, f"item-{item.pk}"))
