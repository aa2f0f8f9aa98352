"""穿透: the way of every fen exists, and the sums along it agree."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from assets.models import Asset
from funds.models import Allotment, Voucher
from projects.models import PaymentRequest, Project
from projects.queries import refundable
from reports.stages import Line, Stage
from reports.trace import Thing, trace
from tests import factories as make
from tests import lives
from tests.assets import registering as reg
from tests.cast import Cast
from tests.pages import logged_in
from tests.walked import walked

Y = Decimal


def paid(cast: Cast, project: Project, amount: str) -> PaymentRequest:
    request = make.draft_payment(cast, project, amount)
    for action, who in make.PAYMENT_STEPS:
        make.do(request, action, cast, who)
    return PaymentRequest.objects.get(pk=request.pk)


def approved(cast: Cast, *sources: tuple[Allotment, str]) -> Project:
    project = make.project_before_meeting(cast)
    plan = make.plan_with(cast, project)
    project = make.determine(cast, project, [(tag, Y(sum_)) for tag, sum_ in sources], plan)
    make.do(project, "announce_result", cast, "project_reviewer")
    return project


@dataclass
class Year:
    """Two allotments in odd sums, two projects, one paid out of both and left two assets, one with
    money refunded."""

    allotments: list[Allotment] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    payments: list[PaymentRequest] = field(default_factory=list)
    assets: list[Asset] = field(default_factory=list)

    def things(self) -> Iterator[Thing]:
        yield from self.allotments
        yield from self.projects
        yield from self.payments
        yield from self.assets
        yield from Voucher.objects.filter(kind=Voucher.Kind.RECEIVE)


@pytest.fixture
def year(cast: Cast) -> Year:
    walk_year(cast)
    return Year(
        list(Allotment.objects.order_by("pk")),
        list(Project.objects.order_by("pk")),
        list(PaymentRequest.objects.order_by("pk")),
        list(Asset.objects.order_by("pk")),
    )


@walked
def walk_year(cast: Cast) -> Allotment:
    first = make.allotment(cast, "300000.07", "巴财农〔2025〕31号")
    second = make.allotment(cast, "200000", "巴财农〔2025〕32号")
    for tag, amount in ((first, "100000.03"), (first, "200000.04"), (second, "150000.01")):
        make.receipt(cast, tag, amount)
    both = approved(cast, (first, "100000.01"), (second, "50000.02"))
    other = approved(cast, (second, "70000.07"))
    payments = [
        paid(cast, both, "100000.50"),
        paid(cast, both, "9000"),
        paid(cast, other, "333.33"),
    ]
    back = [(tag, Y("100.11")) for tag in refundable(payments[2])]
    make.do(payments[2], "refund", cast, "treasury_clerk", {"sources": back})
    with transaction.atomic():
        lives.place(both, Project.Status.ASSET_REGISTRATION, cast)
    reg.registered(cast, both, "60000.37")
    reg.registered(cast, both, "49000.13", code="GY02", name="泵房")
    return first


def stages(thing: Thing) -> dict[str, Stage]:
    return {stage.key: stage for stage in trace(thing)}


def test_every_edge_agrees_from_wherever_it_is_looked_at(year: Year) -> None:
    for thing in year.things():
        for stage in stages(thing).values():
            assert stage.difference == 0, (thing, stage.label, stage.total, stage.due)


def test_the_figures_are_the_ledgers(year: Year) -> None:
    first, second = (stages(tag) for tag in year.allotments)
    assert first["receipts"].total == Y("300000.07")
    assert dict(second["projects"].rest) == {"池内未分配": Y("29999.92")}
    assert first["payments"].total == Y("100000.01")
    assert second["payments"].total == Y("0.49") + 9000 + Y("233.22")
    both, other = (stages(project) for project in year.projects)
    assert [line.amount for line in both["allotments"].lines] == [Y("100000.01"), Y("50000.02")]
    assert [line.amount for line in other["payments"].lines] == [Y("233.22")]
    one = stages(year.payments[0])
    assert [line.amount for line in one["allotments"].lines] == [Y("100000.01"), Y("0.49")]
    assert "下岔河村" in one["villages"].lines[0].title
    assert [line.amount for line in both["assets"].lines] == [Y("60000.37"), Y("49000.13")]
    assert not both["assets"].rest
    assert dict(other["assets"].rest) == {"尚未登记资产": Y("233.22")}
    house, pump = (stages(asset) for asset in year.assets)
    assert [line.amount for line in house["allotments"].lines] == [Y("60000.37")]
    assert [line.amount for line in pump["payments"].lines] == [Y("40000.13"), Y("9000")]
    assert pump["allotments"].total == pump["assets"].total == Y("49000.13")


def test_an_allotment_finds_its_part_of_each_asset(year: Year, cast: Cast) -> None:
    """Added up by the database as the pages of the assets add it up."""
    both = year.projects[0]
    paid(cast, both, "1000.10")
    first, second = (stages(tag)["assets"] for tag in year.allotments)
    assert [line.amount for line in first.lines] == [Y("60000.37"), Y("39999.64")]
    assert not first.rest and first.difference == 0
    assert [(line.pk, line.amount) for line in second.lines] == [(year.assets[1].pk, Y("9000.49"))]
    rest = {"登记后支付、尚未计入资产": Y("1000.10"), "尚未登记资产": Y("233.22")}
    assert (dict(second.rest), second.total, second.difference) == (rest, Y("9000.49"), Y(0))


def test_a_value_that_no_payment_stands_for_is_shown(year: Year, cast: Cast) -> None:
    """A refund after the registration: the asset is worth more than what stands paid."""
    back = [(tag, Y("0.01")) for tag in refundable(year.payments[1])]
    make.do(year.payments[1], "refund", cast, "treasury_clerk", {"sources": back[:1]})
    assert stages(year.projects[0])["assets"].difference == Y("0.01")
    assert stages(year.assets[1])["allotments"].difference == Y("-0.01")


def at(lines: list[Line], offset: Decimal) -> Line:
    """The line in which this fen lies."""
    for line in lines:
        if offset < line.amount:
            return line
        offset -= line.amount
    raise AssertionError("no path")


def test_a_thousand_fens(year: Year) -> None:
    """From a payment's fen to the allotment, its receipt, the project, and back to the payment."""
    seen = {(kind(t), t.pk): stages(t) for t in year.things()}
    fens = random.Random(20250301)  # noqa: S311
    for _ in range(1000):
        payment = year.payments[fens.randrange(3)]
        here = seen["payment", payment.pk]
        fen = Y(fens.randrange(int(here["payments"].total * 100))) / 100
        tag = at(list(here["allotments"].lines), fen)
        there = seen["allotment", tag.pk]
        project = next(x for x in there["projects"].lines if x.pk == payment.project_id)
        assert dict(project.parts)["支付"] >= tag.amount
        assert payment.pk in {line.pk for line in there["payments"].lines}
        back = seen["project", project.pk]
        assert tag.pk in {line.pk for line in back["allotments"].lines}
        assert payment.pk in {line.pk for line in back["payments"].lines}
        if here["assets"].lines:
            asset = at(list(here["assets"].lines), fen)
            from_asset = seen["asset", asset.pk]
            assert payment.pk in {line.pk for line in from_asset["payments"].lines}
        receipt = at(list(there["receipts"].lines), fen)
        assert tag.pk in {x.pk for x in seen["receipt", receipt.pk]["allotments"].lines}


