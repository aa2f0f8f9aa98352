"""The house rules that a reader would otherwise have to remember."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from config.launch.home import ROOT

ORDER = ["organizations", "approvals", "funds", "projects"]
LEAVES = ["publicity", "performance", "assets", "supervision"]
LAST = ["reports", "config"]
APPS = [name for name in (*ORDER, *LEAVES, *LAST) if (ROOT / name / "__init__.py").exists()]
OUR_MODELS = [m for m in apps.get_models() if m._meta.app_label in APPS]
TRACKED = {m.__name__ for m in OUR_MODELS if hasattr(m, "history")}
LEDGER_TABLES = {"Account", "Book", "Entry", "NumberSeries", "Voucher"}
WRITES = {
    "save", "create", "get_or_create", "update_or_create", "bulk_create", "bulk_update", "update",
    "delete",
}  # fmt: skip


def allowed_imports(app: str) -> set[str]:
    if app in LAST:
        return set(APPS)
    if app in LEAVES:
        return {*ORDER, app}
    return set(ORDER[: ORDER.index(app) + 1])


def sources() -> Iterator[Path]:
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            if "migrations" not in path.parts and "launch" not in path.parts:
                yield path


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported_apps(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
        elif isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
    return names & set(APPS)


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_only_apps_to_its_left(app: str) -> None:
    wrong = {
        short(path): sorted(imported_apps(path) - allowed_imports(app))
        for path in sources()
        if path.relative_to(ROOT).parts[0] == app and imported_apps(path) - allowed_imports(app)
    }
    assert not wrong


def test_no_import_hides_in_a_function() -> None:
    hidden = [
        f"{short(path)}:{inner.lineno}"
        for path in sources()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert not hidden


def root_name(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def calls(path: Path) -> Iterator[tuple[ast.Call, str, str]]:
    """Each `Name…method(…)`: the call, the name it starts from, the method."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node, root_name(node.func), node.func.attr


def test_only_the_ledger_knows_its_function_and_nobody_writes_its_tables() -> None:
    call = re.compile(r'(FROM|SELECT) ledger_|"ledger_(post|close_month|reopen_month)"')
    doors = [short(path) for path in sources() if call.search(path.read_text(encoding="utf-8"))]
    assert doors == ["funds/ledger.py"]
    writes = [
        f"{short(path)}:{call.lineno}"
        for path in sources()
        for call, name, method in calls(path)
        if name in LEDGER_TABLES and method in WRITES
    ]
    assert not writes


def test_only_the_workflow_changes_a_status() -> None:
    """Jobs are no subjects: their status is a progress report, kept in approvals/job*.py."""
    wrong = []
    for path in sources():
        if short(path) == "approvals/decisions.py" or path.name.startswith("job"):
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Assign) and any(
                isinstance(t, ast.Attribute) and t.attr == "status" for t in node.targets
            ):
                wrong.append(f"{short(path)}:{node.lineno}")
        for call, _, method in calls(path):
            if method == "update" and any(k.arg == "status" for k in call.keywords):
                wrong.append(f"{short(path)}:{call.lineno}")
    assert not wrong


def test_tracked_models_are_never_written_in_bulk() -> None:
    """queryset.update and bulk_create leave no history; simple_history's helpers do."""
    wrong = [
        f"{short(path)}:{call.lineno} {name}.{method}"
        for path in sources()
        for call, name, method in calls(path)
        if name in TRACKED and method in {"update", "bulk_create", "bulk_update"}
    ]
    assert not wrong


def test_no_signals_no_save_overrides_no_class_based_pages() -> None:
    wrong = []
    for path in sources():
        text = path.read_text(encoding="utf-8")
        if "django.dispatch" in text or "@receiver" in text or "django.views.generic" in text:
            wrong.append(short(path))
        for node in ast.walk(tree_of(path)):
            if (
                isinstance(node, ast.FunctionDef)
                and node.name == "save"
                and "forms" not in short(path)
            ):
                wrong.append(f"{short(path)}:{node.lineno}")
    assert not wrong


def test_no_module_is_a_drawer() -> None:
    drawers = {"utils", "helpers", "common", "core", "misc", "manager", "managers"}
    assert not [short(p) for p in sources() if p.stem in drawers or p.parent.name in drawers]


def test_modules_and_functions_stay_short() -> None:
    long = []
    for path in sources():
        lines = [x for x in path.read_text(encoding="utf-8").splitlines() if x.strip()]
        if len(lines) > 500:
            long.append(f"{short(path)} {len(lines)}")
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > 60:
                    long.append(f"{short(path)}:{node.name} {length}")
    assert not long


def test_no_float_near_money() -> None:
    wrong = []
    for path in sources():
        # A workbook has widths and the numbers that its format forces; cells are checked there.
        if (
            path.relative_to(ROOT).parts[0] not in {"funds", "projects", "reports"}
            or "workbook" in path.name
        ):
            continue
        for node in ast.walk(tree_of(path)):
            if (isinstance(node, ast.Constant) and isinstance(node.value, float)) or (
                isinstance(node, ast.Name) and node.id == "float"
            ):
                wrong.append(f"{short(path)}:{node.lineno}")
    assert not wrong
    floats = [
        f"{m.__name__}.{f.name}"
        for m in OUR_MODELS
        for f in m._meta.get_fields()
        if isinstance(f, models.FloatField)
    ]
    assert not floats


def test_nothing_cascades() -> None:
    """Deleting a person, a unit or a division never takes a deed with it."""
    wrong = [
        f"{model.__name__}.{f.name}"
        for model in OUR_MODELS
        for f in model._meta.get_fields()
        if isinstance(f, models.ForeignKey)
        and not model.__name__.startswith("Historical")
        and f.remote_field.on_delete is not models.PROTECT
    ]
    assert not wrong


TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("pattern", [
    r"<script(?![^>]*\bsrc=)", r"<style", r"\sstyle=", r"\son[a-z]+=\"", r"javascript:", r"https?://",
])  # fmt: skip
def test_no_page_runs_inline_code_or_calls_another_host(pattern: str) -> None:
    allowed = ("http://www.w3.org/",)
    wrong = [
        f"{short(path)}: {match.group(0)}"
        for path in TEMPLATES
        for match in re.finditer(pattern, path.read_text(encoding="utf-8"))
        if not any(path.read_text(encoding="utf-8")[match.start() :].startswith(a) for a in allowed)
    ]
    assert not wrong


def test_no_file_names_a_package_registry_or_somebodys_disk() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    registries = ("py" + "pi.org", "pythonhosted" + ".org", "npm" + "js.org", "/wo" + "rk/")
    wrong = []
    for name in listed:
        path = ROOT / name
        if path.suffix in {".csv", ".png", ".svg"} or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        wrong += [f"{name}: {word}" for word in registries if word in text]
    assert not wrong
