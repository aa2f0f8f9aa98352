"""指标下达 from a workbook, by the same way as 到账."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from approvals import tasks
from approvals.jobs import confirm_job, start_job
from approvals.models import Job
from funds.models import Allotment, FundCategory
from funds.spreadsheets import ALLOTMENTS
from tests.cast import Cast
from tests.funds.workbook_files import opened, saved, workbook

S = Job.Status
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HOME = tmp_path
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda *_, **__: None)


def row(cast: Cast, **cells: Any) -> list[Any]:
    values = {
        "document_number": "新财扶[2025]007号",
        "level": "自治区",
        "category": FundCategory.objects.in_force().get(code="ZX-FZ").name,
        "fund_year": 2025,
        "issued_on": dt.date(2025, 3, 1),
        "amount": 5_000_000,
        **cells,
    }
    return [values.get(column.field) for column in ALLOTMENTS.columns]


def checked(cast: Cast, content: bytes) -> Job:
    job = start_job(
        kind="funds.import_allotments",
        title="导入指标",
        owner=cast["finance_clerk"],
        arguments={"county": cast.county.code},
        input_file=("导入.xlsx", [content]),
    )
    return worked(job)


def worked(job: Job) -> Job:
    tasks.run_job(job.pk)
    job.refresh_from_db()
    return job


def posted(cast: Cast, content: bytes) -> Job:
    job = checked(cast, content)
    assert job.status == S.READY, job.result
    return worked(confirm_job(job, by=cast["finance_clerk"]))


def first_error(cast: Cast, rows: Sequence[Sequence[Any]]) -> str:
    job = checked(cast, workbook(rows, ALLOTMENTS))
    assert job.status == S.FAILED
    error = job.result["errors"][0]
    return f"{error['where']}：{error['reason']}"


def test_rows_become_allotments(cast: Cast) -> None:
    department = cast.post("project_clerk").organization.name
    rows = [
        row(cast, direction="产业发展", is_integrated="是", integrating_department=department),
        row(cast, level="中央", amount="1.5万"),
    ]
    job = posted(cast, workbook(rows, ALLOTMENTS))
    assert job.status == S.DONE, job.result
    first, second = Allotment.objects.order_by("pk")
    assert (first.document_number, first.document_text) == (
        "新财扶〔2025〕7号",
        "新财扶[2025]007号",
    )
    assert (first.is_integrated, str(first.integrating_department)) == (True, department)
    assert (second.level, second.amount) == ("L1", Decimal("15000.00"))
    assert second.recorded_by == cast["finance_clerk"]
    assert first.history.count() == 1


def test_the_exported_sheet_adds_nothing(cast: Cast, client: Client) -> None:
    posted(cast, workbook([row(cast), row(cast, level="中央", note="-1 无")], ALLOTMENTS))
    client.force_login(cast["finance_clerk"], backend=BACKEND)
    answer = client.get("/allotments/export/")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    job = checked(cast, content)
    assert (job.status, Allotment.objects.count()) == (S.DONE, 2)
    book = opened(content)
    book["指标下达"]["H2"] = 1
    changed = checked(cast, saved(book))
    assert changed.result["errors"][0]["where"] == "第 2 行 H 列"
    assert "指标页面更正" in changed.result["errors"][0]["reason"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"level": "国家"}, "第 2 行 D 列：请从下拉列表中选择"),
        ({"category": "没有的类别"}, "第 2 行 E 列：2025-03-01 没有"),
        ({"fund_year": 1999}, "第 2 行 F 列：资金年度"),
        ({"amount": 0}, "第 2 行 H 列：金额必须大于零"),
        ({"is_integrated": "也许"}, "第 2 行 I 列：请填“是”或“否”"),
        ({"is_integrated": "是"}, "第 2 行 J 列：统筹整合资金须写明"),
        ({"integrating_department": "某局"}, "第 2 行 J 列：本县没有登记"),
        ({"function_code": "农业"}, "第 2 行 L 列：功能科目"),
    ],
)
def test_a_wrong_cell_is_named(cast: Cast, cells: dict[str, Any], message: str) -> None:
    assert first_error(cast, [row(cast, **cells)]).startswith(message)


def test_repeated_allotments_are_refused(cast: Cast) -> None:
    twice = first_error(cast, [row(cast), row(cast, document_number="新财扶〔2025〕7号")])
    assert twice.startswith("第 3 行 B 列：与第 2 行重复")
    posted(cast, workbook([row(cast)], ALLOTMENTS))
    assert "已登记过" in first_error(cast, [row(cast)])
    assert Allotment.objects.count() == 1


def test_an_error_in_the_last_row_leaves_nothing(cast: Cast) -> None:
    rows = [row(cast, document_number=f"新财扶〔2025〕{n}号") for n in range(1, 20)]
    assert first_error(cast, [*rows, row(cast, amount=-1)]).startswith("第 21 行 H 列")
    assert not Allotment.objects.exists()