def kind(thing: Thing) -> str:
    if isinstance(thing, Allotment):
        return "allotment"
    if isinstance(thing, Project):
        return "project"
    if isinstance(thing, Asset):
        return "asset"
    return "payment" if isinstance(thing, PaymentRequest) else "receipt"


def test_pages(year: Year, cast: Cast) -> None:
    auditor = logged_in(cast["auditor"])
    counts = []
    for name, pk in (
        ("allotment", year.allotments[0].pk), ("project", year.projects[0].pk),
        ("payment", year.payments[0].pk), ("asset", year.assets[0].pk),
        ("receipt", Voucher.objects.filter(kind="receive").latest("pk").pk),
    ):  # fmt: skip
        with CaptureQueriesContext(connection) as captured:
            page = auditor.get(f"/trace/{name}/{pk}/")
        text = page.content.decode()
        assert page.status_code == 200 and text.count("相符") == 6 and "不一致" not in text
        counts.append(len(captured))
    assert max(counts) <= 32, counts
    project = year.projects[0].pk
    assert f"/trace/payment/{year.payments[0].pk}/" in text or "由此穿透" in text
    assert logged_in(cast["township_clerk"]).get(f"/trace/project/{project}/").status_code == 403
    assert (
        logged_in(cast["other_finance_clerk"]).get(f"/trace/project/{project}/").status_code == 404
    )
    assert auditor.get(f"/trace/nothing/{project}/").status_code == 404
    pays = Voucher.objects.filter(kind="pay").latest("pk").pk
    assert auditor.get(f"/trace/receipt/{pays}/").status_code == 404
