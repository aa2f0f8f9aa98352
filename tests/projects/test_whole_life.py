"""One project from the village to the archive, each step by the person whose step it is."""

from decimal import Decimal

from approvals.models import Decision
from funds.models import Allotment, Book, Earmark, Voucher
from performance.models import Target
from projects.models import PaymentRequest, Project, ProjectPlace, WorkItem
from projects.queries import Figures, figures_by_project
from tests import factories as make
from tests import finishing
from tests.assets import registering
from tests.cast import Cast
from tests.plain_sql import commit_rules


def test_a_project_goes_the_whole_way_and_the_money_with_it(cast: Cast) -> None:
    request = make.payment_at(cast, "paid", 400_000)
    project = Project.objects.get(pk=request.project_id)
    figures = figures_by_project([project])[project.earmark_id]
    assert figures == Figures(make.yuan(500_000), make.yuan(400_000), make.yuan(400_000))
    finishing.complete(cast, project)
    finishing.rectify(cast, project)
    finishing.accept(cast, project)
    finishing.settle(cast, project, 400_000)
    registering.registered(cast, project)
    registering.close(cast, project)
    assert project.status == Project.Status.CLOSED
    assert Book.objects.get(county=cast.county).balance == Decimal("600000.00")
    kinds = list(Voucher.objects.order_by("sequence").values_list("kind", flat=True))
    assert kinds == ["receive", "allocate", "release", "pay", "recover"]
    assert list(Voucher.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5]
    # 25 steps of the two lives, one more signature, the office's check, targets sent in, examined
    # and approved, a plan sent in, approved and determined, two votes, a meeting opened and closed.
    assert Decision.objects.count() == 37
    commit_rules()
    stages = [(a.stage, a.number, a.conclusion) for a in project.acceptances.order_by("id")]
    assert stages == [
        ("preliminary", 1, "rectify"),
        ("preliminary", 2, "rectified"),
        ("final", 1, "rectified"),
    ]


def test_every_edit_says_who_made_it(cast: Cast) -> None:
    make.payment_at(cast, "paid")
    for model in (Project, PaymentRequest, ProjectPlace, WorkItem, Earmark, Allotment, Target):
        rows = model.history.all()
        assert rows, model
        assert not rows.filter(history_user__isnull=True), model


def test_taking_a_step_back_keeps_the_notice_and_the_clock(cast: Cast) -> None:
    project = make.submitted_project(cast)
    since = Project.objects.get(pk=project.pk).status_since
    make.do(project, "withdraw", cast, "village_cadre", comment="数字有误")
    assert project.status == Project.Status.VILLAGE_NOTICE
    assert project.status_since < since
    make.do(project, "submit", cast, "village_cadre")
