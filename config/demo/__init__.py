"""The demonstration: real places, documents and projects; invented people, contents and dates."""

from .people import demo_logins
from .seed import is_seeded, seed

__all__ = ["demo_logins", "is_seeded", "seed"]
