"""Two years of returns, with late postings and corrections, made again after everything was
renamed: each byte as it was sealed."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from funds.models import Allotment, FundCategory
from funds.services import record_allotment, record_receipt, return_to_upper_level, reverse_voucher
from organizations.models import Division, Organization
from projects.models import Project, ProjectType
from reports.figures import canonical, county_figures
from reports.periods import as_known_now, last_day_of, month_before
from reports.services import made_again, start_return
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.reports import reporting
from tests.reports.test_trace import paid

MONTHS = 24


def test_every_month_of_two_years_comes_out_as_it_was_sealed(cast: Cast) -> None:
    dice = random.Random(2018)  # noqa: S311
    tags = [old_allotment(cast, number) for number in (11, 12, 13)]
    versions, others = [], []
    months = last_months(MONTHS)
    for place, first_day in enumerate(months):
        post_some(cast, tags, months[: place + 1], dice)
        versions.append(start_return(county=cast.county, first_day=first_day)[0].versions.get())
        earlier = dice.choice(months[: place + 1])  # 更正: the same month, known anew
        at = as_known_now(cast.county, earlier)
        others.append((at, canonical(county_figures(at))))
    project = make.approved_project(cast)
    paid(cast, project, "4321.09")
    make.progress_report(cast, project, percent=30, invested=100_000)
    at = as_known_now(cast.county, reporting.this_month())
    others.append((at, canonical(county_figures(at))))

    post_some(cast, tags, months, dice)
    paid(cast, project, "1234.56")
    make.progress_report(cast, project, percent=70, invested=300_000)
    rename_everything(cast, project, tags[0])
    for version in versions:
        assert made_again(version) == version.content
    for at, content in others:
        assert canonical(county_figures(at)) == content
    assert len({version.sha256 for version in versions}) == MONTHS
    now = canonical(county_figures(as_known_now(cast.county, reporting.this_month())))
    for name in ("县改名", "镇改名", "局改名", "项目改名", "文号改名"):
        assert name in now and name not in others[-1][1]


def years_ago(count: int) -> dt.date:
    return make.today() - dt.timedelta(days=365 * count)


def old_allotment(cast: Cast, number: int) -> Allotment:
    return record_allotment(
        county=cast.county,
        by=cast["finance_clerk"],
        facts={
            "document_number": f"巴财农〔2023〕{number}号",
            "level": "L1",
            "category": FundCategory.objects.in_force().get(code="ZX-FZ"),
            "fund_year": years_ago(3).year,
            "issued_on": years_ago(3),
            "amount": Decimal(90_000_000),
        },
    )


def last_months(count: int) -> list[dt.date]:
    months = [reporting.last_month()]
    while len(months) < count:
        months.append(month_before(months[-1]))
    return months[::-1]


def post_some(
    cast: Cast, tags: list[Allotment], months: list[dt.date], dice: random.Random
) -> None:
    """Mostly for the last of these months, now and then for one long past."""
    for _ in range(dice.randint(2, 4)):
        month = months[-1] if dice.random() < 0.7 else dice.choice(months)
        day = month + dt.timedelta(days=dice.randrange(last_day_of(month).day))
        tag, amount = dice.choice(tags), Decimal(dice.randint(1, 9_999_999)) / 100
        common: dict[str, Any] = {"occurred_on": day, "key": make.key(), "memo": "补记"}
        voucher = record_receipt(allotment=tag, amount=amount, by=cast["finance_clerk"], **common)
        common["key"] = make.key()
        if dice.random() < 0.2:
            reverse_voucher(voucher=voucher, by=cast["finance_reviewer"], **common)
        elif dice.random() < 0.2:
            return_to_upper_level(
                allotment=tag, amount=amount, document="巴财农〔2025〕9号",
                by=cast["finance_head"], **common,
            )  # fmt: skip


def rename_everything(cast: Cast, project: Project, tag: Allotment) -> None:
    department = Organization.objects.get(pk=project.department_id)
    rows: list[tuple[Any, str, str]] = [
        (Division.objects.get(pk=cast.county.pk), "name", "县改名"),
        (Division.objects.get(pk=cast.township.pk), "name", "镇改名"),
        (department, "name", "局改名"), (project, "name", "项目改名"),
    ]  # fmt: skip
    rows += [(a, "document_number", "文号改名") for a in Allotment.objects.filter(pk=tag.pk)]
    with lives.unruled():
        for row, field, name in rows:
            setattr(row, field, name)
            row.save()


@pytest.mark.parametrize("model", [FundCategory, ProjectType])
def test_a_dated_name_stands(cast: Cast, model: Any) -> None:
    """A new name is a new row of a later day."""
    row = model.objects.order_by("pk")[0]
    for field, value in (("name", "另一个名称"), ("code", "ZZ"), ("valid_from", years_ago(1))):
        with pytest.raises(DatabaseError, match="另登"), transaction.atomic():
            model.objects.filter(pk=row.pk).update(**{field: value})
    model.objects.filter(pk=row.pk).update(valid_until=make.today())
