"""The sheets of 绩效; a worker makes those that take longer than a page may."""

from __future__ import annotations

from funds.exports import EXPORTS, Exporter
from projects.policies import demand_project_reader

from .summaries import summary_export

EXPORTS["performance"] = Exporter(summary_export, demand_project_reader)
