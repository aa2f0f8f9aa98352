"""Papers and photos: what is taken in, how it is kept, and how it is given out."""

from __future__ import annotations

import hashlib
import io
import stat
import struct
import zlib
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from approvals import evidence
from approvals.evidence import check_content, clean_name, store_evidence
from approvals.models import Evidence
from organizations.policies import Refused
from tests.cast import Cast
from tests.databases import at_once
from tests.funds.workbook_files import hostile, receipt_row, rezipped, workbook

BACKEND = "django.contrib.auth.backends.ModelBackend"
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n%%EOF\n"
VILLAGE = "652826102200"


def png(width: int = 2, height: int = 2, extra: bytes = b"") -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0\0\0" * 2)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + extra
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


def jpeg(width: int = 2, height: int = 2) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return (
        b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
        + b"\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xd9"
    )  # fmt: skip


def docx() -> bytes:
    def as_word(types: bytes) -> bytes:
        return types.replace(b"spreadsheetml.sheet.main", b"wordprocessingml.document.main")

    return rezipped(workbook([]), {"[Content_Types].xml": as_word})


@pytest.fixture(autouse=True)
def store(settings: Settings, tmp_path: Path) -> Path:
    settings.EVIDENCE_ROOT = tmp_path / "evidence"
    return tmp_path / "evidence"


def upload(content: bytes = PDF, name: str = "会议纪要.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("纪要.pdf", PDF),
        ("照片.png", png()),
        ("照片.JPEG", jpeg()),
        ("清单.xlsx", workbook([receipt_row()])),
        ("报告.docx", docx()),
    ],
)
def test_what_the_county_uses_is_taken(name: str, content: bytes) -> None:
    assert check_content(io.BytesIO(content), name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("网页.html", b"<html></html>"),
        ("图.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("图.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("网页.pdf", b"<html>%PDF-1.7 %%EOF</html>"),
        ("双面.pdf", b"%PDF-1.7\n<script>alert(1)</script>\n%%EOF"),
        ("双面.png", png(extra=b"<html><script>")),
        ("带包.pdf", PDF + rezipped(workbook([]))),
        ("带包.jpg", jpeg() + rezipped(workbook([]))),
        ("宏.xlsm", workbook([])),
        ("宏.xlsx", hostile()["macro"]),
        ("炸弹.xlsx", hostile()["bomb"]),
        ("改名.docx", workbook([])),
        ("改名.xlsx", docx()),
        ("改名.jpg", png()),
        ("包.zip", rezipped(workbook([]))),
        ("程序.exe", b"MZ"),
        ("双重.pdf.exe", PDF),
        ("空.pdf", b""),
        ("截断.pdf", b"%PDF-1.7\n"),
        ("巨图.png", png(50_000, 50_000)),
        ("巨图.jpg", jpeg(50_000, 50_000)),
        ("无扩展名", PDF),
    ],
)
def test_anything_else_is_refused(cast: Cast, store: Path, name: str, content: bytes) -> None:
    with pytest.raises(Refused):
        store_evidence(upload(content, name), division=cast.village, by=cast["village_cadre"])
    assert not Evidence.objects.exists()
    assert not [path for path in store.rglob("*") if path.is_file()]


def test_too_large_is_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "SIZE_MAX", 10)
    with pytest.raises(Refused, match="超过"):
        store_evidence(upload(), division=cast.village, by=cast["village_cadre"])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/纪要.pdf", "纪要.pdf"),
        ("C:\\文件\\纪要.pdf", "纪要.pdf"),
        ("纪\0要.pdf", "纪要.pdf"),
        ("纪要\u202efdp.exe.pdf", "纪要fdp.exe.pdf"),
        ("行\r\n二.pdf", "行二.pdf"),
        ("长" * 300 + ".pdf", "长" * 100 + ".pdf"),
        (" .隐藏.pdf", "隐藏.pdf"),
    ],
)
def test_a_name_is_only_a_name(given: str, kept: str) -> None:
    assert clean_name(given) == kept


