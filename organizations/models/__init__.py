from .calendar import CalendarDay
from .delegations import Delegation
from .divisions import Division
from .organizations import Organization
from .parameters import Parameter
from .people import Post, Role, User

__all__ = [
    "CalendarDay",
    "Delegation",
    "Division",
    "Organization",
    "Parameter",
    "Post",
    "Role",
    "User",
]
