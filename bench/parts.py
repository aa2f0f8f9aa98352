"""The parts of the bench, one after another on one scratch database."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from bench.importing import import_receipts
from bench.inbox import inbox
from bench.pages import pages
from bench.pay import pay
from bench.returns import returns
from bench.scratch import scratch_database
from bench.storm import storm
from bench.trace import trace
from config.demo import seed


def run(parts: Sequence[str], options: argparse.Namespace) -> int:
    fine = True
    with scratch_database():
        seed()
        if "storm" in parts:
            fine = storm(options.tries) and fine
        if "pay" in parts:
            fine = pay(options.payments) and fine
        if "inbox" in parts:
            fine = inbox(options.projects) and fine
        if "pages" in parts:
            fine = pages(options.projects, options.entries) and fine
        if "trace" in parts:
            fine = trace() and fine
        if "returns" in parts:
            fine = returns(options.projects, options.entries) and fine
        if "import" in parts:
            fine = import_receipts() and fine
    return 0 if fine else 1
