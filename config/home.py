"""The first page after log-in, by what the person's posts are about."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Sum

from approvals.queries import InboxItem, pending
from funds.models import Account
from funds.policies import FUND_READERS, counties_of
from funds.queries import Figures as CountyFigures
from funds.queries import figures_by_county
from organizations.models import Division, Post, Role, User
from organizations.queries import AccountTasks, account_tasks, posts_to_accept
from projects.idle import WATCHERS, red_count
from projects.models import Filing, Project
from projects.policies import PROJECT_READERS
from projects.queries import Figures, figures_by_project, figures_from
from projects.workflow import VILLAGE
from publicity.owed import OwedCount, owed_counts

from .navigation import MenuItem

INBOX_SHOWN = 10
PROJECTS_SHOWN = 10
# The forms with which somebody's day begins.
QUICK = (
    MenuItem("登记到账", "receipt_new", (Role.FINANCE_CLERK,)),
    MenuItem("登记指标", "allotment_new", (Role.FINANCE_CLERK,)),
    MenuItem("申报项目", "project_new", VILLAGE),
    MenuItem("登记会议", "meeting_new", (Role.GROUP_SECRETARY,)),
)


@dataclass(frozen=True)
class CountyTotals:
    """The six figures, in all and, where the person sees several, for each county with money."""

    total: CountyFigures
    rows: list[tuple[Division, CountyFigures]]


@dataclass(frozen=True)
class OwnProjects:
    """The latest projects of a township or village, and what all of them have."""

    count: int
    total: Figures
    rows: list[tuple[Project, Figures]]


@dataclass(frozen=True)
class Home:
    to_accept: list[Post]
    quick: list[MenuItem] = field(default_factory=list)
    inbox: list[InboxItem] = field(default_factory=list)
    counties: CountyTotals | None = None
    projects: OwnProjects | None = None
    accounts: AccountTasks | None = None
    overdue_filings: int = 0
    idle_reds: int = 0
    owed_notices: list[OwedCount] = field(default_factory=list)


def home_of(user: User) -> Home:
    roles = user.roles()
    to_accept = posts_to_accept(user)
    if Role.SYSTEM_ADMIN in roles:
        return Home(to_accept, accounts=account_tasks(user))
    quick = [item for item in QUICK if roles.intersection(item.roles)]
    inbox = pending(user, limit=INBOX_SHOWN)
    notices = [row for row in owed_counts(user, own=True) if row.count]
    if roles.intersection(FUND_READERS):
        overdue = Filing.objects.visible_to(user).overdue().count()
        totals = county_totals(user)
        reds = red_count(user) if roles.intersection(WATCHERS) else 0
        return Home(
            to_accept, quick, inbox, counties=totals, overdue_filings=overdue, idle_reds=reds,
            owed_notices=notices,
        )  # fmt: skip
    if roles.intersection(PROJECT_READERS):
        projects = own_projects(user)
        return Home(to_accept, quick, inbox, projects=projects, owed_notices=notices)
    return Home(to_accept, quick, inbox)


def county_totals(user: User) -> CountyTotals:
    counties = counties_of(user)
    figures = figures_by_county(counties)
    total = sum(figures.values(), CountyFigures())
    if len(counties) == 1:
        return CountyTotals(total, [])
    rows = [(county, figures[county.pk]) for county in counties]
    return CountyTotals(total, [row for row in rows if row[1].issued or row[1].balances])


def own_projects(user: User) -> OwnProjects:
    """The totals are of every visible project; added up in the database, a county has thousands."""
    projects = Project.objects.visible_to(user)
    accounts = Account.objects.filter(earmark__project__in=projects.order_by())
    balances = dict(accounts.order_by().values_list("kind").annotate(Sum("balance")))
    shown = list(projects.order_by("-id")[:PROJECTS_SHOWN])
    figures = figures_by_project(shown)
    return OwnProjects(
        count=projects.count(),
        total=figures_from(balances),
        rows=[(project, figures[project.earmark_id]) for project in shown],
    )
