"""The life of an objection, the notices that stand in the way of a step, and the composers of what
is not about a project."""

from __future__ import annotations

from functools import partial

from approvals.models import Duty
from approvals.workflow import Condition, Transition, Workflow, register, require
from projects.library import CLAUSE as LIBRARY_CLAUSE
from projects.models import Adjustment, Project

from . import composers, effects, forms
from .adjustment_notices import ADJUSTMENT_NOTICES, not_yet_announced_in_village
from .meeting_notices import MEETING_NOTICES
from .models import Objection
from .plan_notices import PLAN_NOTICES
from .policies import CLAUSE, INVESTIGATORS, REGISTRARS, SUPERVISION_CLAUSE, not_yet_announced

S = Objection.Status

for code, composer in {**PLAN_NOTICES, **ADJUSTMENT_NOTICES, **MEETING_NOTICES}.items():
    composers.register(code, composer)


OBJECTION = register(
    Workflow(
        Objection,
        name="异议",
        start=S.RECEIVED,
        transitions=(
            Transition(
                "investigate", "转入调查", (S.RECEIVED,), S.INVESTIGATING,
                INVESTIGATORS, Duty.INVESTIGATE, clause=SUPERVISION_CLAUSE,
                form=forms.InvestigationForm, effect=effects.investigate,
            ),
            Transition(
                "answer", "答复", (S.INVESTIGATING,), S.ANSWERED,
                INVESTIGATORS, Duty.INVESTIGATE, clause=SUPERVISION_CLAUSE,
                form=forms.AnswerForm, effect=effects.answer, copy_to=REGISTRARS,
            ),
        ),
    )
)  # fmt: skip


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
require(
    Adjustment.life(),
    "submit",
    Condition("调整内容公示期满无异议", not_yet_announced_in_village, CLAUSE),
)
require(
    Project.life(),
    "review_jointly",
    Condition("入库前公示期满无异议", partial(not_yet_announced, code="N03"), LIBRARY_CLAUSE),
)
