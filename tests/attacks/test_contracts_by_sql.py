"""Plain SQL of the application's role pays nobody but the party of a contract, and nothing above
what the contract, its retention money and the plan leave."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from psycopg import errors

from projects.models import Contract, PaymentRequest, ProgressReport, Project
from tests import factories as make
from tests.cast import Cast
from tests.databases import app_connection, at_once
from tests.plain_sql import take_step
from tests.projects.contracting import K, accept, ask, contracted

STATEMENTS = (
    "UPDATE projects_paymentrequest SET payee_account = '3000000009'",
    "UPDATE projects_paymentrequest SET payee_name = '别的公司'",
    "UPDATE projects_paymentrequest SET contract_id = NULL",
    "INSERT INTO projects_paymentrequest (status, status_since, kind, amount, payee_name,"
    " payee_bank, payee_account, contract_number, invoice_number, progress, households, basis,"
    " requested_at, requested_by_id, project_id, division_id, number, contract_id)"
    " SELECT status, status_since, kind, amount + 1, '别的公司', payee_bank, payee_account,"
    " contract_number, '', progress, households, basis, requested_at, requested_by_id,"
    " project_id, division_id, 'x', contract_id FROM projects_paymentrequest LIMIT 1",
    "UPDATE projects_contract SET price = 550000.01",
    "UPDATE projects_contract SET account = '3000000009'",
    "UPDATE projects_contract SET retention_percent = 0",
    "UPDATE projects_contract SET papers = '{}'",
    "UPDATE projects_contract SET cancelled_at = now(), cancelled_by_id = recorded_by_id,"
    " cancel_reason = 'x'",
    "DELETE FROM projects_contract",
    "TRUNCATE projects_contract CASCADE",
    "UPDATE projects_historicalcontract SET price = 1",
    "UPDATE projects_procurementway SET is_bidding = true",
    "UPDATE projects_commencement SET started_on = '2025-01-01'",
    "UPDATE projects_progressreport SET invested = 1, correction = ''",
    "UPDATE projects_progressreport SET percent = 101",
    "UPDATE projects_progressreport SET photos = '{x}', project_id = project_id + 1",
    "DELETE FROM projects_progressreport",
    "UPDATE projects_qualitycheck SET problem = 'x'",
    "DELETE FROM projects_qualitycheck",
)


def submit_by_sql(cast: Cast, request: PaymentRequest) -> None:
    post = cast.post("township_clerk")
    with app_connection(connection.settings_dict["NAME"]) as app:
        take_step(app, request, "submit", duty="apply", to="township_review", post=post)


def test_what_is_recorded_stands_and_the_caps_hold(committed_cast: Cast) -> None:
    cast = committed_cast
    contract = contracted(cast, price=make.yuan(450_000))
    project = contract.project
    make.progress_report(cast, project)
    make.quality_problem(cast, project)
    sent = ask(cast, project, K.PROGRESS, 400_000)
    make.do(sent, "submit", cast, "township_clerk")
    draft = ask(cast, project, K.PROGRESS, 36_501)
    before = Contract.objects.values().get(), ProgressReport.objects.values().get()
    with app_connection(connection.settings_dict["NAME"]) as app:
        for statement in STATEMENTS:
            with pytest.raises(errors.DatabaseError):
                app.execute(statement.encode())
    assert (Contract.objects.values().get(), ProgressReport.objects.values().get()) == before
    with pytest.raises(errors.DatabaseError, match=r"须留质保金 13,500\.00"):
        submit_by_sql(cast, draft)
    for kind, amount, message in (
        (K.RETENTION, "1000", "质保期未满"),
        (K.FINAL, "50000.01", "超过合同可支付的"),
        (K.MANAGEMENT, "10000.01", "项目管理费"),
    ):
        with pytest.raises(errors.DatabaseError, match=message):
            submit_by_sql(cast, ask(cast, project, kind, amount))
    submit_by_sql(cast, ask(cast, project, K.ADVANCE, 36_500))


def test_the_last_retention_money_is_asked_for_once(committed_cast: Cast) -> None:
    """Two requests sent in at once on two connections, past the program: one waits for the other
    and finds nothing left. Then two hands release the one: one voucher."""
    cast = committed_cast
    project = contracted(cast).project
    accept(cast, project, dt.date(2024, 1, 1))
    requests = [ask(cast, project, K.RETENTION, amount) for amount in (15_000, 14_999)]
    outcomes = at_once(2, lambda i: submit_by_sql(cast, requests[i]))
    assert sorted(type(o).__name__ for o in outcomes) == ["DatabaseError", "NoneType"]
    winner = PaymentRequest.objects.get(status="township_review")
    for action, who in make.PAYMENT_STEPS[1:-2]:
        make.do(winner, action, cast, who)

    def release(_: int) -> None:
        request = PaymentRequest.objects.get(pk=winner.pk)
        make.do(request, "release", cast, "finance_head")

    assert sum(o is None for o in at_once(2, release)) == 1
    assert Project.objects.get().earmark.accounts.get(kind="released").balance == winner.amount
