"""处置: an asset is put forward to be disposed of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from organizations.models import User
from organizations.policies import demand
from projects.policies import raise_if

from .models import Asset, Disposal
from .policies import OWNERS, refuse_disposing
from .services import locked


@transaction.atomic
def start_disposal(*, asset: Asset, by: User, facts: Mapping[str, Any]) -> Disposal:
    demand(by, OWNERS, asset.division)
    asset = locked(asset)
    raise_if(refuse_disposing(asset, by))
    disposal = Disposal(
        asset=asset,
        division=asset.division,
        number=f"{asset.number}-C{asset.disposals.count() + 1:02d}",
        started_by=by,
        **facts,
    )
    disposal.full_clean()
    disposal.save(force_insert=True)
    return disposal
