from __future__ import annotations

from pathlib import Path
from typing import Any

from organizations.reference_data import load_dated

from .models import NegativeRule, PaymentPaperRule, ProcurementWay, ProjectType, TypeBureau

REFERENCE = Path(__file__).parent / "reference"


def load_project_types(path: Path = REFERENCE / "project_types.csv") -> int:
    """Columns code, name, parent, regime, valid_from, valid_until; parents first."""

    def facts(row: dict[str, str]) -> dict[str, Any]:
        parent = ProjectType.objects.filter(code=row["parent"]).first() if row["parent"] else None
        return {"name": row["name"], "parent": parent, "regime": row["regime"]}

    return load_dated(path, ProjectType, ("code",), facts)


def load_type_bureaux(path: Path = REFERENCE / "type_bureaux.csv") -> int:
    """Columns type_code, industry, valid_from, valid_until. The mapping is a default."""
    return load_dated(path, TypeBureau, ("type_code", "industry"), lambda row: {})


def load_negative_rules(path: Path = REFERENCE / "negative_rules.csv") -> int:
    """Columns code, regime, text, clause, source, keywords (separated by 、), valid_from,
    valid_until. The table is append-only: a new wording is a row of a later day."""

    def facts(row: dict[str, str]) -> dict[str, Any]:
        keywords = [word for word in row["keywords"].split("、") if word]
        return {name: row[name] for name in ("text", "clause", "source")} | {"keywords": keywords}

    return load_dated(path, NegativeRule, ("code", "regime"), facts)


def load_payment_papers(path: Path = REFERENCE / "payment_papers.csv") -> int:
    """Columns kind, code, name, number_label, is_required, on_paper, position, source, valid_from,
    valid_until. The lists are defaults; a change is a row of a later day."""

    def facts(row: dict[str, str]) -> dict[str, Any]:
        texts = {name: row[name] for name in ("name", "number_label", "position", "source")}
        return texts | {name: row[name] == "yes" for name in ("is_required", "on_paper")}

    return load_dated(path, PaymentPaperRule, ("kind", "code"), facts)


def load_procurement_ways(path: Path = REFERENCE / "procurement_ways.csv") -> int:
    """Columns code, name, is_bidding, valid_from, valid_until. Append-only."""

    def facts(row: dict[str, str]) -> dict[str, Any]:
        return {"name": row["name"], "is_bidding": row["is_bidding"] == "1"}

    return load_dated(path, ProcurementWay, ("code",), facts)
