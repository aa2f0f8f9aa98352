"""Money before its notice: a warning is shown, nothing is held up."""

from __future__ import annotations

import pytest
from django.test import Client

from projects.models import PaymentRequest, Project
from publicity.policies import warnings_of
from tests import factories as make
from tests.cast import Cast
from tests.projects.pages import enter, read
from tests.publicity.hanging import post, published

K = PaymentRequest.Kind


def words(payment: PaymentRequest) -> list[str]:
    return [warning.reason for warning in warnings_of(payment)]


def announce(cast: Cast, project: Project, code: str = "N08") -> None:
    notice = published(cast, project, code, who="township_clerk")
    post(cast, notice, by=cast["township_clerk"], place="项目实施地")


def test_the_first_payment_without_a_notice_before_the_works(client: Client, cast: Cast) -> None:
    payment = make.payment_at(cast, "department_review")
    assert words(payment) == ["项目没有登记张贴项目实施前公示"]
    enter(client, cast, "project_reviewer")
    url = payment.get_absolute_url()
    for page in (url, f"/act/projects.paymentrequest/{payment.pk}/approve/"):
        shown = read(client, page)
        assert "项目没有登记张贴项目实施前公示" in shown and "本提示不影响办理" in shown
    make.do(payment, "approve", cast, "project_reviewer")
    announce(cast, payment.project)
    assert words(payment) == []
    assert "没有登记张贴" not in read(client, url)


def test_published_but_not_posted_is_not_announced(cast: Cast) -> None:
    payment = make.payment_at(cast, "draft")
    published(cast, payment.project, "N08", who="township_clerk")
    assert words(payment) == ["项目没有登记张贴项目实施前公示"]


def test_a_later_payment_is_not_warned_of_it_any_more(cast: Cast) -> None:
    paid = make.payment_at(cast, "paid")
    assert words(paid) == []
    later = make.draft_payment(cast, Project.objects.get(pk=paid.project_id), 1000)
    assert words(later) == []


@pytest.mark.parametrize("kind", [K.FINAL, K.RETENTION])
def test_the_last_payments_without_a_notice_of_completion(cast: Cast, kind: str) -> None:
    payment = make.payment_at(cast, "draft")
    announce(cast, payment.project)
    payment.kind = kind
    assert words(payment) == ["项目没有登记张贴竣工公告"]
    assert warnings_of(payment)[0].clause == ""
