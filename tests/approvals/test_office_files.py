from __future__ import annotations

import io
import time

import pytest

from approvals.office_files import UnsafeFileError, inspect
from tests.funds.workbook_files import hostile, receipt_row, rezipped, workbook

HOSTILE = hostile()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_quickly_and_with_words(name: str) -> None:
    began = time.process_time()
    with pytest.raises(UnsafeFileError) as refused:
        inspect(io.BytesIO(HOSTILE[name]))
    assert time.process_time() - began < 2
    assert any("一" <= letter <= "鿿" for letter in str(refused.value))


def test_a_plain_workbook_is_let_through() -> None:
    assert inspect(io.BytesIO(workbook([receipt_row()]))) == "xlsx"


def test_a_web_address_in_a_cell_is_harmless() -> None:
    link = (
        b'<Relationships><Relationship Id="r1" TargetMode="External" Target="https://example.com" '
        b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"/>'
        b"</Relationships>"
    )
    extra = {"xl/worksheets/_rels/sheet1.xml.rels": link}
    assert inspect(io.BytesIO(rezipped(workbook([]), extra=extra))) == "xlsx"


def test_declared_sizes_are_not_believed() -> None:
    bomb = bytearray(HOSTILE["bomb"])
    claimed = (60 * 1024 * 1024).to_bytes(4, "little")
    lying = bytes(bomb).replace(claimed, (100).to_bytes(4, "little"))
    with pytest.raises(UnsafeFileError):
        inspect(io.BytesIO(lying))
