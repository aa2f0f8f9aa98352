"""The rows of one payment, and of one receipt, as somebody would write them by hand in SQL.

Statement by statement, each a round trip, run by pgbench; no rule is asked but the constraints
of the tables.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from psycopg import Connection

from bench.volume import Ground
from config.launch.binaries import find_binaries
from config.launch.environment import VENV, site_packages

# pgbench replaces :name also between quotes. `n` counts a client's own transactions.
TURN = "\\set n :n + 1\n\\set id :first + :client_id + (:n - 1) * :clients\n"
BOOK = (
    "SELECT sequence, head, balance FROM funds_book WHERE county_id = {county} FOR UPDATE \\gset\n"
)
NUMBER = """\
UPDATE funds_numberseries SET last_number = last_number + 1
 WHERE county_id = {county} AND year = extract(year FROM current_date) RETURNING last_number \\gset
"""
VOUCHER = """\
INSERT INTO funds_voucher (county_id, year, number, sequence, kind, key, body_digest, occurred_on,
 posted_at, total, balance_after, memo, document, counterparty, evidence, by_id, post_id, by_name,
 by_unit, by_title, decision_id, hash_version, previous_digest, digest)
 VALUES ({county}, extract(year FROM current_date), :last_number, :sequence + 1, '{kind}',
 '{key}', encode(sha256('{kind} :id'), 'hex'), current_date, clock_timestamp(), :amount,
 :balance {sign} :amount, '手写', '', '', '{{}}', {by}, {post}, '{name}', '{unit}', '{title}',
 {decision}, 1, ':head', encode(sha256(convert_to('{county} :last_number :sequence {kind} :id '
 ':amount :balance {name} {unit} {title} :head', 'UTF8')), 'hex'))
 RETURNING id AS voucher, digest \\gset
"""
ENTRY = """\
INSERT INTO funds_entry (voucher_id, line, source_id, destination_id, amount)
 VALUES (:voucher, 1, :source, :destination, :amount);
UPDATE funds_book SET sequence = :sequence + 1, head = ':digest', balance = :balance {sign} :amount,
 last_posted_at = clock_timestamp() WHERE county_id = {county};
"""
MOVE = """\
UPDATE funds_account SET balance = balance - :amount WHERE id = :source;
UPDATE funds_account SET balance = balance + :amount WHERE id = :destination;
"""
HISTORY = """\
INSERT INTO projects_historicalpaymentrequest ({columns}, history_date, history_type)
 SELECT {columns}, now(), '~' FROM projects_paymentrequest WHERE id = :id;
"""
PAYMENT = """\
BEGIN;
SELECT r.amount, r.division_id AS division, p.earmark_id AS earmark, s.allotment_id AS allotment
  FROM projects_paymentrequest r JOIN projects_project p ON p.id = r.project_id
  JOIN projects_paymentsource s ON s.request_id = r.id WHERE r.id = :id FOR UPDATE OF r \\gset
INSERT INTO approvals_decision (subject_type, subject_id, subject_title, division_id, cases,
 action, action_label, duty, from_status, to_status, by_id, post_id, by_name, by_unit, by_title,
 comment, opinions, amount, evidence, at, transaction_id, body_digest)
 VALUES ('projects.paymentrequest', :id, '手写', :division,
 ARRAY['payment:' || :id, 'project:' || :earmark], 'pay', '支付', 'pay', 'payment', 'paid',
 {by}, {post}, '{name}', '{unit}', '{title}', '', '[]', :amount, '{{}}', now(),
 pg_current_xact_id()::text::bigint, '') RETURNING id AS decision \\gset
UPDATE projects_paymentrequest SET status = 'paid', status_since = now() WHERE id = :id;
{history}{book}SELECT id AS source FROM funds_account
 WHERE allotment_id = :allotment AND earmark_id = :earmark AND kind = 'released' \\gset
