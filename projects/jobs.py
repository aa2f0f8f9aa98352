"""The sheets of projects; a worker makes those that take longer than a page may."""

from __future__ import annotations

from funds.exports import EXPORTS, Exporter

from .exports import filing_export, library_export, plan_export
from .policies import demand_project_reader

EXPORTS["plans"] = Exporter(plan_export, demand_project_reader)
EXPORTS["filings"] = Exporter(filing_export, demand_project_reader)
EXPORTS["library"] = Exporter(library_export, demand_project_reader)
