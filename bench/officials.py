"""Counties that report: their officials, a little money each month, and the way of a return and
of the mark upon it, all of it through the product's own services."""

from __future__ import annotations

import time
from decimal import Decimal

from django.db.models import QuerySet

from config.demo.days import in_month, month_ago
from config.demo.money import MARCH, allot
from config.demo.people import PASSWORD, SINCE, Person, Staff, Unit, bureaux, set_up
from config.demo.returns import report
from config.demo.steps import act
from funds.models import Allotment, FundLevel
from funds.services import record_receipt
from organizations.models import Division, Organization, Post, Role, User
from organizations.models.divisions import Level
from organizations.services import appoint, create_user
from reports.models import ReceivedReturn

# Three that report to the region, with thirty counties.
PREFECTURES = ("652800000000", "652900000000", "653100000000")
MONTHS = 10
Kind = Organization.Kind


def counties(count: int) -> list[Division]:
    rows = Division.objects.filter(level=Level.COUNTY, reports_to__code__in=PREFECTURES)
    return list(rows.order_by("code")[:count])


def reporting_counties(returns: int) -> list[Division]:
    return counties(-(-returns // MONTHS))


def print_reporting(returns: int) -> None:
    print(*(county.code for county in reporting_counties(returns)))


def appoint_all(returns: int) -> None:
    """Of each county that will report, and of each prefecture that it reports to."""
    region = Division.objects.get(level=Level.REGION)
    office = Unit("自治区信息中心", Kind.ADMINISTRATION, region.code)
    first = hold(Person("管理员", Role.SYSTEM_ADMIN, office, "管理员"), region, None)
    for prefecture in Division.objects.filter(code__in=PREFECTURES):
        unit = Unit(f"{prefecture}扶贫办", Kind.PREFECTURE, prefecture.code)
        hold(Person("受理", Role.PREFECTURE_CLERK, unit, "科长"), prefecture, first)
    for county in reporting_counties(returns):
        units = bureaux(county.code, county.name)
        for role, unit in (
            (Role.FINANCE_CLERK, units["finance"]),
            (Role.FINANCE_REVIEWER, units["finance"]),
            (Role.FINANCE_HEAD, units["finance"]),
            (Role.PROJECT_CLERK, units["projects"]),
            (Role.PROJECT_REVIEWER, units["projects"]),
            (Role.GROUP_SECRETARY, units["group"]),
        ):
            hold(Person(str(role.label), role, unit, "经办"), county, first)


def hold(person: Person, division: Division, by: User | None) -> User:
    user = create_user(
        username=f"{person.role}-{division.code}",
        real_name=person.name,
        password=PASSWORD,
        must_change=False,
    )
    organization = set_up(person.unit, division)
    appoint(
        user=user, role=person.role, organization=organization, title=person.title,
        valid_from=SINCE, by=by,
    )  # fmt: skip
    return user


def staff_of(divisions: list[Division]) -> Staff:
    staff = Staff()
    posts = Post.objects.filter(organization__division__in=divisions)
    for post in posts.select_related("user", "organization__division"):
        office = post.organization
        staff.holders[Role(post.role), office.division.code].append((office.name, post.user))
    return staff


def report_all(returns: int) -> None:
    """Month after month, each county in turn: something comes in, the month is closed, its return
    goes its way and is sent."""
    places = reporting_counties(returns)
    staff = staff_of(places)
    pools = {county: allotted(county, number, staff) for number, county in enumerate(places, 1)}
    for number in range(returns):
        county = places[number % len(places)]
        back = MONTHS - number // len(places)
        take_in(pools[county], Decimal(1000 + number), back, staff)
        report(county, month_ago(back), staff)


def mark_all(returns: int) -> None:
    """Above: each return is looked at when it has come, and every tenth sent back."""
    staff = staff_of(list(Division.objects.filter(code__in=PREFECTURES)))
    for done in range(returns):
        while (arrived := waiting().first()) is None:
            time.sleep(0.3)
        action = "receive" if done % 10 else "send_back"
        act(arrived, action, staff.of(Role.PREFECTURE_CLERK, arrived.to), "已核对")


def waiting() -> QuerySet[ReceivedReturn]:
    rows = ReceivedReturn.objects.filter(status=ReceivedReturn.Status.ARRIVED)
    return rows.select_related("division", "to").order_by("pk")


def allotted(county: Division, number: int, staff: Staff) -> Allotment:
    row = (f"测财农〔2025〕{number}号", FundLevel.REGION, "ZX-FZ", 100, MARCH, "产业发展", "")
    return allot(county, row, staff)


def take_in(allotment: Allotment, amount: Decimal, back: int, staff: Staff) -> None:
    record_receipt(
        allotment=allotment,
        amount=amount,
        occurred_on=in_month(back, 15),
        memo="收到资金",
        document=f"拨款通知单第{back}号",
        payer="地区财政局",
        key=f"bench-{allotment.pk}-{back}",
        by=staff.of(Role.FINANCE_CLERK, allotment.county),
    )