def test_a_name_holds_no_identity_number() -> None:
    with pytest.raises(Refused, match="文件名"):
        clean_name("11010519491231002X.pdf")


def test_the_content_is_kept_once_under_its_digest(cast: Cast, store: Path) -> None:
    first = store_evidence(upload(), division=cast.village, by=cast["village_cadre"])
    again = store_evidence(upload(name="换个名.pdf"), division=cast.village, by=cast["work_team"])
    elsewhere = store_evidence(upload(), division=cast.township, by=cast["township_clerk"])
    digest = hashlib.sha256(PDF).hexdigest()
    path = store / digest[:2] / digest
    assert again == first != elsewhere
    assert first.path == path
    assert path.read_bytes() == PDF
    assert stat.S_IMODE(path.stat().st_mode) == 0o440
    assert [p for p in store.rglob("*") if p.is_file()] == [path]


def test_the_same_paper_from_many_hands_is_one_row(committed_cast: Cast) -> None:
    def send(_: int) -> int:
        by = committed_cast["village_cadre"]
        return store_evidence(upload(), division=committed_cast.village, by=by).pk

    assert len(set(at_once(6, send))) == 1


def test_the_page(cast: Cast, client: Client) -> None:
    client.force_login(cast["village_cadre"], backend=BACKEND)
    address = f"/evidence/upload/?division={VILLAGE}"
    assert client.get(address).status_code == 200
    assert client.post(address, {"file": upload()}).status_code == 302
    paper = Evidence.objects.get()
    assert (paper.name, paper.uploaded_by) == ("会议纪要.pdf", cast["village_cadre"])
    assert "会议纪要.pdf" in client.get(address).text
    refused = client.post(address, {"file": upload(b"<html>", "a.pdf")})
    assert refused.status_code == 409
    assert "扩展名不符" in refused.text


def test_only_back_to_this_site(cast: Cast, client: Client) -> None:
    client.force_login(cast["village_cadre"], backend=BACKEND)
    address = f"/evidence/upload/?division={VILLAGE}&next="
    assert client.post(address + "/inbox/", {"file": upload()})["Location"] == "/inbox/"
    away = client.post(address + "https://example.com/", {"file": upload()})
    assert away["Location"].startswith("/evidence/upload/")


def test_nothing_is_uploaded_to_another_territory(cast: Cast, client: Client) -> None:
    client.force_login(cast["other_village_cadre"], backend=BACKEND)
    address = f"/evidence/upload/?division={VILLAGE}"
    assert client.post(address, {"file": upload()}).status_code == 404
    client.force_login(cast["nobody"], backend=BACKEND)
    assert client.post("/evidence/upload/", {"file": upload()}).status_code == 404


def test_a_paper_is_given_out_as_a_harmless_attachment(cast: Cast, client: Client) -> None:
    paper = store_evidence(upload(), division=cast.village, by=cast["village_cadre"])
    client.force_login(cast["auditor"], backend=BACKEND)
    answer = client.get(f"/evidence/{paper.pk}/")
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Content-Type"] == "application/pdf"
    assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]


@pytest.mark.parametrize("who", ["other_finance_clerk", "other_village_cadre", "nobody"])
def test_a_paper_of_elsewhere_does_not_exist(cast: Cast, client: Client, who: str) -> None:
    paper = store_evidence(upload(), division=cast.village, by=cast["village_cadre"])
    client.force_login(cast[who], backend=BACKEND)
    assert client.get(f"/evidence/{paper.pk}/").status_code == 404


def test_a_paper_missing_on_the_disk_is_said_to_be(
    cast: Cast, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    paper = store_evidence(upload(), division=cast.village, by=cast["village_cadre"])
    paper.path.unlink()
    client.force_login(cast["village_cadre"], backend=BACKEND)
    assert client.get(f"/evidence/{paper.pk}/").status_code == 404
    assert paper.sha256 in caplog.text
