"""抄送 to chosen colleagues, beside those whom the step itself names."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from approvals.decisions import COPIES_AT_MOST
from approvals.models import CarbonCopy, Decision
from approvals.office import ask_to_countersign
from approvals.queries import copied
from organizations.models import Organization, User
from organizations.policies import Refused
from projects.models import Project
from projects.workflow import PROJECT
from tests import factories as make
from tests import lives
from tests.api.conftest import caller
from tests.approvals.deputies import colleague
from tests.cast import Cast
from tests.pages import logged_in


def send_back(project: Project, cast: Cast, *names: str) -> Decision:
    return PROJECT.perform(
        project, "return", by=cast["township_reviewer"], comment="请补充预算",
        copy_to=[cast.users[name].pk for name in names],
    )  # fmt: skip


def told(decision: Decision) -> set[str]:
    return set(decision.copies.values_list("user__username", flat=True))


def test_chosen_ones_and_those_of_the_step_once_each(cast: Cast) -> None:
    project = make.submitted_project(cast)
    decision = send_back(project, cast, "auditor", "group_member", "village_cadre")
    assert told(decision) == {
        "village_cadre", "work_team", "township_clerk", "auditor", "group_member",
    }  # fmt: skip
    assert copied(cast["auditor"]).get().decision == decision


def test_not_to_oneself_nor_beyond_the_territory(cast: Cast) -> None:
    project = make.submitted_project(cast)
    for name in ("other_township_clerk", "other_finance_head", "system_admin", "nobody"):
        with pytest.raises(Refused, match="不在本事项的管辖范围内") as caught:
            send_back(project, cast, name)
        assert caught.value.refusal.who_can_clear
    assert not CarbonCopy.objects.exists()
    assert "township_reviewer" not in told(send_back(project, cast, "township_reviewer"))


def test_ten_at_the_most(cast: Cast) -> None:
    project = make.submitted_project(cast)
    unit = cast.post("auditor").organization
    people = [colleague(f"reader{n}", f"读者{n}", unit).pk for n in range(COPIES_AT_MOST + 1)]
    with pytest.raises(Refused, match="抄送 11 人，最多 10 人"):
        PROJECT.perform(
            project, "return", by=cast["township_reviewer"], comment="改", copy_to=people
        )
    address = f"/act/{project.life()}/{project.pk}/return/"
    client = logged_in(cast["township_reviewer"])
    response = client.post(address, {"comment": "请补充", "copy_to": people})
    assert response.status_code == 422
    text = response.content.decode()
    assert "选了 11 人，最多 10 人" in text and text.count(" selected") == 11
    assert client.post(address, {"comment": "请补充", "copy_to": people[1:]}).status_code == 302
    assert CarbonCopy.objects.filter(user__in=people).count() == 10


def test_the_page_offers_those_who_see_the_thing(cast: Cast) -> None:
    project = make.submitted_project(cast)
    client = logged_in(cast["township_reviewer"])
    shown = client.get(f"/act/{project.life()}/{project.pk}/endorse/").content.decode()
    assert "抄送给" in shown and "何正（焉耆县审计局 审计组长）" in shown
    for name in ("冯冬（", "陈山（", "曹雨（", "施安（"):
        assert name not in shown
    stranger = User.objects.get(username="other_township_clerk").pk
    answer = client.post(
        f"/act/{project.life()}/{project.pk}/return/", {"comment": "改", "copy_to": stranger}
    )
    assert answer.status_code == 422


def test_with_a_signature_and_with_a_withdrawal(cast: Cast) -> None:
    project = make.endorsed_project(cast)
    auditor = [cast.users["auditor"].pk]
    taken = PROJECT.perform(
        project, "withdraw", by=cast["township_reviewer"], comment="补正", copy_to=auditor
    )
    assert told(taken) == {"auditor"}
    water = Organization.objects.get(name="焉耆县水利局")
    ask_to_countersign(
        subject=project, organization=water, reason="取水", by=cast["township_reviewer"]
    )
    signed = PROJECT.perform(
        project, "countersign", by=cast["industry_reviewer"], comment="同意", copy_to=auditor
    )
    assert told(signed) == {"auditor"}


def test_the_api(cast: Cast) -> None:
    project = make.submitted_project(cast)
    step = PROJECT.find("endorse", project.status)
    assert step
    path = f"projects/{project.pk}/actions/endorse/"
    body = {"opinions": lives.good_answers(step, project), "copy_to": [cast.users["auditor"].pk]}
    too_far = {**body, "copy_to": [cast.users["other_finance_head"].pk]}
    refused = caller(cast["township_reviewer"]).post(path, too_far)
    assert refused.status_code == 409 and refused.json()["who_can_clear"]
    many = caller(cast["township_reviewer"]).post(path, {**body, "copy_to": list(range(11))})
    assert many.status_code == 400
    assert caller(cast["township_reviewer"]).post(path, body).status_code == 200
    assert copied(cast["auditor"]).count() == 1


def test_it_stays_on_record_and_is_read_once(cast: Cast) -> None:
    send_back(make.submitted_project(cast), cast, "auditor")
    auditor = cast.users["auditor"].pk
    read = "UPDATE approvals_carboncopy SET read_at = now()"
    with connection.cursor() as cursor:
        cursor.execute(read)
    for statement in (
        read,
        "UPDATE approvals_carboncopy SET read_at = NULL",
        f"UPDATE approvals_carboncopy SET user_id = {auditor}",
        "DELETE FROM approvals_carboncopy",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(statement)
    assert CarbonCopy.objects.filter(read_at__isnull=False).count() == 4
