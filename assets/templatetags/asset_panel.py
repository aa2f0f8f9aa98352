"""What the page of a project shows of its assets: it stands below and cannot ask for them."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.urls import reverse

from approvals.actions import Action
from assets.handovers import refuse_handing_over
from assets.models import Disposal, NoAssets
from assets.policies import REGISTRARS, refuse_registering, refuse_stating_none
from assets.queries import assets_of, worth_of
from funds.models import Voucher
from organizations.models import User
from organizations.policies import refuse_without
from projects.models import Project
from projects.views.life import button

register = template.Library()


@register.inclusion_tag("assets/_panel.html", takes_context=True)
def asset_panel(context: Context, project: Project) -> dict[str, Any]:
    return {
        "project": project,
        "assets": assets_of(project).select_related("division", "type"),
        "worth": worth_of(project),
        "none": NoAssets.objects.filter(project=project).first(),
        "handovers": project.handovers.all(),
        "tools": tools_of(project, context["request"].user),
        "unit": context.get("unit"),
    }


@register.simple_tag
def disposal_of(voucher: Voucher) -> Disposal | None:
    """Whose proceeds came in by this receipt."""
    if voucher.kind != Voucher.Kind.RECEIVE:
        return None
    return Disposal.objects.filter(voucher=voucher).select_related("asset").first()


def tools_of(project: Project, user: User) -> list[Action]:
    if refuse_without(user, REGISTRARS, project.division):
        return []
    pk = (project.pk,)
    new, none = reverse("asset_new", args=pk), reverse("no_assets_new", args=pk)
    hand = button(
        "填报移交单", reverse("handover_new", args=pk), refuse_handing_over(project, user)
    )
    if project.status != Project.Status.ASSET_REGISTRATION:
        return [hand] if hand.allowed else []
    return [
        button("登记资产", new, refuse_registering(project, user), style="primary"),
        button("说明不形成资产", none, refuse_stating_none(project, user)),
        hand,
    ]
