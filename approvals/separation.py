"""Separation of duties, as the trigger on decisions holds it, for reasons and for lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from django.db.models import Q

from organizations.models import Post, User
from organizations.policies import Refusal, role_names

from .models import Decision, Duty, IncompatibleDuties, Subject
from .transitions import Transition


@dataclass(frozen=True)
class DutiesDone:
    """What one person did in some cases, beside the pairs that may not be joined."""

    pairs: Sequence[IncompatibleDuties]
    done: Sequence[tuple[str, list[str]]]  # duty, cases

    def clash(self, duty: str, keys: Iterable[str]) -> Duty | None:
        """The duty already done in one of these cases that may not be joined with `duty`."""
        for pair in self.pairs:
            if duty not in (pair.first, pair.second):
                continue
            other = pair.second if pair.first == duty else pair.first
            shared = {key for key in keys if key.startswith(f"{pair.case_kind}:")}
            if any(d == other and shared.intersection(cases) for d, cases in self.done):
                return Duty(other)
        return None


def duties_done(people: Iterable[int], keys: Iterable[str]) -> DutiesDone:
    """One query, however many cases. What others did for one of these people counts as theirs."""
    who = list(people)
    theirs = Q(by__in=who) | Q(post__user__in=who)
    done = Decision.objects.filter(theirs, cases__overlap=list(keys)).values_list("duty", "cases")
    return DutiesDone(incompatible_pairs(), list(done))


def duties_done_by(people: Iterable[int], keys: Iterable[str]) -> dict[int, DutiesDone]:
    """The same for each of several people, in one query."""
    who = set(people)
    theirs = Q(by__in=who) | Q(post__user__in=who)
    done: dict[int, list[tuple[str, list[str]]]] = {user: [] for user in who}
    decisions = Decision.objects.filter(theirs, cases__overlap=list(keys))
    for by, holder, duty, cases in decisions.values_list("by", "post__user", "duty", "cases"):
        for user in {by, holder} & who:
            done[user].append((duty, cases))
    return {user: DutiesDone(incompatible_pairs(), rows) for user, rows in done.items()}


def separation_refusal(
    subject: Subject, transition: Transition, by: User, post: Post
) -> Refusal | None:
    """Why this person, or the one he acts for, may not take this duty; a trigger holds the same."""
    keys = subject.case_keys()
    other = duties_done({by.pk, post.user_id}, keys).clash(transition.duty, keys)
    if other is None:
        return None
    who = "您" if post.user_id == by.pk else "您或委派人"
    return Refusal(
        f"不相容职责：{who}已在本事项中办理过“{other.label}”，不能再办理“{transition.duty.label}”",
        clause="不相容岗位分离",
        who_can_clear=f"其他{role_names(transition.roles)}",
    )


@cache
def incompatible_pairs() -> Sequence[IncompatibleDuties]:
    """They come with migrations and nobody may write them, so one reading lasts."""
    return tuple(IncompatibleDuties.objects.all())
