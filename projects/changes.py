"""Old and new values of an adjustment: what each kind may change, in words and as it is stored.

A row {name, label, before, after, value} has in `value` the text that the database compares the
project's column with, or the lists of its places and of its bill of quantities.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from organizations.models import Division, User
from organizations.signature import sign

from .models import Adjustment, Project
from .parts import replace_places, replace_work_items

K = Adjustment.Kind
Row = dict[str, Any]
ZERO = Decimal(0)
# 建设内容与规模 is one field, and what is built, where and for how much moves the bill too.
CHANGEABLE: dict[str, tuple[str, ...]] = {
    K.CONTENT: ("content", "subsidy_standard", "work_items"),
    K.PLACE: ("places", "villages_covered"),
    K.SCALE: (
        "content", "work_items", "villages_covered", "households", "people", "poor_households",
        "poor_people",
    ),
    K.MONEY: ("approved_amount", "total_investment", "self_raised", "work_items"),
    K.PERIOD: ("planned_start", "planned_end"),
    K.UNIT: ("implementing_unit", "implementing_unit_code", "owner_name", "owner_title"),
    K.TERMINATION: (),
}  # fmt: skip
LABELS = {"approved_amount": "批准财政资金（元）", "places": "实施地点", "work_items": "工程量"}
# What has no column of the project.
APART = tuple(LABELS)


def approved_total(project: Project) -> Decimal:
    """Yuan that the leading group approved, adjustments included."""
    found = project.sources.aggregate(total=Sum("amount"))["total"]
    return found or ZERO


def changeable(kinds: Iterable[str]) -> list[str]:
    """What these kinds may change, each once, in the order in which it is shown."""
    return list(dict.fromkeys(name for kind in kinds for name in CHANGEABLE[kind]))


def label_of(name: str) -> str:
    if name in LABELS:
        return LABELS[name]
    column: Any = Project._meta.get_field(name)
    return str(column.verbose_name)


def current(project: Project, name: str) -> Any:
    """The value as forms and services know it."""
    if name == "approved_amount":
        return approved_total(project)
    if name == "places":
        return [place.division for place in project.places.select_related("division")]
    if name == "work_items":
        return list(project.work_items.values("name", "unit", "quantity", "unit_price"))
    return getattr(project, name)


def stored(name: str, value: Any) -> Any:
    """As PostgreSQL writes the column as text; lists of ids and of lines for the other two."""
    if name == "places":
        return sorted(division.pk for division in value)
    if name == "work_items":
        return [stored_line(line) for line in value]
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return str(value)


def stored_line(line: Mapping[str, Any]) -> dict[str, str]:
    return {
        "name": line["name"],
        "unit": line["unit"],
        "quantity": f"{line['quantity']:.3f}",
        "unit_price": f"{line['unit_price']:.2f}",
    }


def in_words(name: str, value: Any) -> str:
    if name == "places":
        return "、".join(str(division) for division in value)
    if name == "work_items":
        return "；".join(
            f"{line['name']} {line['quantity'].normalize():f}{line['unit']}"
            f"×{line['unit_price']:,.2f}元"
            for line in value
        )
    if isinstance(value, Decimal):
        return f"{value:,.2f}"
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def rows_of(project: Project, proposed: Mapping[str, Any]) -> list[Row]:
    """What differs from the project as it stands."""
    rows = []
    for name, value in with_requested(proposed).items():
        now = current(project, name)
        if stored(name, now) != stored(name, value):
            rows.append(
                {
                    "name": name,
                    "label": label_of(name),
                    "before": in_words(name, now),
                    "after": in_words(name, value),
                    "value": stored(name, value),
                }
            )
    return rows


def with_requested(proposed: Mapping[str, Any]) -> dict[str, Any]:
    """After an adjustment of the money, what is asked for is what is approved."""
    if "approved_amount" not in proposed:
        return dict(proposed)
    return {**proposed, "requested_amount": proposed["approved_amount"]}


def ending_row(project: Project) -> Row:
    """Of a termination, which changes no text."""
    return {
        "name": "status",
        "label": "项目状态",
        "before": str(project.get_status_display()),
        "after": "终止，进入结算审定；已分配未核拨的资金收回资金池",
    }


def settled(project: Project, rows: Sequence[Row]) -> list[Row]:
    """The rows with what the project says now as their old values."""
    return [
        row if row["name"] == "status" else {**row, "before": words_now(project, row["name"])}
        for row in rows
    ]


def words_now(project: Project, name: str) -> str:
    return in_words(name, current(project, name))


def carry_out(project: Project, rows: Sequence[Row], *, by: User, reason: str) -> None:
    """Give the project its new values, with the history saying why."""
    columns = [row for row in rows if "value" in row and row["name"] not in APART]
    for row in columns:
        field: Any = Project._meta.get_field(row["name"])
        setattr(project, row["name"], field.to_python(row["value"]))
    if columns:
        sign(project, by, reason).save(update_fields=[row["name"] for row in columns])
    values = {row["name"]: row["value"] for row in rows if "value" in row}
    if "places" in values:
        places = Division.objects.filter(pk__in=values["places"]).order_by("pk")
        replace_places(project, places, by, reason)
    if "work_items" in values:
        replace_work_items(project, [line_facts(line) for line in values["work_items"]], by, reason)


def line_facts(line: Mapping[str, str]) -> dict[str, Any]:
    return {
        **line,
        "quantity": Decimal(line["quantity"]),
        "unit_price": Decimal(line["unit_price"]),
    }
