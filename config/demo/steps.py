"""One step, taken as its person takes it: every question answered, words where words are due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from approvals.models import Subject
from approvals.workflow import Opinions, workflow_of
from organizations.models import User

LOOKED_AT = "已核对用途，与本条无关"


def act(
    subject: Subject,
    action: str,
    by: User,
    comment: str = "",
    data: Mapping[str, Any] | None = None,
) -> None:
    workflow = workflow_of(subject)
    transition = workflow.find(action, subject.status)
    opinions: Opinions = (
        [
            {"code": c.code, "result": "pass", "text": LOOKED_AT if c.needs_words else ""}
            for c in transition.questions(subject)
        ]
        if transition
        else []
    )
    workflow.perform(subject, action, by=by, comment=comment, opinions=opinions, data=data)
