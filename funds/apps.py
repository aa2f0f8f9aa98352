from django.apps import AppConfig
from django.core.checks import Tags, register

from .checks import check_ledger_server


class FundsConfig(AppConfig):
    name = "funds"
    verbose_name = "资金"

    def ready(self) -> None:
        register(check_ledger_server, Tags.database)
