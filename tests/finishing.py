"""From 完工 to 结算审定, each step by the person whose step it is."""

from __future__ import annotations

import uuid
from typing import Any

from config.demo.photos import store_photo, store_sheet
from projects.accepting import Member, items_to_rectify
from projects.models import Project
from tests import factories as make
from tests.cast import Cast

S = Project.Status
# Who may inspect for the township and for the county; none of them implements.
TOWNSHIP_GROUP = ("township_reviewer", "work_team", "project_clerk")
COUNTY_GROUP = ("project_reviewer", "farming_reviewer", "finance_clerk")


def paper(cast: Cast, project: Project, *, photo: bool = False) -> str:
    store = store_photo if photo else store_sheet
    return store(str(uuid.uuid4()), division=project.division, by=cast["township_clerk"])


def completion_facts() -> dict[str, Any]:
    return {
        "started_on": make.today(),
        "completed_on": make.today(),
        "contractor": "焉耆兴农建设有限公司",
        "contract_number": "HT-2025-01",
        "contract_price": make.yuan(400_000),
    }


def inspection_facts(cast: Cast, project: Project, **but: Any) -> dict[str, Any]:
    """Of the stage at which the project stands, with papers of its own."""
    group = TOWNSHIP_GROUP if project.status == S.PRELIMINARY_ACCEPTANCE else COUNTY_GROUP
    return {
        "accepted_on": make.today(),
        "lead_unit": "县扶贫办",
        "members": [Member(post=cast.post(name).pk) for name in group],
        "quality": "与合同一致",
        "report_file": [paper(cast, project)],
        "photos": [paper(cast, project, photo=True)],
        "lines": [
            (number, item, item.quantity, "")
            for number, item in enumerate(project.work_items.all(), start=1)
        ],
    } | but


def rectify_facts(cast: Cast, project: Project, *items: str) -> dict[str, Any]:
    facts = inspection_facts(cast, project, due_on=make.today())
    return facts | {"items": items or ("屋面防水返工", "补齐竣工图")}


def rectified_facts(cast: Cast, project: Project) -> dict[str, Any]:
    items = items_to_rectify(project)[1]
    answers = {item.pk: ("已整改", [paper(cast, project, photo=True)]) for item in items}
    return {"finished_on": make.today(), "answers": answers}


def audit_facts(cast: Cast, project: Project, audited: str | int) -> dict[str, Any]:
    return {
        "audit_unit": "焉耆县审计局",
        "report_number": "焉审〔2025〕8号",
        "audited_on": make.today(),
        "audited_amount": make.yuan(audited),
        "report_file": [paper(cast, project)],
    }


def complete(cast: Cast, project: Project) -> Project:
    make.do(project, "complete", cast, "township_clerk", completion_facts())
    return project


def pass_preliminary(cast: Cast, project: Project) -> Project:
    facts = inspection_facts(cast, project)
    make.do(project, "pass_preliminary", cast, "township_reviewer", facts)
    return project


def accept(cast: Cast, project: Project) -> Project:
    """From 组织实施 or 乡镇初验 on."""
    if project.status == S.IMPLEMENTATION:
        complete(cast, project)
    if project.status == S.PRELIMINARY_ACCEPTANCE:
        pass_preliminary(cast, project)
    make.do(project, "accept", cast, "project_reviewer", inspection_facts(cast, project))
    return project


def rectify(cast: Cast, project: Project) -> Project:
    """Ordered at the stage where it stands, and done."""
    who = "township_reviewer" if project.status == S.PRELIMINARY_ACCEPTANCE else "project_reviewer"
    make.do(project, "rectify", cast, who, rectify_facts(cast, project))
    make.do(project, "report_rectified", cast, "township_clerk", rectified_facts(cast, project))
    return project


def verify(cast: Cast, project: Project, audited: str | int) -> Project:
    facts = audit_facts(cast, project, audited)
    make.do(project, "verify_settlement", cast, "project_reviewer", facts)
    return project


def settle(cast: Cast, project: Project, audited: str | int) -> Project:
    """Signed by both bureaux, from 结算审定 on."""
    verify(cast, project, audited)
    make.do(project, "settle", cast, "finance_reviewer")
    return project


def settled_project(cast: Cast, audited: str | int = 400_000) -> Project:
    """Of 500,000 that were allocated; nothing paid."""
    return settle(cast, accept(cast, make.approved_project(cast)), audited)
