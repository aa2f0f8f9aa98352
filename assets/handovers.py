"""移交: the sheet that the three sides sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from organizations.models import Division, User
from organizations.policies import Refusal, Refused, demand, refuse_without
from projects.models import Project

from .models import Asset, AssetClass, Handover, HandoverItem
from .models.handovers import OPEN
from .policies import REGISTRARS


def to_hand_over(project: Project) -> QuerySet[Asset]:
    """In the register, no household's, and on no sheet that is open or done."""
    rows = Asset.objects.filter(project=project, left_on__isnull=True)
    listed = HandoverItem.objects.filter(handover__status__in=(*OPEN, "closed"))
    rows = rows.exclude(asset_class=AssetClass.HOUSEHOLD)
    return rows.exclude(pk__in=listed.values("asset_id")).order_by("pk")


def refuse_handing_over(project: Project, user: User) -> Refusal | None:
    refusal = refuse_without(user, REGISTRARS, project.division)
    if refusal or to_hand_over(project).exists():
        return refusal
    return Refusal("项目没有待移交的资产", who_can_clear="本人（无须再办）")


@transaction.atomic
def start_handover(
    *, project: Project, assets: Sequence[Asset], by: User, facts: Mapping[str, Any]
) -> Handover:
    """Of assets that have one owner, who receives them. Raises Refused."""
    demand(by, REGISTRARS, project.division)
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    owners = {(a.owner_name, a.owner_code, a.owner_level) for a in assets}
    places = {asset.division_id for asset in assets}
    if len(owners) != 1:
        raise Refused("一份移交单的资产须同一产权人", who_can_clear="填报人（按产权人分开填报）")
    name, code, level = owners.pop()
    place = places.pop() if len(places) == 1 else project.division_id
    handover = Handover(
        project=project,
        division=Division.objects.get(pk=place),
        number=f"{project.code}-Y{project.handovers.count() + 1:02d}",
        giver_name=project.implementing_unit,
        receiver_name=name,
        receiver_code=code,
        receiver_level=level,
        started_by=by,
        **facts,
    )
    handover.full_clean()
    handover.save(force_insert=True)
    HandoverItem.objects.bulk_create(
        HandoverItem(handover=handover, asset=asset) for asset in assets
    )
    return handover
