import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from funds.verification import counties_with_ledger, verify_county, verify_files
from organizations.models import Division


class Command(BaseCommand):
    help = "Re-add every balance and re-walk every chain. Exit code 1 when anything differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--county", help="12-digit code; all counties when not given")
        parser.add_argument("--files", action="store_true", help="check evidence files too")

    def handle(self, *args: Any, **options: Any) -> None:
        counties = counties_with_ledger()
        if options["county"]:
            counties = counties.filter(code=options["county"])
            if not counties:
                raise CommandError(f"没有代码为 {options['county']} 的县专账")
        broken = 0
        for county in counties:
            broken += self.verify(county, files=options["files"])
        if not counties:
            self.stdout.write("还没有任何县的专账")
        if broken:
            sys.exit(1)

    def verify(self, county: Division, *, files: bool) -> bool:
        result = verify_county(county)
        problems = [*result.problems, *(verify_files(county) if files else ())]
        for problem in problems:
            self.stdout.write(f"不符：{county.name}（{county.code}）{problem}")
        if not problems:
            self.stdout.write(
                f"相符：{county.name}（{county.code}）{result.vouchers} 张凭证，链首 {result.head}"
            )
        return bool(problems)
