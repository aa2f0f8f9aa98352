import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from organizations.models import Division
from reports.received_checks import check_heads, check_line, lines
from verify_export import read


class Command(BaseCommand):
    help = "Look at every received return anew; with a county's export also at its ledger."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--export", help="a file that the county's export_ledger wrote")

    def handle(self, *args: Any, **options: Any) -> None:
        found = self.of_export(options["export"]) if options["export"] else self.of_lines()
        for problem in found:
            self.stdout.write(f"不符：{problem}")
        if found:
            sys.exit(1)

    def of_lines(self) -> list[str]:
        problems: list[str] = []
        for name, rows in lines():
            wrong = list(check_line(rows))
            problems += wrong
            if not wrong:
                self.stdout.write(f"相符：{name} {len(rows)} 份")
        return problems

    def of_export(self, path: str) -> list[str]:
        try:
            records = list(read(path))
            county = Division.objects.get(code=records[0]["county"])
            problems = list(check_heads(county, records))
        except (OSError, ValueError, LookupError, TypeError, Division.DoesNotExist) as error:
            raise CommandError(f"文件无法读取：{error!r}") from error
        if not problems:
            self.stdout.write(f"相符：{county} {len(records) - 2} 张凭证，与所收月报的链首一致")
        return problems
