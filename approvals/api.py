"""The inbox, and for everything with a life its decisions, its actions and the one door."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from organizations.api import VisibleViewSet, person
from organizations.models import User
from organizations.serializers import OrganizationSerializer

from . import office
from .actions import Action, available, demand_by_hand
from .attempts import keeping_refusals
from .errands import errands_of
from .forms import InboxFilter
from .json_forms import asked_by, fill
from .keys import KeyedRequest, earlier_decision
from .models import Decision, Evidence, Subject
from .queries import deadlines, pending, pending_steps
from .serializers import (
    ActionSerializer,
    AskSerializer,
    DecisionSerializer,
    HandOverSerializer,
    InboxSerializer,
    OfficeActSerializer,
    PersonInPostSerializer,
    RemindSerializer,
    StepSerializer,
)
from .workflow import Criterion, Transition, Workflow, workflow_of

INBOX_PAGE_SIZE = 50
HEADER = "Idempotency-Key"
KEY = OpenApiParameter(
    HEADER, str, OpenApiParameter.HEADER,
    description="UUID。同一键、同一内容重发，返回第一次的结果；内容不同则拒绝（422）。涉及资金的办理必填。",
)  # fmt: skip
KEY_REQUIRED = OpenApiParameter(
    HEADER, str, OpenApiParameter.HEADER, required=True, description=KEY.description
)


def key_of(request: Request, *, required: bool = True) -> str | None:
    """The request's idempotency key, a UUID in its usual writing. Raises ValidationError."""
    given = request.headers.get(HEADER, "")
    if not given and not required:
        return None
    try:
        return str(uuid.UUID(given))
    except ValueError:
        raise ValidationError({HEADER: ["请在请求头中带 UUID 形式的幂等键，重发时不变"]}) from None


def demanded_key(request: Request) -> str:
    key = key_of(request)
    assert key
    return key


def body_of(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, dict):
        raise ValidationError("请求内容须为 JSON 对象")
    return request.data


