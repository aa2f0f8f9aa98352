"""复核: a hit of the negative list looked at by another person than the one who answered first."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q

from approvals.models import Subject
from approvals.workflow import WORKFLOWS
from organizations.models import Post, User
from organizations.policies import Refusal, Refused, WrongRole, role_names

from .models import Adjustment, NegativeHit, NegativeReview, PaymentRequest, Project
from .negative import SECOND_PERSON

Conclusion = NegativeReview.Conclusion


def posts_for_review(hit: NegativeHit, user: User) -> list[Post]:
    """The posts of today by which this person could confirm an answer of the hit's stage."""
    roles = SECOND_PERSON.get(hit.stage, ())
    return [p for p in user.posts_today if p.role in roles and p.division.contains(hit.division)]


def second_person(hit: NegativeHit, user: User) -> Post | None:
    """The post that is neither his who answered first nor lent by him."""
    first = {hit.decision.by_id, hit.decision.post.user_id}
    if user.pk in first:
        return None
    return next((p for p in posts_for_review(hit, user) if p.user_id not in first), None)


def refuse_review(hit: NegativeHit, user: User) -> Refusal | None:
    """Why this person can not confirm it now, apart from the post."""
    who = role_names(SECOND_PERSON.get(hit.stage, ()))
    if hasattr(hit, "review"):
        done = hit.review
        return Refusal(
            f"已由{done.by}复核为“{done.get_conclusion_display()}”，没有重复复核",
            who_can_clear="本人（无须再办）",
        )
    if not NegativeHit.objects.filter(pk=hit.pk).standing().exists():
        return Refusal(
            "该事项已退回、撤回或办到下一步，本次核查不再需要复核", who_can_clear="本人（无须再办）"
        )
    if second_person(hit, user) is None:
        return Refusal(
            "首次核查与复核须由两人办理，您已办理首次核查（或受首次核查人委派）",
            who_can_clear=f"其他{who}",
        )
    return None


def demand_review(hit: NegativeHit, user: User) -> Post:
    """The post that allows it. Raises WrongRole, Refused."""
    if not posts_for_review(hit, user):
        who = role_names(SECOND_PERSON.get(hit.stage, ()))
        raise WrongRole(f"此项由{who}复核，您没有这一岗位", who_can_clear=who)
    refusal = refuse_review(hit, user)
    post = second_person(hit, user)
    if refusal or post is None:
        assert refusal
        raise Refused(refusal.reason, who_can_clear=refusal.who_can_clear)
    return post


def lock_subject(hit: NegativeHit) -> None:
    """Nobody takes a step meanwhile, and no second one confirms the same."""
    rows = WORKFLOWS[hit.subject_type].model._default_manager
    rows.select_for_update(of=("self",)).get(pk=hit.subject_id)


@transaction.atomic
def confirm_hit(*, hit: NegativeHit, conclusion: str, note: str, by: User) -> NegativeReview:
    """Raises WrongRole, Refused: no such post, the same person, looked at already, moved on."""
    lock_subject(hit)
    hit = NegativeHit.objects.with_answers().get(pk=hit.pk)
    post = demand_review(hit, by)
    return NegativeReview.objects.create(
        hit=hit, conclusion=conclusion, note=note.strip(), by=by, post=post
    )


def waiting_for(user: User) -> list[NegativeHit]:
    """Hits that this person may confirm, oldest first. Open ones are few."""
    unseen = NegativeHit.objects.visible_to(user).filter(review__isnull=True).standing()
    return [hit for hit in unseen.with_answers().order_by("id") if second_person(hit, user)]


@dataclass(frozen=True)
class HitRow:
    """A hit as a page shows it. `answer` are the words of who answered first."""

    hit: NegativeHit
    answer: str
    is_standing: bool

    @property
    def review(self) -> NegativeReview | None:
        return getattr(self.hit, "review", None)

    @property
    def state(self) -> str:
        if self.review:
            return self.review.get_conclusion_display()
        return "待复核" if self.is_standing else "已退回，不再复核"


def rows_of(hits: list[NegativeHit]) -> list[HitRow]:
    standing = set(
        NegativeHit.objects.filter(pk__in=[hit.pk for hit in hits])
        .standing()
        .values_list("pk", flat=True)
    )
    return [HitRow(hit, answer_to(hit), hit.pk in standing) for hit in hits]


def answer_to(hit: NegativeHit) -> str:
    for opinion in hit.decision.opinions:
        if opinion.get("code") == hit.rule.code:
            return f"{opinion.get('result', '')}：{opinion.get('text', '')}"
    return ""


def rows_about(subject: Subject) -> list[HitRow]:
    """Of a project also those of its payments and adjustments."""
    wanted = Q(subject_type=subject.life(), subject_id=subject.pk)
    if isinstance(subject, Project):
        payments, adjustments = subject.payments.values("pk"), subject.adjustments.values("pk")
        wanted |= Q(subject_type=PaymentRequest.life(), subject_id__in=payments)
        wanted |= Q(subject_type=Adjustment.life(), subject_id__in=adjustments)
    return rows_of(list(NegativeHit.objects.with_answers().filter(wanted).order_by("id")))
