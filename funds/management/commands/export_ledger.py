import datetime as dt
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from funds.export import export_month
from organizations.models import Division
from organizations.policies import Refused


class Command(BaseCommand):
    help = "Write a county's month as a file that verify_export.py checks without a database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--county", required=True, help="12-digit code")
        parser.add_argument("--month", required=True, help="YYYY-MM")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        county = Division.objects.filter(code=options["county"], level="county").first()
        if county is None:
            raise CommandError(f"没有代码为 {options['county']} 的县")
        try:
            first_day = dt.date.fromisoformat(f"{options['month']}-01")
        except ValueError as error:
            raise CommandError(f"月份须写作 YYYY-MM：{options['month']}") from error
        try:
            with options["file"].open("w", encoding="utf-8") as file:
                count = export_month(county, first_day, file)
        except Refused as error:
            options["file"].unlink(missing_ok=True)
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"已写出 {count} 张凭证；校验：python3 verify_export.py {options['file']}"
        )
