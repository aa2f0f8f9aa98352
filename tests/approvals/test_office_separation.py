"""What one did for another counts for both: every pair, each way round, by service and in SQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import DatabaseError

from approvals.models import Duty, IncompatibleDuties, LawfulStep, Subject
from approvals.workflow import IncompatibleDuty, Transition, workflow_of
from organizations.delegations import NEVER_LENT
from organizations.models import Post, User
from organizations.policies import Refused, WrongRole
from projects.workflow import PROJECT
from tests import factories as make
from tests import lives
from tests.approvals.deputies import colleague, lend
from tests.approvals.test_decisions import insert, names_in_charge, sqlstate, steps_of_duty
from tests.cast import Cast

# Who takes the one duty now, and for whom; who did the other before, and for whom; is it refused.
BEFORE = {
    "deputy for holder": {
        "holder himself": True, "deputy himself": True, "deputy for holder": True,
        "deputy for stranger": True, "stranger for deputy": True, "stranger himself": False,
    },
    "holder himself": {
        "deputy for holder": True, "stranger for holder": True, "holder for stranger": True,
        "deputy himself": False,
    },
}  # fmt: skip


@pytest.mark.parametrize("now", ["deputy for holder", "holder himself"])
def test_every_pair_counts_for_both(cast: Cast, now: str) -> None:
    """Whoever is refused is a superuser too: no flag lets him do both."""
    subjects = {life: make_one(cast) for life, make_one in lives.SUBJECTS.items()}
    tried = 0
    for pair, first, step in ordered_pairs(subjects):
        if step.role in NEVER_LENT and "for" in now:
            continue
        with lives.undone():
            people = arrange(cast, step)
            stand(subjects[step.life], step, cast)
            for before, is_refused in BEFORE[now].items():
                with lives.undone():
                    User.objects.update(is_superuser=is_refused, is_staff=is_refused)
                    found = both_ways(subjects[step.life], people, (before, now), pair, first, step)
                assert found == (is_refused, is_refused), (pair, first, step.action, before)
                tried += 1
    assert tried > 50 * len(BEFORE[now])


def both_ways(
    subject: Subject, people: dict[str, User], who: tuple[str, str], pair: IncompatibleDuties,
    first: str, step: LawfulStep,
) -> tuple[bool, bool]:  # fmt: skip
    """Whether it is refused by the service, and in SQL."""
    case = [key for key in subject.case_keys() if key.startswith(pair.case_kind)]
    actor, post = who_for_whom(people, who[0])
    lives.decide(subject, actor, first, cases=case, post_id=post.pk)
    actor, post = who_for_whom(people, who[1])
    return by_service(subject, step, actor), by_sql(subject, step, actor, post)


def ordered_pairs(
    subjects: dict[str, Subject],
) -> Iterator[tuple[IncompatibleDuties, str, LawfulStep]]:
    """Each pair both ways round: what was done before, and a step that takes the other."""
    for pair in IncompatibleDuties.objects.order_by("pk"):
        for first, second in ((pair.first, pair.second), (pair.second, pair.first)):
            for step in steps_of_duty(second, pair.case_kind, subjects)[:1]:
                yield pair, first, step


def arrange(cast: Cast, step: LawfulStep) -> dict[str, User]:
    """New people in the unit: one who has the step's post, one who acts for him, a third."""
    unit = Post.objects.get(role=step.role, user__username__in=names_in_charge()).organization
    people = {
        "holder": colleague("holder", "本人", unit, step.role),
        "deputy": colleague("deputy", "甘田", unit),
        "stranger": colleague("stranger", "路人", unit),
    }
    if step.role not in NEVER_LENT:
        lend(people["holder"].posts.get(), people["deputy"])
    return {name: User.objects.get(pk=person.pk) for name, person in people.items()}


def who_for_whom(people: dict[str, User], words: str) -> tuple[User, Post]:
    """“deputy for holder”: the actor, and the post he acts in."""
    actor, _, other = words.partition(" ")
    whose = people[actor if other == "himself" else other.removeprefix("for ")]
    return people[actor], whose.posts.get()


def stand(subject: Subject, step: LawfulStep, cast: Cast) -> None:
    lives.place(subject, step.from_status, cast)
    for transition in workflow_of(subject).leaving(step.from_status):
        if transition.by_seats:
            lives.seat_everyone(subject, transition)


def by_service(subject: Subject, step: LawfulStep, actor: User) -> bool:
    """Whether the separation of duties refuses the actor."""
    workflow = workflow_of(subject)
    transition = workflow.find(step.action, subject.status)
    assert transition
    try:
        workflow.demand(subject, step.action, actor)
    except IncompatibleDuty:
        return True
    except WrongRole as refused:
        return is_money_for_another(transition, refused) and separates(subject, step, actor)
    except Refused:
        return False
    return False


def is_money_for_another(transition: Transition, refused: WrongRole) -> bool:
    """Refused even earlier: what posts to the ledger nobody does for another."""
    if not transition.in_person or "不能代办" not in str(refused):
        raise refused
    return True


def separates(subject: Subject, step: LawfulStep, actor: User) -> bool:
    """The separation alone, behind the refusal to act for another."""
    workflow = workflow_of(subject)
    transition = workflow.find(step.action, subject.status)
    post = next(p for p in actor.posts_today if p.role == step.role)
    assert transition
    try:
        workflow._demand_separation(subject, transition, actor, post)
    except IncompatibleDuty:
        return True
    return False


def by_sql(subject: Subject, step: LawfulStep, actor: User, post: Post) -> bool:
    try:
        with lives.undone():
            insert(actor, subject, step, post=post.pk)
    except DatabaseError as error:
        if sqlstate(error) != "YC003":
            raise
        return True
    return False


def test_no_setting_lifts_it(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every switch turned over, one after another: what is refused stays refused."""
    project = make.submitted_project(cast)
    lives.decide(project, cast["township_clerk"], Duty.PROPOSE)
    make.lent_post(cast, "township_reviewer", "township_clerk")
    switches = [n for n in dir(settings) if n.isupper() and isinstance(getattr(settings, n), bool)]
    assert len(switches) > 10
    for name in set(switches) - {"USE_TZ"}:  # without which no clock here tells the time
        monkeypatch.setattr(settings, name, not getattr(settings, name))
        with pytest.raises(IncompatibleDuty, match="您或委派人已在本事项中办理过“提出”") as caught:
            PROJECT.demand(project, "endorse", cast["township_clerk"])
        assert caught.value.refusal.who_can_clear
        monkeypatch.undo()
