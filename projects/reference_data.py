from __future__ import annotations

from pathlib import Path

from django.db import transaction

from organizations.reference_data import read_rows

from .models import NegativeRule, PaymentPaperRule, ProcurementWay, ProjectType, TypeBureau

REFERENCE = Path(__file__).parent / "reference"


@transaction.atomic
def load_project_types(path: Path = REFERENCE / "project_types.csv") -> int:
    """Columns code, name, parent, regime, valid_from, valid_until; parents first."""
    added = 0
    for row in read_rows(path):
        parent = ProjectType.objects.filter(code=row["parent"]).first() if row["parent"] else None
        added += ProjectType.objects.get_or_create(
            code=row["code"],
            valid_from=row["valid_from"],
            defaults={
                "name": row["name"],
                "parent": parent,
                "regime": row["regime"],
                "valid_until": row["valid_until"] or None,
            },
        )[1]
    return added


@transaction.atomic
def load_type_bureaux(path: Path = REFERENCE / "type_bureaux.csv") -> int:
    """Columns type_code, industry, valid_from, valid_until. The mapping is a default."""
    added = 0
    for row in read_rows(path):
        added += TypeBureau.objects.get_or_create(
            type_code=row["type_code"],
            industry=row["industry"],
            valid_from=row["valid_from"],
            defaults={"valid_until": row["valid_until"] or None},
        )[1]
    return added


@transaction.atomic
def load_negative_rules(path: Path = REFERENCE / "negative_rules.csv") -> int:
    """Columns code, regime, text, clause, source, keywords (separated by 、), valid_from,
    valid_until. The table is append-only: a new wording is a row of a later day."""
    added = 0
    for row in read_rows(path):
        added += NegativeRule.objects.get_or_create(
            code=row["code"],
            regime=row["regime"],
            valid_from=row["valid_from"],
            defaults={
                "text": row["text"],
                "clause": row["clause"],
                "source": row["source"],
                "keywords": [word for word in row["keywords"].split("、") if word],
                "valid_until": row["valid_until"] or None,
            },
        )[1]
    return added


@transaction.atomic
def load_payment_papers(path: Path = REFERENCE / "payment_papers.csv") -> int:
    """Columns kind, code, name, number_label, is_required, on_paper, position, source, valid_from,
    valid_until. The lists are defaults; a change is a row of a later day."""
    added = 0
    for row in read_rows(path):
        added += PaymentPaperRule.objects.get_or_create(
            kind=row["kind"],
            code=row["code"],
            valid_from=row["valid_from"],
            defaults={
                "name": row["name"],
                "number_label": row["number_label"],
                "is_required": row["is_required"] == "yes",
                "on_paper": row["on_paper"] == "yes",
                "position": row["position"],
                "source": row["source"],
                "valid_until": row["valid_until"] or None,
            },
        )[1]
    return added


@transaction.atomic
def load_procurement_ways(path: Path = REFERENCE / "procurement_ways.csv") -> int:
    """Columns code, name, is_bidding, valid_from, valid_until. Append-only."""
    added = 0
    for row in read_rows(path):
        added += ProcurementWay.objects.get_or_create(
            code=row["code"],
            valid_from=row["valid_from"],
            defaults={
                "name": row["name"],
                "is_bidding": row["is_bidding"] == "1",
                "valid_until": row["valid_until"] or None,
            },
        )[1]
    return added
