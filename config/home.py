"""The first page after log-in, by what the person's posts are about."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from approvals.queries import InboxItem, pending
from funds.policies import FUND_READERS, counties_of
from funds.queries import Figures as CountyFigures
from funds.queries import figures_by_county
from organizations.models import Division, Post, Role, User
from organizations.queries import AccountTasks, account_tasks, posts_to_accept
from projects.models import Project
from projects.policies import PROJECT_READERS
from projects.queries import Figures, figures_by_project

INBOX_SHOWN = 10
PROJECTS_SHOWN = 10


@dataclass(frozen=True)
class CountyTotals:
    """The six figures, in all and, where the person sees several, for each county with money."""

    total: CountyFigures
    rows: list[tuple[Division, CountyFigures]]


@dataclass(frozen=True)
class OwnProjects:
    """The latest projects of a township or village, and what all of them have."""

    count: int
    allocated: Decimal
    released: Decimal
    paid: Decimal
    rows: list[tuple[Project, Figures]]

    @property
    def unpaid(self) -> Decimal:
        return self.allocated - self.paid


@dataclass(frozen=True)
class Home:
    to_accept: list[Post]
    inbox: list[InboxItem] = field(default_factory=list)
    counties: CountyTotals | None = None
    projects: OwnProjects | None = None
    accounts: AccountTasks | None = None


def home_of(user: User) -> Home:
    roles = user.roles()
    to_accept = posts_to_accept(user)
    if Role.SYSTEM_ADMIN in roles:
        return Home(to_accept, accounts=account_tasks(user))
    inbox = pending(user, limit=INBOX_SHOWN)
    if roles.intersection(FUND_READERS):
        return Home(to_accept, inbox, counties=county_totals(user))
    if roles.intersection(PROJECT_READERS):
        return Home(to_accept, inbox, projects=own_projects(user))
    return Home(to_accept, inbox)


def county_totals(user: User) -> CountyTotals:
    counties = counties_of(user)
    figures = figures_by_county(counties)
    total = sum(figures.values(), CountyFigures())
    if len(counties) == 1:
        return CountyTotals(total, [])
    rows = [(county, figures[county.pk]) for county in counties]
    return CountyTotals(total, [row for row in rows if row[1].issued or row[1].balances])


def own_projects(user: User) -> OwnProjects:
    """The totals are of every visible project: what a row adds up to is never cut off."""
    projects = list(Project.objects.visible_to(user).order_by("-id"))
    figures = figures_by_project(projects)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for given in figures.values():
        for name in ("allocated", "released", "paid"):
            sums[name] += getattr(given, name)
    shown = projects[:PROJECTS_SHOWN]
    return OwnProjects(
        count=len(projects),
        allocated=sums["allocated"],
        released=sums["released"],
        paid=sums["paid"],
        rows=[(project, figures[project.earmark_id]) for project in shown],
    )