SELECT id AS destination FROM funds_account
 WHERE allotment_id = :allotment AND earmark_id = :earmark AND kind = 'paid' \\gset
{move}{number}{voucher}{entry}UPDATE projects_paymentrequest SET pay_voucher_id = :voucher
 WHERE id = :id;
{history_again}{copies}COMMIT;
"""
COPY = "INSERT INTO approvals_carboncopy (decision_id, user_id) VALUES (:decision, {copied});\n"
RECEIPT = "BEGIN;\n\\set amount 1\n{book}{move}{number}{voucher}{entry}COMMIT;\n"


def actor(connection: Connection[Any], role: str, county: int) -> dict[str, Any]:
    row = connection.execute(
        "SELECT u.id, p.id, u.real_name, o.name, p.title FROM organizations_post p"
        " JOIN organizations_user u ON u.id = p.user_id JOIN organizations_organization o"
        " ON o.id = p.organization_id WHERE p.role = %s AND o.division_id = %s",
        [role, county],
    ).fetchone()
    assert row is not None
    return dict(zip(("by", "post", "name", "unit", "title"), row, strict=True))


def payment_script(
    connection: Connection[Any], ground: Ground, *, histories: int, copies: int
) -> str:
    """Writes as many history rows and copies as the service was seen to write."""
    facts = actor(connection, "treasury_clerk", ground.county) | {"county": ground.county}
    facts |= {"kind": "pay", "key": "hand-:decision", "sign": "-", "decision": ":decision"}
    columns = connection.execute(
        "SELECT string_agg(quote_ident(a.column_name), ', ') FROM information_schema.columns a"
        " JOIN information_schema.columns b USING (column_name, table_schema)"
        " WHERE a.table_name = 'projects_paymentrequest'"
        " AND b.table_name = 'projects_historicalpaymentrequest' AND table_schema = 'public'"
    ).fetchone()
    assert columns is not None
    history = HISTORY.format(columns=columns[0])
    return TURN + PAYMENT.format(
        **facts,
        history=history if histories > 1 else "",
        history_again=history if histories else "",
        copies=COPY.format(copied=facts["by"]) if copies else "",
        book=BOOK.format(**facts),
        move=MOVE,
        number=NUMBER.format(**facts),
        voucher=VOUCHER.format(**facts),
        entry=ENTRY.format(**facts),
    )


def receipt_script(connection: Connection[Any], ground: Ground) -> str:
    facts = actor(connection, "finance_clerk", ground.county) | {"county": ground.county}
    facts |= {"kind": "receive", "key": "hand-receipt-:id", "sign": "+", "decision": "NULL"}
    accounts = dict(
        connection.execute(
            "SELECT kind, id FROM funds_account WHERE allotment_id = %s AND earmark_id IS NULL",
            [ground.allotments[1]],
        ).fetchall()
    )
    known = f"\\set source {accounts['outside']}\n\\set destination {accounts['pool']}\n"
    return (
        known
        + TURN
        + RECEIPT.format(
            book=BOOK.format(**facts),
            move=MOVE,
            number=NUMBER.format(**facts),
            voucher=VOUCHER.format(**facts),
            entry=ENTRY.format(**facts),
        )
    )


def run_pgbench(script: str, *, clients: int, transactions: int, first: int) -> float:
    """Transactions per second. RuntimeError with pgbench's words when one of them failed."""
    program = find_binaries(site_packages(VENV)).postgres / "pgbench"
    url = os.environ.get("SUPERUSER_DATABASE_URL") or os.environ["OWNER_DATABASE_URL"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.sql"
        path.write_text(script, encoding="utf-8")
        variables = ["-Dn=0", f"-Dfirst={first}", f"-Dclients={clients}"]
        answer = subprocess.run(
            [program, "-n", "-f", path, f"-c{clients}", f"-j{min(clients, 4)}", *variables,
             f"-t{transactions // clients}", url],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    speed = re.search(r"tps = ([\d.]+)", answer.stdout)
    if answer.returncode or not speed:
        raise RuntimeError(f"pgbench：{answer.stderr[-800:]}{answer.stdout[-300:]}")
    return float(speed[1])
