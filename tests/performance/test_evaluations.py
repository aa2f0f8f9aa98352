"""自评 to 结果应用: points computed, looked at again, drawn for a check, used and followed up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from psycopg import errors

from approvals.workflow import ConditionUnmet, workflow_of
from organizations.models import Parameter, Post
from organizations.policies import Refused
from performance.evaluating import write_evaluation
from performance.models import Evaluation, ResultUse, ResultUseKind, SampleDraw, SampleFrame, Score
from performance.sampling import draw_sample, prepare_sample
from performance.summaries import past_results, summary
from projects.models import Project
from tests import factories as make
from tests.cast import Cast
from tests.databases import app_connection
from tests.lives import unruled
from tests.pages import queries_of
from tests.performance import performing
from tests.performance.test_scoring import recompute
from tests.plain_sql import commit_rules, take_step
from tests.projects.pages import BACKEND, enter, read, send


def typed(cast: Cast, project: Project, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"year": 2025, **performing.CHAPTERS}
    sheet = performing.paper(cast)
    for line in performing.approved(project).lines.all():
        found |= {f"actual_{line.pk}": line.value, f"papers_{line.pk}": sheet}
    return {**found, **changes}


def test_a_year_is_evaluated_and_reviewed(client: Client, cast: Cast) -> None:
    project = make.approved_project(cast)
    lines = {line.aspect: line for line in performing.approved(project).lines.all()}
    url, quality = f"/projects/{project.pk}/evaluations/new/", lines["QUA"]
    enter(client, cast, "township_clerk")
    read(client, url)
    assert "2099 年尚未开始" in send(client, url, typed(cast, project, year=2099), 200)
    assert "早于项目年度 2025" in send(client, url, typed(cast, project, year=2024), 200)
    less = {f"actual_{quality.pk}": "80"}
    page = send(client, url, typed(cast, project, **less), 200)
    assert "未达标的，写明偏差原因" in page
    assert "必填" in send(client, url, typed(cast, project, organized=""), 200)
    send(client, url, typed(cast, project, **less, **{f"cause_{quality.pk}": "返工一段"}))
    found = Evaluation.objects.get()
    # 50 / 4 lines = 12.50 each; the quality 80 %; nothing was paid in 2025.
    assert {s.line.aspect: str(s.score) for s in found.scores.select_related("line")} == {
        "QTY": "12.50", "QUA": "10.00", "TIM": "12.50", "CST": "12.50", "SOC": "30.00",
        "SAT": "10.00",
    }  # fmt: skip
    assert (str(found.execution_score), str(found.self_total)) == ("0.00", "87.50")
    assert found.self_grade == "good"
    again = typed(cast, project, **less, **{f"cause_{quality.pk}": "返工"})
    assert "本年度已有绩效自评" in send(client, url, again, 200)
    before = Evaluation.objects.get()
    make.do(found, "submit", cast, "township_clerk")
    with pytest.raises(Refused, match="自评已送审，不能改动"):  # read before it was sent in
        write_evaluation(
            project=project, by=cast["township_clerk"], year=2025, facts=performing.CHAPTERS,
            reached=[], evaluation=before,
        )  # fmt: skip
    score = found.scores.get(line=quality)
    enter(client, cast, "project_reviewer")
    act = f"/act/performance.evaluation/{found.pk}/review/"
    step = {"seen_status": "review", "comment": "抽看现场"}
    step |= {f"actual_{s.pk}": str(s.actual) for s in found.scores.all()}
    page = send(client, act, {**step, f"actual_{score.pk}": "40"}, 422)
    assert "得分由 10.00 改为 5.00，须写明说明" in page
    send(client, act, {**step, f"actual_{score.pk}": "40", f"note_{score.pk}": "验收只过四成"})
    found.refresh_from_db()
    assert (str(found.review_total), found.review_grade) == ("82.50", "good")
    commit_rules()
    page = read(client, f"/evaluations/{found.pk}/print/")
    assert "验收只过四成" in page and "五、结果拟应用和公开情况" in page
    for rows in (Score.objects.filter(pk=score.pk), Evaluation.objects.filter(pk=found.pk)):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()


def test_a_year_without_rules_is_told_at_its_field(client: Client, cast: Cast) -> None:
    project = make.approved_project(cast)
    with unruled():
        Parameter.objects.filter(key="perf.grade.fair").update(valid_from="2026-01-01")
    enter(client, cast, "township_clerk")
    page = send(client, f"/projects/{project.pk}/evaluations/new/", typed(cast, project), 200)
    assert "2025 年没有评价规则" in page


def test_a_result_is_used_followed_up_and_told_to_who_ranks(client: Client, cast: Cast) -> None:
    project = make.approved_project(cast)
    found = performing.reviewed(cast, performing.evaluation(cast, project, "0.5"))
    assert found.final_grade == "poor"
    performing.cleared(cast, found)
    enter(client, cast, "finance_reviewer")
    act = f"/act/performance.evaluation/{found.pk}/apply/"
    kinds = {kind.code: kind.pk for kind in ResultUseKind.objects.all()}
    step = {"seen_status": "result_use", "comment": "按办法", "detail": "调减下年资金",
            "due_on": make.today()}  # fmt: skip
    page = send(client, act, {**step, "kinds": [kinds["E"]]}, 422)
    assert "默认应用“D 限期整改、J 移交追责”，不采用的写明理由" in page
    assert "请填写调减或收回的金额" in page
    chosen = {**step, "kinds": [kinds["D"], kinds["E"]], "waived": "未发现违纪"}
    send(client, act, {**chosen, "amount": "5万"})
    commit_rules()
    use = ResultUse.objects.get(kind__code="E")
    assert use.amount == make.yuan(50_000)
    assert use.detail == "调减下年资金；不采用默认应用的理由：未发现违纪"
    enter(client, cast, "project_clerk")
    done = f"/result-uses/{use.pk}/done/"
    assert "处需要更正" in send(client, done, {"done_on": make.today(), "note": "已调减"}, 200)
    facts = {"done_on": make.today(), "note": "已调减", "papers": performing.paper(cast)}
    send(client, done, facts)
    send(client, done, facts, 409)
    next_year = make.draft_project(cast, "下岔河村二期项目")
    Project.objects.filter(pk=next_year.pk).update(year=2026)
    next_year.refresh_from_db()
    told = str(past_results([next_year, project])[next_year.pk])
    assert "2025 年绩效评价 1 个" in told and "调减或收回资金 50,000.00 元" in told
    assert past_results([project]) == {}
    enter(client, cast, "project_reviewer")
    assert "调减或收回资金 50,000.00 元" in read(client, "/library/?stage=reserve")
    read(client, f"/projects/{project.pk}/")


def test_what_was_drawn_is_checked_before_it_is_used(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    found = performing.reviewed(cast, performing.evaluation(cast))
    with pytest.raises(ConditionUnmet, match="焉耆回族自治县2025年度抽查名单尚未固定") as unmet:
        performing.used(cast, found)
    assert unmet.value.refusal.who_can_clear == "财政合规审查人（固定名单）"
    enter(client, cast, "finance_reviewer")
    wanted = {"county": cast.county.pk, "year": 2019, "seed_source": "彩票"}
    page = send(client, "/samples/new/", {**wanted, "draw_on": make.today()}, 200)
    assert "须在今天之后，种子不能在固定名单前已知" in page
    tomorrow = make.today() + performing.TOMORROW
    page = send(client, "/samples/new/", {**wanted, "draw_on": tomorrow}, 409)
    assert "没有复评过的项目" in page
    with pytest.raises(DatabaseError, match="抽取日期须在固定名单之后"), transaction.atomic():
        prepare_sample(
            county=cast.county, year=2025, seed_source="彩票", draw_on=make.today(),
            by=cast["finance_reviewer"],
        )  # fmt: skip
    frame = performing.frame(cast)
    with pytest.raises(Refused, match=f"抽取日期为 {tomorrow}"):
        draw_sample(frame=frame, seed="1", by=cast["finance_reviewer"])
    frame = performing.due(frame)
    with pytest.raises(ConditionUnmet, match="尚未抽取"):
        performing.used(cast, found)
    with pytest.raises(DatabaseError, match="抽中名单与种子不符"), transaction.atomic():
        SampleDraw.objects.create(
            frame=frame, seed="1", picked=[], drawn_by=cast["finance_reviewer"]
        )
    send(client, f"/samples/{frame.pk}/draw/", {"seed": "04 11 19"})
    frame = SampleFrame.objects.get()
    with pytest.raises(Refused, match="已按种子 04 11 19 抽取"):
        draw_sample(frame=frame, seed="05", by=cast["finance_reviewer"])
    with pytest.raises(ConditionUnmet, match="尚未登记抽查结果"):
        performing.used(cast, found)
    file = tmp_path / "list.txt"
    file.write_bytes(client.get(f"/samples/{frame.pk}/list.txt").content)
    assert recompute(file).returncode == 0
    assert "04 11 19" in read(client, f"/samples/{frame.pk}/")
    check = f"/evaluations/{found.pk}/check/"
    facts = {"total": "58.5", **performing.CHECKED}
    other = performing.colleague(cast)
    client.force_login(other, backend=BACKEND)
    assert "处需要更正" in send(client, check, {**facts, "total": "101"}, 200)
    send(client, check, {**facts, "papers": performing.paper(cast)})
    found = Evaluation.objects.get()
    assert found.final_total == make.yuan("58.50")
    assert found.final_grade == "poor"
    with pytest.raises(ConditionUnmet, match="抽查结果由您登记，不能再由您决定结果应用"):
        workflow_of(found).demand(found, "apply", other)
    performing.used(cast, found)
    commit_rules()


def test_sums_by_department_township_type_and_year(client: Client, cast: Cast) -> None:
    project = make.approved_project(cast)
    found = performing.reviewed(cast, performing.evaluation(cast, project))
    performing.used(cast, performing.cleared(cast, found))
    next_one = performing.evaluation(cast, project, "0.5", year=2026)
    assert next_one.status == "draft"
    *_, total = summary(cast["auditor"], "township")
    assert (str(total.average), total.by_grade()) == ("90.00", [1, 0, 0, 0])
    make.do(next_one, "submit", cast, "township_clerk")  # and has no result yet
    *_, total = summary(cast["auditor"], "township")
    assert (total.projects, total.evaluated, str(total.rate)) == (1, 1, "100.00")
    assert (str(total.average), total.by_grade()) == ("90.00", [1, 0, 0, 0])
    enter(client, cast, "auditor")
    few = len(queries_of(client, "/performance/summary/"))
    make.determined_project(cast, 1000, project.sources.get().allotment)
    assert len(queries_of(client, "/performance/summary/")) == few
    for by, words in (
        ("township", "永宁镇"),
        ("type", "配套设施"),
        ("year", "2025"),
        ("department", "扶贫"),
    ):
        assert words in read(client, f"/performance/summary/?by={by}")
    sheet = b"".join(client.get("/performance/summary/export/?by=year&format=csv"))
    assert "2025,2,2,1,50.00" in sheet.decode("utf-8-sig")
    assert client.get("/performance/summary/export/").status_code == 200


def test_plain_sql_gives_no_better_grade(committed_cast: Cast) -> None:
    cast = committed_cast
    project = make.approved_project(cast)
    found = performing.reviewed(cast, performing.evaluation(cast, project, share="0.5"))
    with app_connection(connection.settings_dict["NAME"]) as app:
        for statement in (
            "UPDATE performance_evaluation SET review_total = 99",
            "UPDATE performance_evaluation SET self_grade = 'excellent'",
            "UPDATE performance_score SET review_score = points",
            "DELETE FROM performance_score",
            "UPDATE performance_resultusekind SET default_grades = ''",
            "INSERT INTO performance_resultuse (evaluation_id, kind_id, detail, amount, due_on)"
            " SELECT e.id, k.id, 'x', 0, now() FROM performance_evaluation e,"
            " performance_resultusekind k WHERE k.code = 'A'",
        ):
            with pytest.raises(errors.DatabaseError):
                app.execute(statement.encode())
        with pytest.raises(errors.DatabaseError, match="没有结果应用"):
            use_it(app, found, cast.post("finance_reviewer"), also=())
        with pytest.raises(errors.DatabaseError, match="本年度抽查名单尚未固定"):
            use_it(app, found, cast.post("finance_reviewer"))
        assert SampleFrame.objects.count() == 0
        drafted = performing.evaluation(cast, project, year=2026)
        for falsely in (
            "UPDATE performance_evaluation SET budget = budget * 2 WHERE id = %(pk)s",
            "UPDATE performance_evaluation SET execution_score = 10, self_total = self_total + 10"
            " WHERE id = %(pk)s",
        ):
            with pytest.raises(errors.DatabaseError, match="总分、资金数不符"):
                send_it_in(app, drafted, cast.post("township_clerk"), also=(falsely,))
        send_it_in(app, drafted, cast.post("township_clerk"))
        with pytest.raises(errors.CheckViolation, match="score_reviewed_within_points"):
            app.execute(
                "UPDATE performance_score SET review_score = points + 1, review_note = 'x'"
                " WHERE evaluation_id = %s",
                [drafted.pk],
            )
        performing.cleared(cast, found)
        checker = performing.colleague(cast).posts.get()
        with pytest.raises(errors.DatabaseError, match="登记抽查结果的人不能决定结果应用"):
            use_it(app, found, checker)
        use_it(app, found, cast.post("finance_reviewer"))
    assert Evaluation.objects.get(pk=found.pk).status == "closed"


USE = """
    INSERT INTO performance_resultuse (evaluation_id, kind_id, detail, amount, due_on)
    SELECT %(pk)s, k.id, 'x', 0, now() FROM performance_resultusekind k WHERE k.code = 'D'
"""


def use_it(app: Any, found: Evaluation, post: Post, also: Sequence[str] = (USE,)) -> None:
    take_step(app, found, "apply", duty="sign", to="closed", post=post, also=also)


def send_it_in(app: Any, found: Evaluation, post: Post, also: Sequence[str] = ()) -> None:
    take_step(app, found, "submit", duty="fill_in", to="review", post=post, also=also)
