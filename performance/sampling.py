"""抽查: a random sample that anybody can recompute. The list is fixed first, the seed comes from a
public event afterwards, and the rule is in `RULE`."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import Any

from django.db import transaction
from django.utils import timezone

from organizations.models import Division, Parameter, Role, User
from organizations.models.divisions import under
from organizations.policies import Refusal, Refused, demand
from projects.policies import raise_if

from .evaluating import rules_of
from .models import Evaluation, SampleDraw, SampleFrame, SpotCheck

SAMPLERS = (Role.FINANCE_REVIEWER,)
RATIO = "perf.spotcheck_ratio"
RULE = (
    "对名单中的每个评价编号，取“种子”、换行符和“编号”连接后的 UTF-8 文本的 SHA-256，"
    "按十六进制值从小到大排列，取前 ⌈总数×比例⌉ 个。"
)


def picked_by(seed: str, numbers: Sequence[str], ratio: str) -> list[str]:
    """In the order in which they are picked. `verify_sample.py` and the database do the same."""

    def place(number: str) -> str:
        return hashlib.sha256(f"{seed}\n{number}".encode()).hexdigest()

    return sorted(numbers, key=place)[: ceil(len(numbers) * Fraction(ratio))]


def reviewed_in(county: Division, year: int) -> list[str]:
    rows = Evaluation.objects.reviewed().filter(under("division__path", [county.path]), year=year)
    return sorted(rows.values_list("number", flat=True))


@transaction.atomic
def prepare_sample(
    *, county: Division, year: int, seed_source: str, draw_on: dt.date, by: User
) -> SampleFrame:
    """Fixes the list, and says by which event the seed will become known, and when."""
    demand(by, SAMPLERS, county)
    numbers = reviewed_in(county, year)
    if not numbers:
        raise Refused(
            f"{county.name}{year}年度没有复评过的项目", who_can_clear="项目主管部门（复评）"
        )
    frame = SampleFrame(
        county=county, year=year, seed_source=seed_source, draw_on=draw_on, numbers=numbers,
        ratio=Parameter.objects.value(RATIO), prepared_by=by,
    )  # fmt: skip
    frame.full_clean()
    frame.save(force_insert=True)
    return frame


def not_to_be_drawn(frame: SampleFrame) -> Refusal | None:
    if hasattr(frame, "draw"):
        return Refusal(f"已按种子 {frame.draw.seed} 抽取", who_can_clear="本人（无须再办）")
    if timezone.localdate() < frame.draw_on:
        return Refusal(f"抽取日期为 {frame.draw_on}", who_can_clear="届时由财政合规审查人")
    return None


@transaction.atomic
def draw_sample(*, frame: SampleFrame, seed: str, by: User) -> SampleDraw:
    demand(by, SAMPLERS, frame.county)
    raise_if(not_to_be_drawn(frame))
    draw = SampleDraw(
        frame=frame, seed=seed, picked=picked_by(seed, frame.numbers, frame.ratio), drawn_by=by
    )
    draw.full_clean()
    draw.save(force_insert=True)
    return draw


def published(frame: SampleFrame) -> str:
    """What anybody recomputes the sample from."""
    draw = getattr(frame, "draw", None)
    picked = draw.picked if draw else []
    head = ["YICHI-SAMPLE-1", f"seed={draw.seed if draw else ''}", f"ratio={frame.ratio}"]
    return "\n".join([*head, "[frame]", *frame.numbers, "[picked]", *picked, ""])


def not_to_be_checked(evaluation: Evaluation) -> Refusal | None:
    if not SampleDraw.objects.filter(picked__contains=[evaluation.number]).exists():
        return Refusal("没有抽中", who_can_clear="财政合规审查人（抽取）")
    if evaluation.spot_check:
        return Refusal("已登记抽查结果", who_can_clear="本人（无须再办）")
    return None


@transaction.atomic
def record_check(*, evaluation: Evaluation, by: User, facts: Mapping[str, Any]) -> SpotCheck:
    demand(by, SAMPLERS, evaluation.division)
    raise_if(not_to_be_checked(evaluation))
    grade = rules_of(evaluation.year).grade(facts["total"])
    check = SpotCheck(evaluation=evaluation, checked_by=by, grade=grade, **facts)
    check.full_clean()
    check.save(force_insert=True)
    return check


def unchecked(evaluation: Evaluation) -> Refusal | None:
    """All wait for the list of their county and year, what is on it for the draw, what was picked
    for the check."""
    county = evaluation.project.county
    frames = SampleFrame.objects.filter(county=county, year=evaluation.year)
    frame = frames.select_related("draw", "county").first()
    if frame is None:
        return Refusal(
            f"{county.name}{evaluation.year}年度抽查名单尚未固定",
            who_can_clear="财政合规审查人（固定名单）",
        )
    if evaluation.number not in frame.numbers:
        return None
    if not hasattr(frame, "draw"):
        return Refusal(
            f"{frame}尚未抽取", who_can_clear="财政合规审查人", url=frame.get_absolute_url()
        )
    if evaluation.number in frame.draw.picked and not evaluation.spot_check:
        return Refusal("已抽中，尚未登记抽查结果", who_can_clear="财政合规审查人（登记抽查）")
    return None


def checked_by_oneself(evaluation: Evaluation, user: User) -> Refusal | None:
    check = evaluation.spot_check
    if check is None or check.checked_by_id != user.pk:
        return None
    return Refusal("抽查结果由您登记，不能再由您决定结果应用", who_can_clear="其他财政合规审查人")
