"""A machine that dies in the middle of something: killed before each statement in turn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from config.launch.home import ROOT

# One process that dies a child for each statement, and tells after each what the database holds.
HARNESS = """
import json, os, signal, sys
import django
django.setup()
from django.db import connection

{code}

def die_at(statement):
    seen = 0
    def die(execute, sql, params, many, context):
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)
    with connection.execute_wrapper(die):
        act()

for statement in range(1, 500):
    connection.close()
    child = os.fork()
    if child == 0:
        die_at(statement)
        connection.close()
        os._exit(0)
    died = os.WIFSIGNALED(os.waitpid(child, 0)[1])
    print(json.dumps({{"died": died, **held()}}), flush=True)
    if not died:
        break
"""


def killed_at_every_statement(code: str, *arguments: object) -> list[dict[str, Any]]:
    """What `held()` found after each death, and last after `act()` was let run to its end.
    `code` defines both, and reads `arguments` from sys.argv."""
    answer = subprocess.run(
        [sys.executable, "-c", HARNESS.format(code=code), *map(str, arguments)],
        cwd=ROOT, env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = [json.loads(line) for line in answer.stdout.splitlines()]
    assert len(found) > 10 and not found[-1]["died"], answer.stderr
    return found
