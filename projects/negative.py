"""九不得: which rules count today, the words found in a text, and what stands in the way of the
next step. Words only warn; what blocks is an answer that nobody has confirmed, or “涉及”."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone

from approvals.models import Decision, Subject
from approvals.workflow import Criterion, Effect
from organizations.models import Parameter, Role
from organizations.policies import Refusal, role_names

from .criteria import DOCUMENT
from .models import (
    Adjustment,
    NegativeHit,
    NegativeReview,
    NegativeRule,
    NegativeWaiver,
    PaymentRequest,
    Project,
)
from .versions import content_of

CLAUSE = f"{DOCUMENT} 一"
REGIME = "negative.regime"
PASS, FAIL, WAIVED = "不涉及", "涉及", "按豁免办理"
# What of a project's text says what the money buys; the analyses tell of the village instead.
SCANNED = ("name", "content", "subsidy_standard", "linkage_note", "work_items")
# Who confirms an answer of each stage; the trigger `negative_review_stamp` knows the same.
SECOND_PERSON: Mapping[str, tuple[Role, ...]] = {
    "record_meeting": (Role.TOWNSHIP_REVIEWER, Role.PROJECT_REVIEWER),
    "appraise_again": (Role.PROJECT_REVIEWER,),
    "check_prohibited": (Role.PROJECT_REVIEWER,),
    "check_assets": (Role.PROJECT_REVIEWER,),
    "appraise": (Role.PROJECT_REVIEWER,),  # of an adjustment
    "pass_compliance": (Role.FINANCE_REVIEWER, Role.FINANCE_HEAD),
}
REVIEWERS = tuple(dict.fromkeys(role for roles in SECOND_PERSON.values() for role in roles))


def rules_in_force(on: dt.date | None = None) -> list[NegativeRule]:
    """Of the regime that the parameter names on a day; none where none is loaded."""
    day = on or timezone.localdate()
    regime = Parameter.objects.filter(key=REGIME, valid_from__lte=day).order_by("-valid_from")
    names = regime.values_list("setting", flat=True)[:1]
    return [rule for name in names for rule in NegativeRule.objects.of(name, day)]


def project_of(subject: Subject) -> Project:
    project = subject if isinstance(subject, Project) else getattr(subject, "project", None)
    assert isinstance(project, Project)
    return project


def waived_codes(subject: Subject) -> dict[str, NegativeWaiver]:
    """The rules that the leading group lets pass for this project today."""
    waivers = project_of(subject).waivers.in_force().select_related("rule")
    return {f"{waiver.rule.regime} {waiver.rule.code}": waiver for waiver in waivers}


def key_of(rule: NegativeRule) -> str:
    """The same rule under an older wording is the same rule."""
    return f"{rule.regime} {rule.code}"


@dataclass(frozen=True)
class Finding:
    """The words of one rule that stand in a text, and in which of its fields."""

    rule: NegativeRule
    words: Sequence[str]
    places: Sequence[str]

    @property
    def in_words(self) -> str:
        return f"{'、'.join(self.places)}中出现“{'”“'.join(self.words)}”，请核对"


def texts_of(subject: Subject) -> list[tuple[str, str]]:
    """Label and words of each field that is scanned."""
    if isinstance(subject, PaymentRequest):
        return [("申请理由", subject.basis), ("收款人全称", subject.payee_name)]
    if isinstance(subject, Adjustment):
        changed = [row for row in subject.changes if row["name"] in SCANNED]
        return [(f"调整后的{row['label']}", row["after"]) for row in changed]
    parts = {part["name"]: part for part in content_of(project_of(subject))}
    return [(parts[name]["label"], parts[name]["text"]) for name in SCANNED]


def findings_in(subject: Subject, rules: Iterable[NegativeRule]) -> list[Finding]:
    texts = texts_of(subject)
    found = []
    for rule in rules:
        words = [word for word in rule.keywords if any(word in text for _, text in texts)]
        if words:
            places = [label for label, text in texts if any(word in text for word in words)]
            found.append(Finding(rule, words, places))
    return found


def open_findings(subject: Subject) -> list[Finding]:
    """Of today's rules, those that no waiver lets pass."""
    waived = waived_codes(subject)
    return findings_in(subject, [r for r in rules_in_force() if key_of(r) not in waived])


def prohibited(subject: Any) -> tuple[Criterion, ...]:
    """The questions of a check: each rule of today, with the words that should be looked at."""
    rules, waived = rules_in_force(), waived_codes(subject)
    findings = {finding.rule.pk: finding for finding in findings_in(subject, rules)}
    return tuple(question(r, findings.get(r.pk), waived.get(key_of(r))) for r in rules)


def question(
    rule: NegativeRule, finding: Finding | None, waiver: NegativeWaiver | None
) -> Criterion:
    if waiver:
        hint = f"已豁免：{waiver.notice_number}，至 {waiver.valid_until}"
        return Criterion(rule.code, rule.text, rule.clause, hint, False, WAIVED, FAIL)
    hint = finding.in_words if finding else ""
    return Criterion(rule.code, rule.text, rule.clause, hint, bool(finding), PASS, FAIL)


