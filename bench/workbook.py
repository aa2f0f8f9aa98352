"""A workbook of 50,000 rows as the product writes it, beside openpyxl's own write-only mode with
the same values and the same looks of the cells, each in a process of its own."""

from __future__ import annotations

import datetime as dt
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from funds.exports import JOURNAL
from funds.workbook_writer import BODY_FONT, FRAME, write

ROWS, RATIO, LIMIT_MB = 50_000, 1.3, 300


def rows() -> Iterator[list[Any]]:
    day, amount = dt.date(2026, 1, 1), Decimal("123456.78")
    for number in range(ROWS):
        yield [
            day, f"2026-{number:06d}", "支付", f"第{number}笔工程进度款", "巴财农〔2026〕11号",
            "衔接推进乡村振兴补助资金", "652826-2026-0001", "永宁镇下岔河村库房建设项目（二期）",
            "某某建设有限公司", amount, None, amount, amount, "朱砚清", "2026-01-01 10:00",
        ]  # fmt: skip


def ours(path: Path) -> None:
    write(path, JOURNAL, rows(), heading="专账明细账", is_form=False)


def plain(path: Path) -> None:
    book = Workbook(write_only=True)
    page = book.create_sheet("专账明细账")
    formats = [column.format for column in JOURNAL.columns]
    for values in rows():
        cells = []
        for value, number_format in zip(values, formats, strict=True):
            cell = WriteOnlyCell(page, value)
            cell.font, cell.border, cell.number_format = BODY_FONT, FRAME, number_format
            cells.append(cell)
        page.append(cells)
    book.save(path)


def workbook() -> bool:
    bare, _ = measured(plain)
    seconds, megabytes = measured(ours)
    print(
        f"工作簿：{ROWS:,} 行 × {len(JOURNAL.columns)} 栏；openpyxl 只写 {bare:.1f} 秒，"
        f"导出 {seconds:.1f} 秒（{seconds / bare:.2f} 倍，上限 {RATIO} 倍），"
        f"最多占用 {megabytes:.0f} MB（上限 {LIMIT_MB} MB）"
    )
    return seconds <= RATIO * bare and megabytes <= LIMIT_MB


def measured(work: Callable[[Path], None]) -> tuple[float, float]:
    """Seconds of the processor, and the most memory in MB, of a process that does only this."""
    context = multiprocessing.get_context("fork")
    ours_end, its_end = context.Pipe(duplex=False)
    child = context.Process(target=in_child, args=(work, its_end))
    child.start()
    found: tuple[float, float] = ours_end.recv()
    child.join()
    return found


def in_child(work: Callable[[Path], None], answer: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        work(Path(folder) / "book.xlsx")
        seconds = time.process_time() - start
    answer.send((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
