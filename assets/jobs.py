"""The sheets of assets; a worker makes those that take longer than a page may."""

from __future__ import annotations

from approvals.job_runs import Outcome, Progress, job_kind
from approvals.models import Job
from funds.exports import EXPORTS, Exporter
from funds.jobs import run_import
from projects.policies import demand_project_reader

from .exports import register_export, stocktake_export
from .imports import IMPORTER, demand_importer, earlier_export, write_assets

EXPORTS["assets"] = Exporter(register_export, demand_project_reader)
EXPORTS["stocktake"] = Exporter(stocktake_export, demand_project_reader)
EXPORTS["earlier_assets"] = Exporter(earlier_export, demand_importer)


@job_kind("assets.import_earlier")
def import_earlier(job: Job, progress: Progress) -> Outcome:
    return run_import(job, progress, IMPORTER, write_assets)
