from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from organizations.models import User


def logged_in(user: User) -> Client:
    """A browser of its own, past the log-in page."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def queries_of(client: Client, *urls: str) -> list[str]:
    """What reading these pages asks of the database, once they were read before."""
    for url in urls:
        client.get(url)
    with CaptureQueriesContext(connection) as asked:
        for url in urls:
            assert client.get(url).status_code == 200, url
    return [query["sql"] for query in asked.captured_queries]
