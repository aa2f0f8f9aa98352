from typing import Any

from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import connections

from approvals.lawful import load_lawful_steps
from approvals.models import LawfulStep


class Command(MigrateCommand):
    """Django's own, and then the steps of every life, which are code and not data of a county."""

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if LawfulStep._meta.db_table in connections["default"].introspection.table_names():
            load_lawful_steps()
