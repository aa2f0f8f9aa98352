"""Several clients at once, each a process of its own, let go together."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Sequence
from multiprocessing.synchronize import Barrier
from typing import Any

import django
from django.db import connections

Work = Callable[..., Counter[str]]
CONTEXT = multiprocessing.get_context("spawn")


def together(work: Work, shares: Sequence[tuple[Any, ...]]) -> tuple[Counter[str], float]:
    """Run work(*share) in one process per share. Answers what they counted, and the seconds
    from the first start to the last end."""
    gate = CONTEXT.Barrier(len(shares))
    answers = CONTEXT.Queue()
    processes = [
        CONTEXT.Process(target=_client, args=(work, share, gate, answers), daemon=True)
        for share in shares
    ]
    for process in processes:
        process.start()
    results = [answers.get(timeout=900) for _ in processes]
    for process in processes:
        process.join()
    counted: Counter[str] = Counter()
    for count, _, _ in results:
        counted.update(count)
    return counted, max(end for _, _, end in results) - min(start for _, start, _ in results)


def _client(work: Work, share: tuple[Any, ...], gate: Barrier, answers: Any) -> None:
    django.setup()
    try:
        work(*[[] if isinstance(part, list) else part for part in share])  # warm: nothing to do
        gate.wait(timeout=300)
        start = time.time()
        answers.put((work(*share), start, time.time()))
    except Exception as error:  # what went wrong belongs in the report, not in a hung run
        answers.put((Counter({f"失败 {type(error).__name__} {error}": 1}), 0.0, 0.0))
        raise
    finally:
        connections.close_all()
