"""会审: every bureau signs or the project stays where it is."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from approvals.models import Decision, Seat
from approvals.workflow import workflow_of
from organizations.models import Organization, Role, User
from organizations.policies import WrongRole
from projects.bureaux import reviews_of
from projects.models import Project
from projects.versions import read_differences
from tests import factories as make
from tests.cast import Cast, make_person
from tests.databases import at_once
from tests.projects.bare import refusal_of
from tests.projects.pages import enter, read

S = Project.Status


def bureaux(cast: Cast, count: int) -> list[User]:
    """The two of the cast, and as many more as it takes; one reviewer each."""
    found = [cast["industry_reviewer"], cast["farming_reviewer"]]
    for number in range(2, count):
        office = Organization.objects.create(
            name=f"焉耆县第{number}局", kind=Organization.Kind.INDUSTRY, division=cast.county,
            industry="water", office_phone="0996-0000000",
        )  # fmt: skip
        found.append(
            make_person(f"bureau{number}", "毕成", Role.INDUSTRY_REVIEWER, office, "副局长")
        )
    return found


def in_review(cast: Cast, count: int) -> tuple[Project, list[User]]:
    signers = bureaux(cast, count)
    project = make.with_targets(cast, make.project_in_joint_review(cast))
    assert Seat.objects.filter(subject_id=project.pk).count() == count
    return project, signers


def sign(project: Project, by: User) -> Decision:
    project = Project.objects.get(pk=project.pk)
    return workflow_of(project).perform(project, "review_jointly", by=by, comment="同意")


@pytest.mark.parametrize("count", range(2, 10))
def test_one_less_than_all_is_not_enough(cast: Cast, count: int) -> None:
    project, signers = in_review(cast, count)
    last = signers[count // 2]
    for signer in signers:
        if signer != last:
            sign(project, signer)
            project.refresh_from_db()
            assert project.status == S.JOINT_REVIEW
    assert not any(d.to_status == S.DETERMINATION for d in Decision.objects.all())
    sign(project, last)
    project.refresh_from_db()
    assert project.status == S.DETERMINATION


@pytest.mark.parametrize("count", [2, 4])
def test_the_last_two_at_the_same_moment_move_it_once(committed_cast: Cast, count: int) -> None:
    project, signers = in_review(committed_cast, count)
    for signer in signers[:-2]:
        sign(project, signer)
    answers = at_once(2, lambda n: sign(project, signers[-2:][n]))
    assert all(isinstance(a, Decision) for a in answers), answers
    project.refresh_from_db()
    assert project.status == S.DETERMINATION
    moved = Decision.objects.filter(action="review_jointly", to_status=S.DETERMINATION)
    assert moved.count() == 1


def test_all_but_one_at_the_same_moment_do_not_move_it(committed_cast: Cast) -> None:
    project, signers = in_review(committed_cast, 5)
    answers = at_once(4, lambda n: sign(project, signers[n]))
    assert all(isinstance(a, Decision) for a in answers), answers
    project.refresh_from_db()
    assert project.status == S.JOINT_REVIEW
    assert [str(seat) for seat in Seat.objects.filter(signature=None)] == ["焉耆县第4局会签"]


def test_in_plain_sql_a_missing_seat_fails_at_commit(committed_cast: Cast) -> None:
    project, (water, farming) = in_review(committed_cast, 2)
    take = (
        "UPDATE approvals_seat SET signature_id = %(decision)s WHERE organization_id = %(unit)s",
        {"unit": water.posts_today[0].organization_id},
    )
    for rows in ([], [take]):
        said = refusal_of(project, "review_jointly", water, rows=rows)
        assert said.startswith("YC020") and "焉耆县农业农村局" in said
    sign(project, farming)
    assert "焉耆县水利局" in refusal_of(project, "review_jointly", water)
    assert refusal_of(project, "review_jointly", water, rows=[take]) == ""
    assert Project.objects.get(pk=project.pk).status == S.DETERMINATION


def test_a_seat_of_another_bureau_is_not_signed_for_it(committed_cast: Cast) -> None:
    project, (water, farming) = in_review(committed_cast, 2)
    theirs = (
        "UPDATE approvals_seat SET signature_id = %(decision)s WHERE organization_id = %(unit)s",
        {"unit": farming.posts_today[0].organization_id},
    )
    said = refusal_of(project, "review_jointly", water, to=S.JOINT_REVIEW, rows=[theirs])
    assert said.startswith("YC004")


def test_a_return_voids_the_signatures_of_the_others(client: Client, cast: Cast) -> None:
    project, (water, farming) = in_review(cast, 2)
    sign(project, water)
    make.do(project, "return", cast, "farming_reviewer", comment="库房选址占用耕地")
    assert project.status == S.SECOND_APPRAISAL
    read_differences(project, cast["project_clerk"])
    make.do(project, "appraise_again", cast, "project_clerk")
    sign(project, farming)
    project.refresh_from_db()
    assert project.status == S.JOINT_REVIEW
    page = read(enter(client, cast, "auditor"), f"/projects/{project.pk}/")
    assert "会审中，已会签 1 家，共 2 家" in page
    assert "退回，本轮会签作废" in page and "已会签（作废）" in page
    assert "焉耆县农业农村局 苗青" in page and "库房选址占用耕地" in page
    sign(project, water)
    project.refresh_from_db()
    assert project.status == S.DETERMINATION


def test_who_signs(cast: Cast) -> None:
    project, (water, _) = in_review(cast, 2)
    late = bureaux(cast, 3)[2]
    with pytest.raises(WrongRole, match="焉耆县水利局"):
        sign(project, late)
    sign(project, water)
    with pytest.raises(WrongRole, match="您的单位不在其中或已会签"):
        sign(project, water)
    with pytest.raises(WrongRole):
        sign(project, cast["project_reviewer"])


def test_the_page_says_who_has_signed_and_for_whom_it_waits(client: Client, cast: Cast) -> None:
    project, (water, _) = in_review(cast, 2)
    make.do(project, "review_jointly", cast, "industry_reviewer", comment="水源有保障，同意")
    page = read(enter(client, cast, "village_cadre"), f"/projects/{project.pk}/")
    for words in ("焉耆县水利局", "水源有保障，同意", "副局长 沈海", "已会签", "待会签"):
        assert words in page
    (review,) = reviews_of(project)
    review.stay.at -= dt.timedelta(days=3, hours=1)
    assert [(seat.signature_id is None, days) for seat, days in review.rows] == [
        (True, 3), (False, 3),
    ]  # fmt: skip
    assert review.in_words == "会审中，已会签 1 家，共 2 家"


def test_before_the_review_there_is_no_section(client: Client, cast: Cast) -> None:
    project = make.resubmitted_project(cast)
    assert 'id="review"' not in read(enter(client, cast, "auditor"), f"/projects/{project.pk}/")
