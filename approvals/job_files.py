"""Files of jobs, each in a folder of its own, kept for a week."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

KEPT_DAYS = 7


def root() -> Path:
    return Path(settings.HOME) / "jobs"


def path_of(stored: str) -> Path:
    """Where a job's `input_path` or `output_path` lies."""
    return root() / stored


def new_path(name: str) -> str:
    """A place for a file, in a new folder that only this system's account may enter."""
    stored = f"{uuid.uuid4()}/{name}"
    path_of(stored).parent.mkdir(mode=0o700, parents=True)
    return stored


def store(name: str, chunks: Iterable[bytes]) -> str:
    stored = new_path(name)
    with path_of(stored).open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
    return stored


def delete_old_folders() -> None:
    oldest = time.time() - KEPT_DAYS * 24 * 3600
    for folder in root().glob("*-*"):
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)
