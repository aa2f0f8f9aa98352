"""开工, monthly progress typed for many projects, photos, quality checks."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from config.demo.photos import store_photo
from organizations.policies import Refused
from projects.models import Commencement, ProgressReport, QualityCheck
from projects.progress import report_progress
from tests import factories as make
from tests.cast import Cast
from tests.pages import queries_of
from tests.projects.contracting import under_way
from tests.projects.pages import enter, read, send


def test_a_month_of_several_projects(client: Client, cast: Cast) -> None:
    first, second, third = (under_way(cast) for _ in range(3))
    make.progress_report(cast, third, 10, 50_000)
    day, url = make.today().replace(day=1), "/progress/"
    page = read(enter(client, cast, "township_clerk"), url)
    assert all(project.name in page for project in (first, second, third))
    data = {f"p{third.pk}-percent": "10", f"p{third.pk}-invested": "50,000.00"}
    # One line is wrong, so none is saved, and what is typed stays.
    wrong = {
        **data,
        f"p{first.pk}-started_on": day.isoformat(), f"p{first.pk}-percent": "30",
        f"p{first.pk}-invested": "15万", f"p{second.pk}-percent": "101",
    }  # fmt: skip
    page = send(client, url, wrong, 200)
    assert "有 1 个项目需要更正" in page and "请先填开工日期" in page and "15万" in page
    assert ProgressReport.objects.count() == 1
    del wrong[f"p{second.pk}-percent"]
    send(client, url, wrong)
    report = ProgressReport.objects.get(project=first)
    assert (report.percent, report.invested) == (30, make.yuan(150_000))
    assert Commencement.objects.get(project=first).started_on == day
    assert not ProgressReport.objects.filter(project=second).exists()
    # Less than before asks for a word, also from the service.
    less = {f"p{third.pk}-percent": "10", f"p{third.pk}-invested": "40000"}
    assert "须写更正说明" in send(client, url, less, 200)
    send(client, url, {**less, f"p{third.pk}-correction": "上次误填"})
    page = read(client, f"/projects/{third.pk}/")
    assert "40,000.00" in page and "更正：上次误填" in page and "无照片" in page
    assert "没有填写任何一行" in send(client, url, {}, 400)
    read(enter(client, cast, "auditor"), url, 403)
    assert first.name not in read(enter(client, cast, "other_township_clerk"), url)


def test_photos_prove_one_month(client: Client, cast: Cast) -> None:
    report = make.progress_report(cast, under_way(cast))
    other = make.progress_report(cast, under_way(cast))
    photo = store_photo("工地", division=cast.village, by=cast["township_clerk"])
    enter(client, cast, "township_clerk")
    send(client, f"/progress/{report.pk}/photos/", {"photos": [photo]})
    assert "不能重复使用" in send(client, f"/progress/{other.pk}/photos/", {"photos": [photo]}, 200)
    assert "1 张" in read(client, f"/projects/{report.project_id}/")
    read(enter(client, cast, "other_township_clerk"), f"/progress/{report.pk}/photos/", 404)


def test_months_follow_each_other(cast: Cast) -> None:
    project = under_way(cast)
    month = make.today().replace(day=1)
    facts = {"percent": 10, "invested": make.yuan(1)}
    by = cast["project_clerk"]
    with pytest.raises(Refused, match="还没有登记开工日期"):
        report_progress(project=project, month=month, by=by, facts=facts)
    make.progress_report(cast, project)
    earlier = (month.replace(day=1) - dt.timedelta(days=1)).replace(day=1)
    with pytest.raises(Refused, match="早于开工"):
        report_progress(project=project, month=earlier, by=by, facts=facts)
    later = (month + dt.timedelta(days=40)).replace(day=1)
    with pytest.raises(Refused, match="还没有到"):
        report_progress(project=project, month=later, by=by, facts=facts)


def test_quality_checks(client: Client, cast: Cast) -> None:
    project = under_way(cast)
    url = f"/projects/{project.pk}/quality-checks/new/"
    enter(client, cast, "township_clerk")
    facts = {"checked_on": make.today().isoformat(), "checked_by": "监理单位", "found": "查看基础"}
    assert "须定整改期限" in send(client, url, {**facts, "problem": "开裂"}, 200)
    send(client, url, {**facts, "problem": "开裂", "rectify_by": make.today().isoformat()})
    check = QualityCheck.objects.get()
    assert "未整改" in read(client, f"/projects/{project.pk}/")
    done = {"rectified_on": make.today().isoformat(), "rectification": "已修补"}
    send(client, f"/quality-checks/{check.pk}/rectify/", done)
    assert "已修补" in read(client, f"/projects/{project.pk}/")
    assert "没有重复登记" in read(client, f"/quality-checks/{check.pk}/rectify/", 409)
    read(enter(client, cast, "auditor"), url, 403)


def test_the_page_takes_the_same_queries_for_one_and_for_five(client: Client, cast: Cast) -> None:
    enter(client, cast, "township_clerk")
    counts = []
    for wanted in (1, 4):
        while ProgressReport.objects.count() < wanted:
            make.progress_report(cast, under_way(cast))
        counts.append(len(queries_of(client, "/progress/")))
    assert counts[0] == counts[1] <= 20
