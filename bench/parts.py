"""The parts of the bench, one after another on one scratch database."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from bench.deliveries import deliveries
from bench.importing import import_receipts
from bench.inbox import inbox
from bench.pages import pages
from bench.pay import pay
from bench.region import region
from bench.returns import returns
from bench.scratch import scratch_database
from bench.storm import storm
from bench.trace import trace
from bench.workbook import workbook
from config.demo import seed


def run(parts: Sequence[str], options: argparse.Namespace) -> int:
    fine = True
    if "deliveries" in parts:  # on deployments of its own
        fine = deliveries(options.returns, down=options.down, seed=options.seed)
    work: dict[str, Callable[[], bool]] = {
        "storm": lambda: storm(options.tries),
        "pay": lambda: pay(options.payments),
        "inbox": lambda: inbox(options.projects),
        "pages": lambda: pages(options.projects, options.entries),
        "trace": trace,
        "returns": lambda: returns(options.projects, options.entries),
        "region": region,
        "workbook": workbook,
        "import": import_receipts,
    }
    wanted = [name for name in work if name in parts]
    if wanted:
        with scratch_database():
            seed()
            for name in wanted:
                fine = work[name]() and fine
    return 0 if fine else 1
