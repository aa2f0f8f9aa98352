from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from organizations.reference_data import REFERENCE, load_divisions


class Command(BaseCommand):
    help = "Load administrative divisions from a CSV file (code, name, level, parent)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, default=REFERENCE / "divisions_65.csv")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"新增行政区划 {load_divisions(options['file'])} 个")
