"""An adjustment was approved and committed: plain SQL of the application's role changes nothing
more, of it or of its project."""

from __future__ import annotations

import pytest
from django.db import connection
from psycopg import errors

from projects.models import Adjustment, Project
from tests import adjusting
from tests import factories as make
from tests.cast import Cast
from tests.databases import app_connection

FROM_ADJUSTMENTS = "FROM projects_adjustment a, funds_allotment t"
STATEMENTS = (
    "UPDATE projects_project SET content = '另一内容'",
    "UPDATE projects_project SET content = '新建库房一座，480平方米'",
    "UPDATE projects_project SET requested_amount = 1",
    "UPDATE projects_workitem SET quantity = 1",
    "DELETE FROM projects_projectplace",
    "INSERT INTO projects_projectsource (project_id, allotment_id, adjustment_id, amount)"
    f" SELECT a.project_id, t.id, a.id, 1 {FROM_ADJUSTMENTS}",
    "INSERT INTO projects_projectsource (project_id, allotment_id, adjustment_id, amount)"
    f" SELECT a.project_id, t.id, a.id, -1 {FROM_ADJUSTMENTS}",
    "INSERT INTO projects_projectsource (project_id, allotment_id, amount)"
    f" SELECT a.project_id, t.id, 1 {FROM_ADJUSTMENTS}",
    "UPDATE projects_projectsource SET amount = 1",
    "UPDATE projects_adjustment SET changes = '[]'",
    "UPDATE projects_adjustment SET money_change = 5, kinds = '{content,money}'",
    "UPDATE projects_adjustment SET status = 'draft'",
    "UPDATE projects_adjustment SET status = 'closed', published_on = '2025-01-01',"
    " published_where = 'x'",
    "DELETE FROM projects_adjustment",
    "TRUNCATE projects_adjustment CASCADE",
    "UPDATE projects_historicaladjustment SET reason = 'x'",
)


def test_what_was_approved_stands(committed_cast: Cast) -> None:
    cast = committed_cast
    project = make.approved_project(cast)
    adjusting.approve(cast, adjusting.draft(cast, project))
    before = Project.objects.values().get(), Adjustment.objects.values().get()
    assert "500平方米" in before[0]["content"]
    with app_connection(connection.settings_dict["NAME"]) as app:
        for statement in STATEMENTS:
            with pytest.raises(errors.DatabaseError):
                app.execute(statement.encode())
    assert (Project.objects.values().get(), Adjustment.objects.values().get()) == before
