import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()

# Only now that the apps are ready. A server that would lose or bend the ledger serves nobody.
from funds.checks import demand_safe_server  # noqa: E402

demand_safe_server()
