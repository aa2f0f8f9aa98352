"""程序合规证明: every step that the procedure asks of a project, with who took it, on what it
rests, and what the database says of its proofs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from approvals.models import Decision, Evidence, Seat, StepProof
from approvals.workflow import WORKFLOWS

from .criteria import DOCUMENT
from .models import Project

S = Project.Status
CLAUSE = f"{DOCUMENT} 二(三)"


@dataclass(frozen=True)
class Stage:
    """One step of 两上两下 and of what follows. `status` is where it is taken from."""

    part: str
    action: str
    status: str
    label: str


STAGES = (
    Stage("一上", "record_meeting", S.DRAFT, "村民代表会议"),
    Stage("一上", "submit", S.VILLAGE_NOTICE, "村内公示无异议，上报乡镇"),
    Stage("一上", "endorse", S.TOWNSHIP_REVIEW, "乡镇审核"),
    Stage("一下", "appraise", S.COUNTY_APPRAISAL, "县级论证"),
    Stage("一下", "feed_back", S.FEEDBACK, "反馈意见书"),
    Stage("二上", "revise", S.REVISION, "修改完善"),
    Stage("二上", "resubmit", S.REVISION_NOTICE, "再次公示无异议，二次上报"),
    Stage("二下", "appraise_again", S.SECOND_APPRAISAL, "再次论证"),
    Stage("二下", "review_jointly", S.JOINT_REVIEW, "行业部门会审"),
    Stage("二下", "determine", S.DETERMINATION, "领导小组审定"),
    Stage("二下", "announce_result", S.RESULT_FEEDBACK, "反馈乡村"),
    Stage("实施", "complete", S.IMPLEMENTATION, "完工"),
    Stage("实施", "pass_preliminary", S.PRELIMINARY_ACCEPTANCE, "乡镇初验"),
    Stage("实施", "accept", S.ACCEPTANCE, "竣工验收"),
    Stage("实施", "verify_settlement", S.SETTLEMENT, "结算审定，主管部门核定"),
    Stage("实施", "settle", S.SETTLEMENT_REVIEW, "结余核定，财政会签"),
    Stage("实施", "register_assets", S.ASSET_REGISTRATION, "资产登记"),
)
RETURNS = ("return", "defer", "withdraw", "rectify")
# Beside the way: both inspections come again after it.
BESIDE = {S.RECTIFICATION: S.PRELIMINARY_ACCEPTANCE}


@dataclass
class StageProof:
    """A stage and the decisions by which it stands, after every return. `lacking` is what the
    database misses; `is_due` says that the project has passed here."""

    stage: Stage
    is_due: bool
    decisions: list[Decision] = field(default_factory=list)
    papers: list[Evidence] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        if not self.is_due:
            return "未到"
        return "缺" if self.lacking or not self.decisions else "全"


@dataclass(frozen=True)
class Certificate:
    project: Project
    stages: Sequence[StageProof]
    returns: Sequence[Decision]
    printed_at: dt.datetime

    @property
    def is_complete(self) -> bool:
        """Nothing lacks of all that lies behind the project."""
        return all(proof.state != "缺" for proof in self.stages)


def certificate_of(project: Project, printed_at: dt.datetime) -> Certificate:
    """A constant number of queries beside one for each proof function."""
    decisions = list(Decision.objects.about(project.life(), project.pk).order_by("id"))
    standing = standing_decisions(decisions)
    due = stages_behind(project, decisions)
    seats = list(
        Seat.objects.filter(subject_type=project.life(), subject_id=project.pk)
        .select_related("organization", "signature")
        .order_by("id")
    )
    papers = papers_of(decisions)
    functions = proof_functions(project.life())
    proofs = []
    for stage in STAGES:
        taken = standing.get(stage.status, [])
        proofs.append(
            StageProof(
                stage=stage,
                is_due=stage.status in due,
                decisions=taken,
                papers=[papers[h] for d in taken for h in d.evidence if h in papers],
                seats=[s for s in seats if s.signature_id in {d.pk for d in taken}],
                lacking=[
                    words
                    for d in taken
                    for name in functions.get(d.action, ())
                    if (words := lacking(name, d))
                ],
            )
        )
    returns = [d for d in decisions if d.action in RETURNS]
    return Certificate(project, proofs, returns, printed_at)


def stages_behind(project: Project, decisions: Sequence[Decision]) -> set[str]:
    """The statuses that the project has left for good, on the way to where it is; a termination
    leaves out what lies between."""
    path = WORKFLOWS[project.life()].main_path()
    here = BESIDE.get(S(project.status), project.status)
    if here not in path:
        return set()
    behind = path[: path.index(here)]
    for ended in (d for d in decisions if d.action == "terminate"):
        left_out = path[path.index(ended.from_status) + 1 : path.index(ended.to_status)]
        behind = [status for status in behind if status not in left_out]
    return set(behind)


def standing_decisions(decisions: Sequence[Decision]) -> dict[str, list[Decision]]:
    """By the status they were taken from: what was sent back or taken back no longer stands."""
    path = [stage.status for stage in STAGES]
    standing: dict[str, list[Decision]] = {}
    for decision in decisions:
        source = decision.from_status
        target = BESIDE.get(S(decision.to_status), decision.to_status)
        if decision.action in RETURNS:
            if target in path:
                for status in path[path.index(target) :]:
                    standing.pop(status, None)
            continue
        standing.setdefault(source, []).append(decision)
    return standing


def papers_of(decisions: Sequence[Decision]) -> dict[str, Evidence]:
    hashes = {sha256 for decision in decisions for sha256 in decision.evidence}
    return {paper.sha256: paper for paper in Evidence.objects.filter(sha256__in=hashes)}


def proof_functions(life: str) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for action, function in StepProof.objects.filter(life=life).values_list("action", "function"):
        found.setdefault(action, []).append(function)
    return found


def lacking(function: str, decision: Decision) -> str:
    """The database's own word on what the decision must rest on; empty when nothing lacks."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {connection.ops.quote_name(function)}(%s)",  # noqa: S608 - from migrations
            [decision.pk],
        )
        answer: Any = cursor.fetchone()[0]
    return str(answer or "")
