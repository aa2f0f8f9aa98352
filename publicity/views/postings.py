from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from organizations.policies import Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.policies import demand_project_reader, raise_if
from projects.views.life import add_refusal
from publicity.forms import PostingForm, TakeDownForm
from publicity.models import Notice, Posting
from publicity.policies import refuse_posting, refuse_taking_down
from publicity.services import record_posting, record_take_down

from .notices import visible_notice


@require_http_methods(["GET", "POST"])
def posting_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the notice's."""
    notice = visible_notice(request, pk)
    wrong_role = refuse_without(request.user, notice.type.publishers, notice.division)
    raise_if(refuse_posting(notice, request.user), wrong_role=wrong_role)
    initial = {"posted_on": timezone.localdate(), "poster_unit": unit_of(request, notice)}
    form = PostingForm(request.POST or None, request.FILES or None, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            posting = record_posting(notice=notice, by=request.user, **form.cleaned_data)
            messages.success(request, posted_words(posting))
            return redirect(notice)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {"form": form, "notice": notice, "deed": "登记张贴"}
    return render(request, "publicity/posting_form.html", context, status=status)


def posted_words(posting: Posting) -> str:
    until = f"，公示期至 {posting.ends_on}" if posting.ends_on else ""
    return f"已登记张贴于{posting.place}{until}"


def unit_of(request: OfficeRequest, notice: Notice) -> str:
    posts = [p for p in request.user.posts_today if p.division.contains(notice.division)]
    return posts[0].organization.name if posts else ""


@require_http_methods(["GET", "POST"])
def take_down_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the posting's."""
    posting = visible_posting(request, pk)
    notice = posting.notice
    wrong_role = refuse_without(request.user, notice.type.publishers, notice.division)
    raise_if(refuse_taking_down(posting, request.user), wrong_role=wrong_role)
    initial = {"taken_down_on": timezone.localdate()}
    form = TakeDownForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            record_take_down(posting=posting, by=request.user, **form.cleaned_data)
            messages.success(request, f"已登记撤下：{posting.place}")
            return redirect(notice)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {"form": form, "notice": notice, "posting": posting, "deed": "登记撤下"}
    return render(request, "publicity/posting_form.html", context, status=status)


def visible_posting(request: OfficeRequest, pk: int) -> Posting:
    demand_project_reader(request.user)
    notices = Notice.objects.visible_to(request.user)
    rows = Posting.objects.filter(notice__in=notices).select_related(
        "take_down", "notice__type", "notice__division", "notice__superseded_by"
    )
    return get_visible(rows, pk)
