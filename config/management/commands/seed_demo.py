from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo import is_seeded, seed


class Command(BaseCommand):
    help = "Make the demonstration's places, people, money and projects; nothing if there already."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("示范数据只在演示环境（DEMO=1）装入")
        if is_seeded():
            self.stdout.write("示范数据已在，未改动")
            return
        self.stdout.write(f"已装入示范数据：{seed()} 个项目")
