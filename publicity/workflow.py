"""The two notices of 两上两下 stand in the way of the two submissions."""

from __future__ import annotations

from collections.abc import Callable

from approvals.workflow import Condition, require
from organizations.policies import Refusal
from projects.models import Project

from .models import Notice

CLAUSE = "新扶贫领字〔2018〕76号 二(三)：公示无异议后上报"


def notice_ended(round_: Notice.Round) -> Callable[[Project], Refusal | None]:
    def check(project: Project) -> Refusal | None:
        notice = notice_of(project, round_)
        if notice is None:
            return Refusal(f"尚未登记{round_.label}", CLAUSE, "村“两委”或乡镇经办")
        if notice.taken_down_on is None:
            return Refusal(
                f"{round_.label}尚未办结，最早可于 {notice.may_end_on} 撤下",
                CLAUSE,
                "村“两委”或乡镇经办",
            )
        return None

    return check


def notice_of(project: Project, round_: Notice.Round) -> Notice | None:
    """The notice of this round that was posted after the project last came to the step."""
    since = project.status_since
    return project.notices.filter(round=round_, recorded_at__gte=since).first()


require(
    Project.life(),
    "submit",
    Condition("村内公示期满无异议", notice_ended(Notice.Round.PROPOSAL), CLAUSE),
)
require(
    Project.life(),
    "resubmit",
    Condition("修改后公示期满无异议", notice_ended(Notice.Round.REVISION), CLAUSE),
)
