"""The rules that read money, payments and projects; what other leaves watch stands with them."""

from .rules import money, payments, projects

__all__ = ["money", "payments", "projects"]
