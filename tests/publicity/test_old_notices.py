"""What was recorded of notices before contents and photos were kept comes over whole."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from pytest_django.plugin import DjangoDbBlocker

from config.launch.home import ROOT
from publicity.models import Notice, NoticeType, Posting, TakeDown
from publicity.reference_data import load_notice_types
from tests.databases import (
    ROLES_SQL,
    address,
    cloned_database,
    default_database,
    owner_connection,
)

BEFORE = ("publicity", "0002_rules")
POSTED = dt.date(2025, 3, 3)


def migrate(database: str, *target: str) -> None:
    urls = {v: address(v, database) for v in ("DATABASE_URL", "OWNER_DATABASE_URL")}
    answer = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0", *target],
        cwd=ROOT, env=os.environ | urls, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr


@pytest.fixture
def earlier(django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database as it stood before notices had versions."""
    with cloned_database("template1") as name:
        with owner_connection(name) as inside:
            inside.execute(ROLES_SQL.read_bytes())
        migrate(name, "funds")
        migrate(name, *BEFORE)
        with django_db_blocker.unblock():
            yield name


def old_rows() -> None:
    """Two rounds of one project, the first of them hung twice; one notice still hangs."""
    apps = MigrationLoader(connection).project_state([BEFORE]).apps
    project, user = old_project(apps.get_model)
    notices = apps.get_model("publicity", "Notice").objects
    common = {"project": project, "place": "村委会公示栏", "posted_by_unit": "下岔河村村民委员会",
              "hotline": "0996-0000000、12317", "recorded_by": user}  # fmt: skip
    over = {"taken_down_on": POSTED + dt.timedelta(days=12), "ended_by": user}
    notices.create(**common, **over, round=1, posted_on=POSTED, objections=2, outcome="已当面说明")
    notices.create(**common, **over, round=1, posted_on=POSTED, objections=0)
    notices.create(**common, round=2, posted_on=POSTED)


def old_project(model: Any) -> tuple[Any, Any]:
    divisions = model("organizations", "Division").objects
    county = divisions.create(
        code="652826000000", name="焉耆县", level="county", path="652826000000/"
    )
    village = divisions.create(
        code="652826102200", name="下岔河村", level="village", parent=county,
        path="652826000000/652826102200/",
    )  # fmt: skip
    user = model("organizations", "User").objects.create(username="village_cadre", real_name="吴春")
    unit = model("organizations", "Organization").objects.create(
        name="县扶贫办", kind="project_department", division=county
    )
    type_ = model("projects", "ProjectType").objects.create(
        code="B0103", name="加工", regime="衔接", valid_from=POSTED
    )
    mark = model("funds", "Earmark").objects.create(county=county, code="1", title="库房")
    day = POSTED
    project = model("projects", "Project").objects.create(
        code="1", county=county, division=village, earmark=mark, name="库房", year=2025, type=type_,
        department=unit, implementing_unit="永宁镇", leader_name="杨岳", leader_title="副县长",
        owner_name="冯冬", owner_title="镇长", planned_start=day, planned_end=day, content="库房",
        total_investment=1, requested_amount=1, causes="", resources="", funding="", needs="",
        proposed_by=user,
    )  # fmt: skip
    return project, user


@pytest.mark.slow
def test_old_notices_become_versions_postings_and_take_downs(earlier: str) -> None:
    with default_database(earlier):
        old_rows()
        migrate(earlier)
        first, again, second = Notice.objects.order_by("id")
        year = dt.date.today().year
        assert [n.number for n in (first, again, second)] == [
            f"652826-{year}-公示-0001", f"652826-{year}-公示-0001", f"652826-{year}-公示-0002",
        ]  # fmt: skip
        assert [n.type.code for n in (first, again, second)] == ["N01", "N01", "N02"]
        assert (first.version, again.version, again.supersedes) == (1, 2, first)
        assert all(n.is_migrated and n.is_intact for n in (first, again, second))
        assert first.text_of("监督举报电话") == "0996-0000000、12317"
        assert second.standing == "公示期满" and second.published_by.real_name == "吴春"
        posting = Posting.objects.get(notice=first)
        assert (posting.posted_on, posting.near_photo, posting.far_photo) == (POSTED, "", "")
        assert posting.ends_on == POSTED + dt.timedelta(days=10)
        assert posting.take_down.note == "收到异议 2 件。已当面说明"
        assert TakeDown.objects.count() == 2
        load_notice_types()
        assert NoticeType.objects.filter(code="N01").count() == 1
