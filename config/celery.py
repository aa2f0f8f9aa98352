import os
from typing import Any

from celery import Celery, bootsteps
from django.db import connections

from funds.checks import demand_safe_server

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class SafeServer(bootsteps.StartStopStep):
    """Like the web server: a worker that could lose or bend the ledger does no work."""

    def start(self, parent: Any) -> None:
        demand_safe_server()
        connections.close_all()  # the worker's children open their own


app = Celery("yichi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(SafeServer)
