"""Worked cases, to two decimals; and a sample that anybody recomputes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from performance.sampling import picked_by
from performance.scoring import Rules, earned, execution_score, points_of

RULES = Rules(
    execution=Decimal(10),
    groups={"output": Decimal(50), "outcome": Decimal(30), "satisfaction": Decimal(10)},
    excess_from=Fraction(3, 10),
    excess_cap=Fraction(4, 10),
    grades=(
        ("excellent", Decimal(90)), ("good", Decimal(80)), ("fair", Decimal(60)),
        ("poor", Decimal(0)),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Line:
    operator: str
    value: Decimal


# operator, target, reached, points → earned
CASES = (
    ("ge", "480", "480", "12.50", "12.50"),  # reached
    ("ge", "480", "320", "12.50", "8.33"),  # two thirds
    ("ge", "480", "0", "12.50", "0.00"),
    ("ge", "480", "624", "12.50", "12.50"),  # 130 %: as much over as is allowed
    ("ge", "480", "720", "12.50", "10.00"),  # 150 %: 20 points of a hundred too much
    ("ge", "480", "4800", "12.50", "7.50"),  # no more than the cap
    ("ge", "0", "5", "10.00", "10.00"),  # more than nothing was wanted
    ("le", "120", "100", "10.00", "10.00"),  # cheaper
    ("le", "120", "150", "10.00", "8.00"),  # dearer by a quarter
    ("le", "0", "1", "10.00", "0.00"),
    ("eq", "100", "95", "10.00", "9.50"),
    ("eq", "100", "125", "10.00", "8.00"),  # beyond is as wrong as short of it
    ("eq", "0", "0", "10.00", "10.00"),
    ("eq", "0", "1", "10.00", "0.00"),
    ("ql", "0", "85", "10.00", "8.50"),  # judged in words
    ("ql", "0", "100", "6.67", "6.67"),
    ("ge", "3", "2", "10.00", "6.67"),
    ("ge", "95", "92.5", "10.00", "9.74"),
    ("ge", "8", "7.98", "0.05", "0.05"),  # half a cent goes up
)


@pytest.mark.parametrize(("operator", "target", "actual", "points", "wanted"), CASES)
def test_a_worked_case(operator: str, target: str, actual: str, points: str, wanted: str) -> None:
    line = Line(operator, Decimal(target))
    assert earned(line, Decimal(actual), Decimal(points), RULES) == Decimal(wanted)


def test_an_excess_that_was_explained_costs_nothing() -> None:
    line = Line("ge", Decimal(480))
    assert earned(line, Decimal(4800), Decimal(10), RULES, is_low=False) == 10


@pytest.mark.parametrize(
    ("spent", "budget", "wanted"),
    [("500000", "500000", "10"), ("333333.33", "500000", "6.67"), ("600000", "500000", "10"),
     ("0", "500000", "0"), ("1", "0", "0")],
)  # fmt: skip
def test_money_spent(spent: str, budget: str, wanted: str) -> None:
    assert execution_score(Decimal(spent), Decimal(budget), RULES) == Decimal(wanted)


def test_points_follow_the_weights_and_add_up() -> None:
    weights = [
        (1, "output", Decimal(10)), (2, "output", Decimal(10)), (3, "output", Decimal(10)),
        (4, "outcome", Decimal(5)), (5, "outcome", Decimal(10)), (6, "satisfaction", Decimal(7)),
    ]  # fmt: skip
    found = points_of(weights, RULES)
    assert {k: str(v) for k, v in found.items()} == {
        1: "16.66", 2: "16.67", 3: "16.67", 4: "10.00", 5: "20.00", 6: "10.00",
    }  # fmt: skip
    assert sum(found.values()) == 90


@pytest.mark.parametrize(
    ("total", "grade"),
    [("100", "excellent"), ("90", "excellent"), ("89.99", "good"), ("80", "good"),
     ("79.99", "fair"), ("60", "fair"), ("59.99", "poor"), ("0", "poor")],
)  # fmt: skip
def test_grades(total: str, grade: str) -> None:
    assert RULES.grade(Decimal(total)) == grade


def test_anybody_recomputes_a_sample(tmp_path: Path) -> None:
    numbers = [f"652826-2025-{n:04d}-P2025" for n in range(1, 26)]
    picked = picked_by("第26120期 04 11 19", numbers, "1/10")
    assert len(picked) == 3
    assert picked != picked_by("第26121期 04 11 19", numbers, "1/10")
    head = ["YICHI-SAMPLE-1", "seed=第26120期 04 11 19", "ratio=1/10", "[frame]", *numbers]
    honest, forged = tmp_path / "honest.txt", tmp_path / "forged.txt"
    honest.write_text("\n".join([*head, "[picked]", *picked, ""]), encoding="utf-8")
    forged.write_text("\n".join([*head, "[picked]", *numbers[:3], ""]), encoding="utf-8")
    assert recompute(honest).returncode == 0
    said = recompute(forged)
    assert said.returncode == 1 and "不一致" in said.stderr


def recompute(file: Path) -> subprocess.CompletedProcess[str]:
    script = Path(__file__).parents[2] / "verify_sample.py"
    command = [sys.executable, "-I", "-X", "utf8", str(script), str(file)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)  # noqa: S603
