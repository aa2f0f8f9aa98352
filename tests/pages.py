from django.test import Client

from organizations.models import User


def logged_in(user: User) -> Client:
    """A browser of its own, past the log-in page."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client
