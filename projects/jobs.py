"""The sheets of projects; a worker makes those that take longer than a page may."""

from __future__ import annotations

from approvals.job_runs import Outcome, Progress, job_kind
from approvals.models import Job
from funds.exports import EXPORTS, Exporter
from funds.jobs import run_import

from .bank_sheets import IMPORTER, blank_sheet, demand_matcher, write_lines
from .contract_exports import contract_export
from .exports import filing_export, library_export, plan_export
from .idle_exports import idle_export, surplus_export
from .policies import demand_project_reader
from .responsible_export import responsibility_export

EXPORTS["plans"] = Exporter(plan_export, demand_project_reader)
EXPORTS["filings"] = Exporter(filing_export, demand_project_reader)
EXPORTS["library"] = Exporter(library_export, demand_project_reader)
EXPORTS["idle"] = Exporter(idle_export, demand_project_reader)
EXPORTS["surplus"] = Exporter(surplus_export, demand_project_reader)
EXPORTS["responsibilities"] = Exporter(responsibility_export, demand_project_reader)
EXPORTS["contracts"] = Exporter(contract_export, demand_project_reader)
EXPORTS["bank"] = Exporter(blank_sheet, demand_matcher)


@job_kind("projects.import_bank")
def import_bank(job: Job, progress: Progress) -> Outcome:
    return run_import(job, progress, IMPORTER, write_lines)
