import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo import demo_logins


class Command(BaseCommand):
    help = "Print the demonstration's log-ins as JSON."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("演示账号只在演示环境（DEMO=1）提供")
        self.stdout.write(json.dumps(demo_logins(), ensure_ascii=False))
