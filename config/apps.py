from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        # The Celery app must exist before a task is called. It is made here and not in
        # config/__init__.py so that ./run can import config.launch before Django is installed.
        __import__("config.celery")
        __import__("config.asset_notices")
        # What each app carries of the founding document.
        autodiscover_modules("clauses")
