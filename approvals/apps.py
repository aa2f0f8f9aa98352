from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ApprovalsConfig(AppConfig):
    name = "approvals"
    verbose_name = "审批"

    def ready(self) -> None:
        # Every app's lives and added conditions, what it brings before meetings, its kinds of
        # job, what it asks of persons and what it watches, in the order of INSTALLED_APPS.
        autodiscover_modules("workflow", "lives", "meetings", "jobs", "errands", "alerts")
