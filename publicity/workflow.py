"""The two notices of 两上两下 stand in the way of the two submissions."""

from __future__ import annotations

from functools import partial

from approvals.workflow import Condition, require
from projects.models import Project

from .policies import CLAUSE, not_yet_announced

require(
    Project.life(),
    "submit",
    Condition("村内公示期满无异议", partial(not_yet_announced, code="N01"), CLAUSE),
)
require(
    Project.life(),
    "resubmit",
    Condition("修改后公示期满无异议", partial(not_yet_announced, code="N02"), CLAUSE),
)