def prohibited_after(first: tuple[Criterion, ...]) -> Callable[[Any], tuple[Criterion, ...]]:
    return lambda subject: (*first, *prohibited(subject))


def with_hits(effect: Effect | None = None) -> Effect:
    """The step's own effect, and the words found written down for a second person."""

    def run(subject: Subject, decision: Decision, data: Mapping[str, Any]) -> Iterable[str]:
        changed = effect(subject, decision, data) if effect else ()
        NegativeHit.objects.bulk_create(
            NegativeHit(
                subject_type=subject.life(),
                subject_id=subject.pk,
                subject_title=decision.subject_title,
                division=subject.division,
                stage=decision.action,
                rule=finding.rule,
                words=finding.words,
                places=finding.places,
                decision=decision,
            )
            for finding in open_findings(subject)
        )
        return changed

    return run


def standing_hits(subject: Subject) -> list[NegativeHit]:
    hits = NegativeHit.objects.about(subject).standing()
    return list(hits.select_related("rule", "review").order_by("id"))


def refuse_unconfirmed(subject: Subject) -> Refusal | None:
    """Every hit of the present stay confirmed “不涉及” by a second person, or waived."""
    hits = standing_hits(subject)
    waived = waived_codes(subject) if hits else {}
    for hit in hits:
        if key_of(hit.rule) in waived:
            continue
        review = getattr(hit, "review", None)
        who = role_names(SECOND_PERSON[hit.stage])
        if review is None:
            reason = f"“{hit.rule}”命中“{'、'.join(hit.words)}”，须由第二人复核确认不涉及"
            who = f"{who}（首次核查以外的人复核）"
            return Refusal(reason, hit.rule.clause, who, hit.get_absolute_url())
        if review.conclusion == NegativeReview.Conclusion.INVOLVED:
            return Refusal(
                f"“{hit.rule}”经{review.by}复核为“涉及”：{review.note}",
                hit.rule.clause,
                "现办理人（退回修改），或领导小组（豁免并公告）",
                reverse("project_detail", args=(project_of(subject).pk,)),
            )
    return None


def refuse_unloaded(subject: Subject) -> Refusal | None:
    """No list, no check: a step that asks nothing would prove nothing."""
    if rules_in_force():
        return None
    return Refusal("负面清单没有装载生效条目，无法核查", CLAUSE, "系统管理（装载参考数据）")


def standing_check(subject: Subject, action: str) -> Decision | None:
    """The check of this stay that was taken beside the life's own steps."""
    trail = Decision.objects.about(subject.life(), subject.pk)
    check = trail.filter(action=action).order_by("-id").first()
    if check is None:
        return None
    moved = trail.filter(id__gt=check.pk)
    return None if any(d.from_status != d.to_status for d in moved) else check


UNCHECKED = Refusal("领导小组办公室尚未复核负面清单", CLAUSE, role_names([Role.GROUP_SECRETARY]))


def refuse_unchecked(project: Project) -> Refusal | None:
    """办公室复核: before the members vote, and before anything is agreed to."""
    return None if standing_check(project, "check_prohibited") else UNCHECKED


def unchecked(projects: Sequence[Subject]) -> dict[int, Refusal]:
    """The same for a whole agenda, by id, in one query."""
    ids = [project.pk for project in projects]
    trail = Decision.objects.filter(subject_type=Project.life(), subject_id__in=ids)
    standing: set[int] = set()
    for pk, action, source, target in trail.order_by("id").values_list(
        "subject_id", "action", "from_status", "to_status"
    ):
        if action == "check_prohibited":
            standing.add(pk)
        elif source != target:
            standing.discard(pk)
    return {pk: UNCHECKED for pk in ids if pk not in standing}


def refuse_second_check(action: str) -> Callable[[Subject], Refusal | None]:
    def check(subject: Subject) -> Refusal | None:
        if standing_check(subject, action) is None:
            return None
        return Refusal("本环节已核查负面清单，不重复办理", who_can_clear="本人（无须再办）")

    return check


def refuse_unchecked_assets(project: Project) -> Refusal | None:
    """There is no step after the last, so words in the text are looked at before it."""
    findings = open_findings(project)
    if not findings or standing_check(project, "check_assets"):
        return None
    return Refusal(
        f"{findings[0].in_words}；登记资产前须先办理“资产负面清单核查”并由第二人复核",
        CLAUSE,
        role_names([Role.TOWNSHIP_CLERK]),
    )


def refuse_needless_check(project: Project) -> Refusal | None:
    if open_findings(project):
        return None
    return Refusal(
        "项目文本没有命中负面清单提示词，在“登记资产并办结”中逐条表明即可",
        who_can_clear="财政合规审查（在登记资产时表明）",
    )
