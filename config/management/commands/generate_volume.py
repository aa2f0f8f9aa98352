from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bench.volume import generate
from config.demo import is_seeded


class Command(BaseCommand):
    help = "Fill a demonstration's database with a county's volume, to measure pages on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--projects", type=int, default=10_000)
        parser.add_argument("--entries", type=int, default=200_000)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO or not is_seeded():
            raise CommandError("只在已装入示范数据的演示环境（DEMO=1）生成")
        projects, entries = generate(options["projects"], options["entries"])
        self.stdout.write(f"现有项目 {projects:,} 个，分录 {entries:,} 条")