def digest_of(body: Any) -> str:
    text = json.dumps(body, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


class SubjectViewSet(VisibleViewSet):
    """A collection of things with a life."""

    @extend_schema(responses=DecisionSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def decisions(self, request: Request, pk: str) -> Response:
        """办理记录，从最早的一步起。"""
        subject = self.get_object()
        rows = Decision.objects.about(subject.life(), subject.pk)
        return Response(DecisionSerializer(rows, many=True).data)

    @extend_schema(responses=ActionSerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None, url_path="actions")
    def list_actions(self, request: Request, pk: str) -> Response:
        """本人此时可办理的步骤；不能办理的写明理由、依据和由谁解除。"""
        choices = choices_of(self.get_object(), person(request))
        return Response(ActionSerializer(choices, many=True).data)

    @extend_schema(request=StepSerializer, responses=DecisionSerializer, parameters=[KEY])
    @action(detail=True, methods=["post"], url_path=r"actions/(?P<step>[a-z_]{1,40})")
    def take(self, request: Request, pk: str, step: str) -> Response:
        """办理一步。"""
        decision = take_step(self.get_object(), step, request)
        return Response(DecisionSerializer(decision).data)

    @extend_schema(methods=["get"], responses=PersonInPostSerializer(many=True), filters=False)
    @extend_schema(methods=["post"], request=HandOverSerializer, responses=OfficeActSerializer)
    @action(detail=True, methods=["get", "post"], pagination_class=None)
    def assign(self, request: Request, pk: str) -> Response:
        """转办：可以转交给谁；转交给其中一人。"""
        subject, by = self.get_object(), person(request)
        if request.method == "GET":
            held = office.may_hand_over(subject, by)
            posts = office.possible_assignees(subject, held)
            return Response(PersonInPostSerializer(posts, many=True).data)
        asked = HandOverSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = office.hand_over(subject=subject, by=by, **asked.validated_data)
        return Response(OfficeActSerializer(made).data)

    @extend_schema(methods=["get"], responses=OrganizationSerializer(many=True), filters=False)
    @extend_schema(methods=["post"], request=AskSerializer, responses=OfficeActSerializer)
    @action(detail=True, methods=["get", "post"], pagination_class=None)
    def ask(self, request: Request, pk: str) -> Response:
        """加签：可以请哪些单位会签；请其中一个单位会签。"""
        subject, by = self.get_object(), person(request)
        if request.method == "GET":
            units = office.units_to_ask(subject, office.may_ask(subject, by))
            return Response(OrganizationSerializer(units, many=True).data)
        asked = AskSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = office.ask_to_countersign(subject=subject, by=by, **asked.validated_data)
        return Response(OfficeActSerializer(made).data)

    @extend_schema(request=RemindSerializer, responses=OfficeActSerializer)
    @action(detail=True, methods=["post"])
    def remind(self, request: Request, pk: str) -> Response:
        """催办：每人每天对同一事项一次。"""
        asked = RemindSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = office.remind(subject=self.get_object(), by=person(request), **asked.validated_data)
        return Response(OfficeActSerializer(made).data)


@dataclass(frozen=True)
class Choice:
    """A button together with what has to come along when it is pressed."""

    button: Action
    transition: Transition | None
    form: forms.BaseForm | None
    criteria: Sequence[Criterion]

    @property
    def action(self) -> str:
        return self.button.action

    @property
    def needs_comment(self) -> bool:
        return self.transition is None or self.transition.needs_comment

    @property
    def needs_key(self) -> bool:
        return self.transition is not None and self.transition.amount is not None

    @property
    def fields_asked(self) -> list[dict[str, Any]]:
        fields = self.form.fields if self.form else {}
        return [
            {
                "name": json_name(name),
                "title": str(field.label),
                "is_required": field.required,
                "help": str(field.help_text),
            }
            for name, field in fields.items()
        ]


def choices_of(subject: Subject, user: User) -> list[Choice]:
    workflow = workflow_of(subject)
    choices = []
    for button in available(subject, user):
        step = workflow.find(button.action, subject.status)
        form = step.form(subject=subject) if step and step.form and button.allowed else None
        choices.append(Choice(button, step, form, step.questions(subject) if step else ()))
    return choices


def json_name(name: str) -> str:
    """`source_12` of a form is `sources.12` of the JSON."""
    return f"sources.{name.removeprefix('source_')}" if name.startswith("source_") else name


def take_step(subject: Subject, step: str, request: Request) -> Decision:
    """Through the step's own form into `perform`; a repeated request gets its first decision."""
    by, workflow = person(request), workflow_of(subject)
    asked = StepSerializer(data=request.data)
    asked.is_valid(raise_exception=True)
    given = asked.validated_data
    key = key_of(request, required=moves_money(workflow, step))
    digest = digest_of(request.data)
    earlier = earlier_decision(subject, KeyedRequest(step, by, key, digest))
    if earlier:
        return earlier
    with keeping_refusals(subject, step, workflow.action_label(step), by):
        return workflow.perform(
            subject,
            step,
            by=by,
            comment=given["comment"],
            opinions=given["opinions"],
            data=step_facts(workflow, subject, step, by, given["data"]),
            evidence=known_evidence(given["evidence"], by),
            seen_status=subject.status,
            key=key,
            body_digest=digest,
            copy_to=given["copy_to"],
        )


def moves_money(workflow: Workflow, step: str) -> bool:
    return any(t.amount for t in workflow.transitions if t.action == step)


def step_facts(
    workflow: Workflow, subject: Subject, step: str, by: User, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Who may not take the step is told so, before being told what is wrong with the form."""
    transition = workflow.find(step, subject.status)
    if transition is None:
        return {}
    demand_by_hand(workflow, subject, step, by)
    if transition.return_to and set(data) <= {"return_to"}:
        return dict(data)
    if transition.form is None:
        if data:
            raise ValidationError({"data": [f"“{transition.label}”没有须登记的内容"]})
        return {}
    try:
        facts: dict[str, Any] = fill(transition.form, flattened(data), subject=subject).cleaned_data
    except ValidationError as error:
        by_field: Any = error.detail
        raise ValidationError({json_name(n): words for n, words in by_field.items()}) from None
    return facts


def flattened(data: Mapping[str, Any]) -> dict[str, Any]:
    sources = data.get("sources", {})
    if not isinstance(sources, dict):
        raise ValidationError({"sources": ['须写成 {"<指标编号>": "100.00"}']})
    others = {name: value for name, value in data.items() if name != "sources"}
    return {**others, **{f"source_{pk}": amount for pk, amount in sources.items()}}


def known_evidence(digests: Sequence[str], user: User) -> Sequence[str]:
    found = Evidence.objects.visible_to(user).filter(sha256__in=digests)
    missing = sorted(set(digests) - set(found.values_list("sha256", flat=True)))
    if missing:
        raise ValidationError({"evidence": [f"没有上传过这份佐证：{missing[0]}"]})
    return digests


class InboxView(APIView):
    @extend_schema(
        responses=InboxSerializer,
        parameters=[
            OpenApiParameter("page", int),
            OpenApiParameter("step", str, description="类别:状态"),
            *asked_by(InboxFilter.base_fields),
        ],
    )
    def get(self, request: Request) -> Response:
        """待办：等本人办理的事项，超期的在前。"""
        user = person(request)
        typed = request.query_params.get("page", "1")
        page = int(typed) if typed.isdecimal() and 0 < len(typed) < 5 else 1
        offset = (max(page, 1) - 1) * INBOX_PAGE_SIZE
        asked, due = request.query_params, deadlines()
        wanted = InboxFilter(asked).wanted(step=asked.get("step", "")[:100])
        steps = pending_steps(user, due, wanted)
        items = pending(user, limit=INBOX_PAGE_SIZE, offset=offset, wanted=wanted, due=due)
        count = sum(step.count for step in steps)
        found = {"count": count, "results": items, "errands": errands_of(user)}
        return Response(InboxSerializer(found).data)
