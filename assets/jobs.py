"""The sheets of assets; a worker makes those that take longer than a page may."""

from __future__ import annotations

from funds.exports import EXPORTS, Exporter
from projects.policies import demand_project_reader

from .exports import register_export, stocktake_export

EXPORTS["assets"] = Exporter(register_export, demand_project_reader)
EXPORTS["stocktake"] = Exporter(stocktake_export, demand_project_reader)
