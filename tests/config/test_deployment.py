from __future__ import annotations

import os
import subprocess
import sys

from config.launch.home import ROOT

SERVER = {
    "HTTPS": "1",
    "DEMO": "0",
    "DEBUG": "0",
    "SECRET_KEY": "k3x" * 20 + "-Qw_8Zt+",
    "ALLOWED_HOSTS": "yichi.example.gov.cn",
}


def test_a_server_with_https_passes_every_deployment_check(db: None) -> None:
    answer = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=os.environ | SERVER,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_a_server_without_a_secret_key_does_not_start(db: None) -> None:
    answer = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={n: v for n, v in (os.environ | SERVER).items() if n != "SECRET_KEY"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode != 0
    assert "SECRET_KEY" in answer.stderr
