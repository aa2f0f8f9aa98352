"""委派: lending one's own post, taking it back, and who acts for whom in a territory."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from organizations import delegations
from organizations.forms import DelegationForm, explain
from organizations.models import Delegation
from organizations.policies import Refused, WrongRole
from organizations.queries import posts_of
from organizations.requests import OfficeRequest

PAGE_SIZE = 50


@require_http_methods(["GET", "POST"])
def post_lend(request: OfficeRequest, pk: int) -> HttpResponse:
    """One's own posts only: somebody else's do not exist here."""
    post = get_object_or_404(posts_of(request.user), pk=pk)
    refusal = delegations.refuse_lending(post, request.user)
    if refusal:
        raise Refused(refusal.reason, who_can_clear=refusal.who_can_clear)
    words = request.GET.get("q", "").strip()[:20]
    form = DelegationForm(request.POST or None, post=post, words=words)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            made = delegations.lend_post(post=post, by=request.user, **form.cleaned_data)
        except Refused as refused:
            explain(form, refused.refusal)
            status = refused.status_code
        else:
            messages.success(
                request,
                f"{made.valid_from} 至 {made.valid_until}，由 {made.delegate} 代办“"
                f"{post.get_role_display()}”。",
            )
            return redirect("my_posts")
    context = {"post": post, "form": form, "words": words}
    return render(request, "organizations/post_lend.html", context, status=status)


@require_POST
def delegation_revoke(request: OfficeRequest, pk: int) -> HttpResponse:
    """By the holder or the delegate; to others it does not exist."""
    mine = Q(post__user=request.user) | Q(delegate=request.user)
    delegation = get_object_or_404(Delegation.objects.filter(mine), pk=pk)
    try:
        done = delegations.revoke_delegation(delegation=delegation, by=request.user)
    except WrongRole:
        raise
    except Refused as refused:
        messages.error(request, refused.refusal.reason)
    else:
        messages.success(request, f"已收回：{done}，即时生效。")
    return redirect("my_posts")


@require_safe
def delegation_list(request: OfficeRequest) -> HttpResponse:
    """委派情况 of the territory."""
    found = delegations.delegations_over(request.user)
    only_standing = "all" not in request.GET
    if only_standing:
        found = found.standing()
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "only_standing": only_standing}
    return render(request, "organizations/delegation_list.html", context)
