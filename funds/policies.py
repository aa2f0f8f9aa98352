from __future__ import annotations

from collections.abc import Callable, Sequence

from organizations.models import Division, Role, User
from organizations.policies import (
    Refusal,
    WrongRole,
    demand,
    holds,
    refuse_without,
    role_names,
)

from .models import Voucher

# The pool and the ledger are the county's business and its supervisors'.
FUND_READERS = (
    Role.FINANCE_CLERK, Role.FINANCE_REVIEWER, Role.FINANCE_HEAD, Role.TREASURY_CLERK,
    Role.PROJECT_CLERK, Role.PROJECT_REVIEWER, Role.GROUP_SECRETARY, Role.GROUP_MEMBER,
    Role.AUDITOR, Role.DISCIPLINE_INSPECTOR, Role.PREFECTURE_CLERK, Role.REGION_CLERK,
)  # fmt: skip

# Who closes a month, as the life of a month says.
CLOSERS = (Role.FINANCE_REVIEWER,)


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


def counties_kept_by(
    user: User, roles: Sequence[Role], *, in_person: bool = False
) -> list[Division]:
    """The counties in which this person holds one of the roles. Raises WrongRole for none."""
    counties = [county for county in counties_of(user) if holds(user, roles, county)]
    if not counties:
        raise WrongRole(f"此项由{role_names(roles)}办理", who_can_clear=role_names(roles))
    if not in_person:
        return counties
    demand(user, roles, own_first(user, roles, counties), in_person=True)
    return [county for county in counties if holds(user, roles, county, in_person=True)]


def own_first(user: User, roles: Sequence[Role], counties: Sequence[Division]) -> Division:
    """The county where the person holds one of the roles himself, else any of them."""
    return max(counties, key=lambda c: holds(user, roles, c, in_person=True) is not None)


REVERSERS = (Role.FINANCE_REVIEWER, Role.FINANCE_HEAD)


# What an app further up knows against reversing a voucher by itself.
Check = Callable[[Voucher], Refusal | None]
BOUND: list[Check] = []


def bind_vouchers(check: Check) -> None:
    """A voucher of which `check` says why is not reversed but with its own thing."""
    BOUND.append(check)


def refuse_reversing_alone(voucher: Voucher) -> Refusal | None:
    return next((refusal for check in BOUND if (refusal := check(voucher))), None)


def refuse_reversal(voucher: Voucher, user: User) -> Refusal | None:
    """None when this person may reverse this voucher, else why not. The ledger holds the same."""
    if voucher.kind == Voucher.Kind.REVERSE:
        return Refusal("红字凭证不能再冲销", who_can_clear="财政记账（另登记一笔）")
    reversal = Voucher.objects.filter(reverses=voucher).first()
    if reversal:
        return Refusal(
            f"已由凭证 {reversal} 冲销，一张凭证只能冲销一次",
            who_can_clear="财政记账（另登记一笔）",
        )
    if voucher.decision_id is not None:
        return Refusal(
            "本凭证依据办理记录入账，在相应的项目或拨付申请中冲销",
            who_can_clear=role_names(REVERSERS),
        )
    bound = refuse_reversing_alone(voucher)
    if bound:
        return bound
    if voucher.by_id == user.pk:
        return Refusal("冲销须由原经办人以外的人办理", "不相容岗位分离", role_names(REVERSERS))
    return refuse_without(user, REVERSERS, voucher.county, in_person=True)
