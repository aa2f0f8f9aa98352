"""What is announced of an adjustment in the village: old and new values, and the nine elements as
they stand approved (N13). An adjustment goes the way that the project went, its notice too."""

from __future__ import annotations

from organizations.policies import Refusal
from projects.models import Adjustment

from .composers import Composer, Line, project_lines
from .policies import not_yet_announced

CODE = "N13"
K = Adjustment.Kind
# [D] A change of the period or of the unit alone, and an ending, are announced after approval only;
# publicity_notice_rests in the database names the same kinds.
ANNOUNCED_FIRST = (K.CONTENT, K.PLACE, K.SCALE, K.MONEY)
# Eighteen characters that look like somebody's identity number.
UNANNOUNCED = ("implementing_unit_code",)


def adjustment_lines(adjustment: Adjustment) -> list[Line]:
    name, *elements, phone = project_lines(adjustment.project)
    return [
        name,
        Line("调整编号", adjustment.number),
        Line("调整类型", adjustment.kind_names),
        Line("调整事由", adjustment.reason),
        Line("村级意见", adjustment.opinion),
        *(
            Line(f"调整：{row['label']}", f"调整前：{row['before']}\n调整后：{row['after']}")
            for row in adjustment.changes
            if row["name"] not in UNANNOUNCED
        ),
        Line("说明", "下列各项为现行批准的内容，除上述调整外不变"),
        *elements,
        phone,
    ]


def not_yet_announced_in_village(adjustment: Adjustment) -> Refusal | None:
    """Why the adjustment may not go to the township yet."""
    if not set(adjustment.kinds).intersection(ANNOUNCED_FIRST):
        return None
    return not_yet_announced(adjustment, CODE)


ADJUSTMENT_NOTICES = {
    CODE: Composer(Adjustment, adjustment_lines, (Adjustment.Status.VILLAGE_NOTICE,), is_round=True)
}
