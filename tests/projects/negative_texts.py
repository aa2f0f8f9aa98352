"""Subjects in whose text a word of the negative list stands, at the stages that look for it."""

from __future__ import annotations

from approvals.models import Subject
from projects.forms.steps import opinions_on
from projects.models import NegativeReview, PaymentRequest, Project
from projects.negative import rules_in_force, standing_hits
from projects.second_look import confirm_hit
from projects.versions import read_differences
from tests import factories as make
from tests.cast import Cast
from tests.walked import walked

TEXT = "新建库房一座，购置运输车辆1台"


def in_draft(cast: Cast, text: str = TEXT) -> Project:
    return make.revise_text(cast, make.draft_project(cast), content=text)


@walked
def met(cast: Cast, text: str = TEXT) -> Project:
    """Past the village's meeting, its answer unconfirmed."""
    project = in_draft(cast, text)
    make.do(project, "record_meeting", cast, "village_cadre", make.meeting_facts(cast, project))
    return project


@walked
def resubmitted(cast: Cast, text: str = TEXT) -> Project:
    """The word came in with the revision, so that no earlier stage met it."""
    project = make.revise_text(cast, make.project_in_revision(cast), content=text)
    answers = {item.pk: ("adopted", "已修改") for item in opinions_on(project)}
    make.do(project, "revise", cast, "village_cadre", {"answer": "已修改", "answers": answers})
    make.run_notice(cast, project)
    make.do(project, "resubmit", cast, "township_reviewer")
    return project


@walked
def appraised(cast: Cast, text: str = TEXT) -> Project:
    """Past the second appraisal, its answer unconfirmed."""
    project = make.with_targets(cast, resubmitted(cast, text))
    read_differences(project, cast["project_clerk"])
    make.do(project, "appraise_again", cast, "project_clerk")
    return project


@walked
def before_office_check(cast: Cast, text: str = TEXT) -> Project:
    project = appraised(cast, text)
    look(cast, project, "project_reviewer")
    for who in ("industry_reviewer", "farming_reviewer"):
        make.do(project, "review_jointly", cast, who)
    return project


@walked
def reviewed_payment(cast: Cast, basis: str = "购置运输车辆1台") -> PaymentRequest:
    """Past the department's review; finance looks at it next."""
    request = make.draft_payment(cast, make.approved_project(cast), basis=basis)
    make.do(request, "submit", cast, "township_clerk")
    make.do(request, "endorse", cast, "township_reviewer")
    make.do(request, "approve", cast, "project_reviewer")
    return request


def look(
    cast: Cast, subject: Subject, who: str, conclusion: str = "not_involved"
) -> list[NegativeReview]:
    """A second person's word on everything that waits."""
    return [
        confirm_hit(hit=hit, conclusion=conclusion, note="核对合同和现场", by=cast[who])
        for hit in standing_hits(subject)
        if not hasattr(hit, "review")
    ]


def answers(*, without: str = "", words: str = "", result: str = "不涉及") -> list[dict[str, str]]:
    """The opinions on the nine, and on the three of the appraisal, as a decision has them."""
    codes = [rule.code for rule in rules_in_force() if rule.code != without]
    found = [{"code": code, "result": result, "text": words} for code in codes]
    return [{"code": c, "result": "符合"} for c in ("science", "compliance", "feasibility")] + found
