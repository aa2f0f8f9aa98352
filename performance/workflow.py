"""No targets, no leading-group meeting (新扶贫领字〔2018〕76号 二(六))."""

from approvals.workflow import Condition, require
from organizations.policies import Refusal
from projects.models import Project

from .models import Target

CLAUSE = "新扶贫领字〔2018〕76号 二(六)：所有财政资金安排的扶贫项目都要填报绩效目标"
A = Target.Aspect
OUTPUT = (A.QUANTITY, A.QUALITY, A.TIMELINESS, A.COST)
OUTCOME = (A.ECONOMIC, A.SOCIAL, A.ECOLOGICAL, A.SUSTAINED)


def has_targets(project: Project) -> Refusal | None:
    aspects = set(Target.objects.filter(project=project).values_list("aspect", flat=True))
    missing = [
        name
        for name, wanted in (
            ("产出指标", OUTPUT),
            ("效益指标", OUTCOME),
            ("满意度指标", (A.SATISFACTION,)),
        )
        if not aspects.intersection(wanted)
    ]
    if not missing:
        return None
    return Refusal(
        f"绩效目标缺少{'、'.join(missing)}，不能提交审定", CLAUSE, "乡镇经办或项目主管部门经办"
    )


require(Project.life(), "review_jointly", Condition("已填报绩效目标", has_targets, CLAUSE))
