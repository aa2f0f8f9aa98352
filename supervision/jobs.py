"""The sheets of supervision; a worker makes those that take longer than a page may."""

from __future__ import annotations

from funds.exports import EXPORTS, Exporter
from projects.policies import demand_project_reader

from .exports import PROBLEMS, RESPONSIBILITIES, TASKS, export_of

EXPORTS["finding_problems"] = Exporter(export_of(PROBLEMS), demand_project_reader)
EXPORTS["finding_responsibilities"] = Exporter(export_of(RESPONSIBILITIES), demand_project_reader)
EXPORTS["finding_tasks"] = Exporter(export_of(TASKS), demand_project_reader)
