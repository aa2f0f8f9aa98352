from __future__ import annotations

from organizations.models import Role, User
from organizations.policies import WrongRole, role_names

PROJECT_READERS = tuple(role for role in Role if role != Role.SYSTEM_ADMIN)


def demand_project_reader(user: User) -> None:
    """Raises WrongRole (403): who hands out accounts reads no projects."""
    if not user.roles().intersection(PROJECT_READERS):
        raise WrongRole(
            "项目由各级承办、审批和监督岗位查阅", who_can_clear=role_names(PROJECT_READERS)
        )
