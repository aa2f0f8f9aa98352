from __future__ import annotations

from organizations.models import Division, Role, User
from organizations.policies import WrongRole, role_names

# The pool and the ledger are the county's business and its supervisors'.
FUND_READERS = (
    Role.FINANCE_CLERK, Role.FINANCE_REVIEWER, Role.FINANCE_HEAD, Role.TREASURY_CLERK,
    Role.PROJECT_CLERK, Role.PROJECT_REVIEWER, Role.GROUP_SECRETARY, Role.GROUP_MEMBER,
    Role.AUDITOR, Role.DISCIPLINE_INSPECTOR, Role.PREFECTURE_CLERK, Role.REGION_CLERK,
)  # fmt: skip


def demand_fund_reader(user: User) -> None:
    """Raises WrongRole (403) for people whose posts have nothing to do with the ledger."""
    if not user.roles().intersection(FUND_READERS):
        raise WrongRole(
            "资金台账由县级财政、主管部门、领导小组和上级及监督部门查阅",
            who_can_clear=role_names(FUND_READERS),
        )


def counties_of(user: User) -> list[Division]:
    """The counties whose ledgers this person may read, by code."""
    return list(Division.objects.visible_to(user).filter(level="county").order_by("code"))
