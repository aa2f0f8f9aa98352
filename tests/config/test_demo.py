"""The demonstration: whole, consistent, made by the right people, and made once."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command
from django.db.models import Sum
from pytest_django.fixtures import Settings

from approvals.models import Decision, RefusedAttempt
from assets.models import Asset, Disposal, Distribution, Handover, Stocktake
from assets.queries import Worth, worth_of
from config.demo import demo_logins
from config.demo.library import plans
from config.demo.people import everybody
from funds.models import Account, Allotment, Book, Month, Voucher
from organizations.models import Role, User
from performance.models import Target
from projects.models import Adjustment, BankLine, BankMatch, PaymentRequest, Project, ProjectSource
from reports.checking import reds
from reports.models import MonthlyReturn, ReturnDispatch, ReturnVersion
from reports.services import made_again

YANQI = "652826000000"


def run(command: str) -> str:
    output = StringIO()
    call_command(command, stdout=output)
    return output.getvalue()


@pytest.mark.parametrize("command", ["seed_demo", "demo_logins"])
def test_only_the_demonstration_has_demo_people(command: str, settings: Settings) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError):
        run(command)


def test_one_login_for_every_role_and_the_neighbour_s_clerk(settings: Settings) -> None:
    settings.DEMO = True
    logins = json.loads(run("demo_logins"))
    assert logins == demo_logins()
    assert {login["role"] for login in logins} == {str(role.label) for role in Role}
    assert [login["unit"] for login in logins if login["role"] == "财政记账"] == [
        "焉耆县财政局",
        "和静县财政局",
    ]
    for login in logins:
        user = User(username=login["username"], real_name=login["name"])
        validate_password(login["password"], user)


def test_names_are_told_apart() -> None:
    usernames = [person.username for person in everybody()]
    assert len(usernames) == len(set(usernames))


def test_the_real_list_adds_up() -> None:
    real = [plan for plan in plans() if plan.no]
    assert len(real) == 12
    assert sum(plan.amount for plan in real) == Decimal(25_990_000)
    assert all("演示" in plan.name for plan in plans() if not plan.no)


@pytest.mark.slow
@pytest.mark.django_db
def test_the_demonstration_is_whole_and_made_once(settings: Settings) -> None:
    settings.DEMO = True
    assert "23 个项目" in run("seed_demo")
    assert set(Project.objects.values_list("status", flat=True)) == set(Project.Status)
    assert set(PaymentRequest.objects.values_list("status", flat=True)) == set(
        PaymentRequest.Status
    )
    assert set(Adjustment.objects.values_list("status", flat=True)) == {
        Adjustment.Status.VILLAGE_NOTICE,
        Adjustment.Status.DETERMINATION,
    }
    check_money()
    check_people()
    check_assets()
    check_returns()
    assert set(BankMatch.objects.values_list("request__status", flat=True)) == {"paid"}
    assert BankLine.objects.filter(match__isnull=True).count() == 3
    assert set(RefusedAttempt.objects.values_list("kind", flat=True)) >= {"condition", "state"}
    before = Decision.objects.count(), Voucher.objects.count(), User.objects.count()
    assert "未改动" in run("seed_demo")
    assert before == (Decision.objects.count(), Voucher.objects.count(), User.objects.count())


def check_money() -> None:
    """2,599 万元 allotted, and every balance what its vouchers and approvals say."""
    allotted = Allotment.objects.filter(county__code=YANQI)
    assert allotted.aggregate(sum=Sum("amount"))["sum"] == Decimal("25990000.00")
    assert {a.document_number for a in allotted} == {"巴财农〔2025〕11号", "巴财农〔2025〕12号"}
    approved = ProjectSource.objects.aggregate(sum=Sum("amount"))["sum"]
    vouchers = Voucher.objects.filter(kind=Voucher.Kind.ALLOCATE)
    assert vouchers.aggregate(sum=Sum("total"))["sum"] == approved
    inside = Account.objects.filter(county__code=YANQI, kind__in=("pool", "allocated", "released"))
    book = Book.objects.get(county__code=YANQI)
    assert inside.aggregate(sum=Sum("balance"))["sum"] == book.balance
    kinds = set(Voucher.objects.values_list("kind", flat=True))
    assert kinds == set(Voucher.Kind) - {Voucher.Kind.RETURN}
    months = Month.objects.filter(status=Month.Status.CLOSED, division__code=YANQI)
    closed = months.earliest("first_day")
    assert Voucher.objects.filter(
        county__code=YANQI,
        occurred_on__month=closed.first_day.month,
        occurred_on__year=closed.first_day.year,
    ).exists()


def check_assets() -> None:
    """A dozen and one; the closed project's are worth what was paid for it."""
    assert Asset.objects.count() == 13
    closed = Project.objects.get(status=Project.Status.CLOSED)
    assert Handover.objects.get().status == Handover.Status.CLOSED
    assert Stocktake.objects.count() == 1
    assert set(Distribution.objects.values_list("status", flat=True)) == {"notice", "closed"}
    assert Disposal.objects.get().status == Disposal.Status.TOWNSHIP_REVIEW
    assert worth_of(closed) == Worth(Decimal("796350.00"), Decimal("796350.00"), 3)


def check_returns() -> None:
    """Two months received, one corrected; a draft with something red; the neighbour late."""
    ours = MonthlyReturn.objects.filter(division__code=YANQI).order_by("first_day")
    assert list(ours.values_list("status", flat=True)) == ["received", "received", "draft"]
    assert ReturnVersion.objects.filter(number=1, sealed_at__isnull=False).count() == 1
    draft = ours.get(status="draft").versions.get()
    assert "closed" in reds(draft)
    late = ReturnDispatch.objects.filter(is_late=True)
    assert [d.version.subject.division.name for d in late] == ["和静县"]
    sealed = ReturnVersion.objects.filter(sealed_at__isnull=False)
    assert all(made_again(version) == version.content for version in sealed)


def check_people() -> None:
    """Whoever may log in has a post in force; every project has its targets and decisions."""
    for login in demo_logins():
        user = User.objects.get(username=login["username"])
        assert user.check_password(login["password"])
        assert [str(Role(role).label) for role in user.roles()] == [login["role"]]
    assert Target.objects.values("project").distinct().count() == Project.objects.count()
    neighbour = User.objects.get(username=demo_logins()[-1]["username"])
    assert {p.county.name for p in Project.objects.visible_to(neighbour)} == {"和静县"}
