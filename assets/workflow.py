"""What a project's last step asks of the register of assets."""

from __future__ import annotations

from approvals.workflow import Condition, require
from projects.asset_statements import read_assets_with
from projects.models import Project

from .policies import CLAUSE, not_registered, statement_of

read_assets_with(statement_of)
require(
    Project.life(),
    "register_assets",
    Condition("资产原值合计等于项目支付，或说明不形成资产", not_registered, CLAUSE),
)
