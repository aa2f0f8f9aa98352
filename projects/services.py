from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from funds.models import Earmark
from organizations.models import Division, User
from organizations.pinyin import pinyin_of
from organizations.policies import demand
from organizations.signature import sign

from .charging import charge
from .effects import project_is_approved
from .models import PaymentPaper, PaymentRequest, PaymentSource, Project
from .parts import replace_places, replace_work_items
from .payment_caps import sole_contract, without_contract
from .policies import (
    APPLICANTS,
    already_sent,
    foreign_department,
    no_longer_editable,
    raise_if,
    same_draft,
    same_project,
)
from .workflow import VILLAGE


@transaction.atomic
def propose_project(
    *,
    division: Division,
    by: User,
    facts: Mapping[str, Any],
    places: Iterable[Division],
    work_items: Iterable[Mapping[str, Any]] = (),
) -> Project:
    """A new project in draft, with its earmark in the ledger. `facts` are the model's fields."""
    demand(by, VILLAGE, division)
    county = Division.objects.select_for_update(no_key=True).get(code=division.county_code)
    raise_if(same_project(division, facts["year"], facts["name"]))
    raise_if(foreign_department(county, facts["department"]))
    code = next_code(county, facts["year"])
    project = Project(
        division=division,
        county=county,
        code=code,
        earmark=open_earmark(county, code, facts["name"], by),
        proposed_by=by,
        pinyin=" ".join(pinyin_of(facts["name"])),
        **facts,
    )
    project.full_clean(exclude=["earmark"])
    sign(project, by).save()
    replace_places(project, places, by)
    replace_work_items(project, work_items, by)
    return project


def open_earmark(county: Division, code: str, title: str, by: User) -> Earmark:
    earmark = sign(Earmark(county=county, code=code, title=title), by)
    earmark.save()
    return earmark


def next_code(county: Division, year: int) -> str:
    """County code, year, four digits. Call with the county row locked."""
    prefix = f"{county.code[:6]}-{year}-"
    last = Project.objects.filter(code__startswith=prefix).order_by("-code").first()
    return f"{prefix}{int(last.code[len(prefix) :]) + 1 if last else 1:04d}"


@transaction.atomic
def revise_project(
    *,
    project: Project,
    by: User,
    facts: Mapping[str, Any],
    places: Iterable[Division],
    work_items: Iterable[Mapping[str, Any]],
    reason: str,
) -> Project:
    """Change the text while it is still the village's or the township's. Keeps history."""
    demand(by, VILLAGE, project.division)
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    raise_if(no_longer_editable(project))
    for name, value in facts.items():
        setattr(project, name, value)
    raise_if(same_project(project.division, project.year, project.name, but=project))
    raise_if(foreign_department(project.county, project.department))
    project.pinyin = " ".join(pinyin_of(project.name))
    project.full_clean()
    sign(project, by, reason).save()
    project.earmark.title = project.name
    sign(project.earmark, by, reason).save(update_fields=["title"])
    replace_places(project, places, by)
    replace_work_items(project, work_items, by)
    return project


@transaction.atomic
def apply_for_payment(*, project: Project, by: User, facts: Mapping[str, Any]) -> PaymentRequest:
    """A payment request in draft. Its sources are charged by the rule of the project."""
    demand(by, APPLICANTS, project.division)
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    request = PaymentRequest(
        project=project,
        division=project.division,
        requested_by=by,
        number=f"{project.code}-Z{project.payments.count() + 1:03d}",
        **facts,
    )
    save_request(sign(request, by))
    return request


@transaction.atomic
def amend_payment(
    *, request: PaymentRequest, by: User, facts: Mapping[str, Any], reason: str
) -> PaymentRequest:
    """Change a request that was not sent in yet, or came back; its sources are charged anew."""
    demand(by, APPLICANTS, request.division)
    # First the request, then its project: the order in which sending in locks them.
    request = PaymentRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    request.project = Project.objects.select_for_update(of=("self",)).get(pk=request.project_id)
    raise_if(already_sent(request))
    for name, value in facts.items():
        setattr(request, name, value)
    request.sources.all().delete()
    save_request(sign(request, by, reason))
    return request


def save_request(request: PaymentRequest) -> None:
    """With the project's row locked."""
    raise_if(project_is_approved(request))
    take_payee(request)
    raise_if(same_draft(request))
    shares = charge(request.project, request.amount)
    request.full_clean()
    request.save()
    PaymentSource.objects.bulk_create(
        PaymentSource(request=request, allotment_id=allotment, amount=amount)
        for allotment, amount in shares.items()
    )


def take_payee(request: PaymentRequest) -> None:
    """The party of the contract is paid; where the project has one contract, it is that one."""
    by_contract = request.kind in PaymentRequest.BY_CONTRACT
    if by_contract and request.contract is None:
        request.contract = sole_contract(request.project)
    raise_if(without_contract(request))
    if request.contract:
        request.payee_name = request.contract.contractor_name
        request.payee_bank = request.contract.bank
        request.payee_account = request.contract.account
        request.contract_number = request.contract.number


@transaction.atomic
def attach_paper(*, request: PaymentRequest, by: User, facts: Mapping[str, Any]) -> PaymentPaper:
    """`facts` are the model's fields. Raises WrongRole, Refused when the request was sent in."""
    demand(by, APPLICANTS, request.division)
    request = PaymentRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    raise_if(already_sent(request))
    paper = PaymentPaper(request=request, recorded_by=by, **facts)
    paper.full_clean()
    paper.save(force_insert=True)
    return paper


@transaction.atomic
def strike_paper(*, paper: PaymentPaper, by: User) -> PaymentPaper:
    """划去: it no longer counts and can still be read."""
    demand(by, APPLICANTS, paper.request.division)
    request = PaymentRequest.objects.select_for_update(of=("self",)).get(pk=paper.request_id)
    raise_if(already_sent(request))
    paper = PaymentPaper.objects.select_for_update(of=("self",)).get(pk=paper.pk)
    if paper.struck_at is None:
        paper.struck_at, paper.struck_by = timezone.now(), by
        paper.save(update_fields=["struck_at", "struck_by"])
    return paper
