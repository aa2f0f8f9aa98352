"""`python -m bench.reporting STEP …`, inside a deployment: arranges what it reports, and prints
what it has sent or received, a line of JSON each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import django
from django.core.management import call_command


def sent() -> Iterator[dict[str, Any]]:
    from reports.models import Delivery  # noqa: PLC0415 - needs django.setup()

    for delivery in Delivery.objects.select_related("dispatch__version__monthly", "receipt"):
        version = delivery.dispatch.version
        yield {
            "body": delivery.body,
            "sealed": version.content,
            "receipt": delivery.receipt.text if hasattr(delivery, "receipt") else "",
            "attempts": delivery.attempts,
            "error": delivery.last_error,
            "status": version.monthly.status,
            "marks": list(delivery.marks.values_list("action", flat=True)),
        }


def received() -> Iterator[dict[str, Any]]:
    from reports.models import ReceivedDelivery, ReceivedReturn  # noqa: PLC0415

    statuses = dict(ReceivedReturn.objects.values_list("sha256", "status"))
    for row in ReceivedDelivery.objects.values("body", "receipt", "content_sha256"):
        yield {**row, "status": statuses[row["content_sha256"]]}


def new_keys(codes: list[str]) -> None:
    for code in codes:
        call_command("delivery", "new-key", code)


def add_keys(pairs: list[str]) -> None:
    for code, key in zip(pairs[::2], pairs[1::2], strict=True):
        call_command("delivery", "add-key", code, key)


def main(step: str, *words: str) -> None:
    django.setup()
    from bench import officials  # noqa: PLC0415

    if step in ("appoint", "report", "mark", "counties"):
        {
            "appoint": officials.appoint_all,
            "report": officials.report_all,
            "mark": officials.mark_all,
            "counties": officials.print_reporting,
        }[step](int(words[0]))
    elif step in ("new-keys", "add-keys"):
        {"new-keys": new_keys, "add-keys": add_keys}[step](list(words))
    else:
        for row in {"sent": sent, "received": received}[step]():
            print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main(*sys.argv[1:])
