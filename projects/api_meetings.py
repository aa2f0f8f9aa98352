"""Meetings of the leading group by API: the same forms, services and refusals as the pages."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from approvals.api import (
    KEY_REQUIRED,
    SubjectViewSet,
    body_of,
    demanded_key,
    digest_of,
    flattened,
    json_name,
)
from approvals.json_forms import asked_by, demand_valid, described, fill
from approvals.meetings import (
    add_items,
    call_meeting,
    cast_vote,
    check_in,
    close_meeting,
    recuse,
    remove_item,
)
from approvals.models import AgendaItem, Meeting
from approvals.serializers import DecisionSerializer
from funds.api import county_in
from organizations.api import person
from organizations.models import Division, User
from organizations.policies import Refused, WrongRole
from organizations.requests import get_visible

from .filters import MeetingFilter
from .forms.meeting import (
    CloseForm,
    MeetingForm,
    RecusalForm,
    RemovalForm,
    SourcesForm,
    VoteForm,
)
from .meeting_queries import read_meeting, ready_for
from .meeting_serializers import (
    MeetingDetailSerializer,
    MeetingSerializer,
    ReadySerializer,
    RecusalSerializer,
    VoteSerializer,
)
from .meetings import lines_for, revise_item
from .policies import demand_project_reader, demand_secretary

S = Meeting.Status
ITEM = r"items/(?P<item>\d{1,18})"
SUBJECTS = serializers.ListField(child=serializers.CharField(), help_text="待审定事项的 key")
SOURCES = serializers.DictField(
    child=serializers.CharField(), help_text='{"<指标编号>": "100.00"}，全部重写'
)


class MeetingViewSet(mixins.ListModelMixin, SubjectViewSet):
    """领导小组会议。"""

    queryset = Meeting.objects.select_related("division")
    serializer_class = MeetingSerializer

    def demand_reader(self, user: User) -> None:
        demand_project_reader(user)

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = MeetingFilter(self.request.query_params, queryset)
        demand_valid(asked.form)
        found: QuerySet[Meeting] = asked.qs
        return found

    @extend_schema(parameters=asked_by(MeetingFilter.base_filters))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=MeetingDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """会议、签到、议程、各来源的资金池和表决情况。"""
        return Response(detail_of(self.get_object(), person(request)))

    @extend_schema(
        request=described(
            "MeetingBody", MeetingForm, omit=("county",), county=serializers.CharField()
        ),
        responses={201: MeetingSerializer},
    )
    def create(self, request: Request) -> Response:
        """登记一次会议，随后列入议题。"""
        user, body = person(request), body_of(request)
        county = county_in(body, user)
        form = fill(
            MeetingForm,
            {**body, "county": county.pk},
            counties=Division.objects.filter(pk=county.pk),
        )
        meeting = call_meeting(by=user, **form.facts())
        return Response(MeetingSerializer(meeting).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses=ReadySerializer(many=True), filters=False)
    @action(detail=True, pagination_class=None)
    def ready(self, request: Request, pk: str) -> Response:
        """可以列入议程的待审定事项。"""
        return Response(ReadySerializer(ready_for(self.get_object().division), many=True).data)

    @extend_schema(
        request=described("AgendaBody", RemovalForm, omit=("reason",), subjects=SUBJECTS),
        responses=MeetingDetailSerializer,
    )
    @action(detail=True, methods=["post"])
    def items(self, request: Request, pk: str) -> Response:
        """列入议题，按所列顺序，全部列入或全部不列入。"""
        meeting, user = self.get_object(), person(request)
        demand_secretary(user, meeting, S.PREPARING)
        wanted = body_of(request).get("subjects")
        found = {row.key: row.subject for row in ready_for(meeting.division)}
        if not isinstance(wanted, list) or not wanted or not found.keys() >= {*map(str, wanted)}:
            raise ValidationError({"subjects": ["须为待审定事项的 key 列表"]})
        add_items(meeting=meeting, subjects=[found[str(key)] for key in wanted], by=user)
        return Response(detail_of(meeting, user))

    @extend_schema(
        request=described("ItemSourcesBody", SourcesForm, sources=SOURCES),
        responses=MeetingDetailSerializer,
    )
    @action(detail=True, methods=["put"], url_path=f"{ITEM}/sources")
    def sources(self, request: Request, pk: str, item: str) -> Response:
        """填写一项议题的资金来源；会议进行中须写明修改内容，此前的表决不再计数。"""
        meeting, user, body = self.get_object(), person(request), body_of(request)
        demand_secretary(user, meeting, S.PREPARING, S.OPEN)
        page, found = read_meeting(meeting, user), self.item_in(meeting, item)
        row = page.row_of(found)
        if row is None:
            raise Refused(f"议题“{found}”已撤出议程", who_can_clear="领导小组办公室（重新列入）")
        lines = lines_for(meeting.division, page.run, found) if row.takes_sources else []
        try:
            form = fill(SourcesForm, flattened(body), item=found, lines=lines, asked=row.asked)
        except ValidationError as error:
            by_field: Any = error.detail
            raise ValidationError({json_name(n): words for n, words in by_field.items()}) from None
        revise_item(item=found, by=user, **form.facts())
        return Response(detail_of(meeting, user))

    @extend_schema(request=described("RemovalBody", RemovalForm), responses=MeetingDetailSerializer)
    @action(detail=True, methods=["post"], url_path=f"{ITEM}/remove")
    def remove(self, request: Request, pk: str, item: str) -> Response:
        """移出议程；会议进行中须写明事由。"""
        meeting, user = self.get_object(), person(request)
        form = fill(RemovalForm, body_of(request))
        remove_item(item=self.item_in(meeting, item), by=user, reason=form.cleaned_data["reason"])
        return Response(detail_of(meeting, user))

    @extend_schema(
        request=described("CheckInBody", RecusalForm, omit=("member", "reason"),
                          member=serializers.IntegerField(required=False)),
        responses=MeetingDetailSerializer,
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="check-in")
    def check_in(self, request: Request, pk: str) -> Response:
        """签到：本人，或由会务按 `member` 登记。"""
        meeting, user, body = self.get_object(), person(request), body_of(request)
        members = meeting.members.select_related("meeting__division", "post__user")
        if "member" in body:
            asked = body["member"]
            if type(asked) is not int:
                raise ValidationError({"member": ["须为编号（整数）"]})
            member = get_visible(members, asked)
        else:
            found = members.filter(post__user=user).first()
            if found is None:
                raise WrongRole("您不在本次会议的应到名单中", who_can_clear="领导小组办公室")
            member = found
        check_in(member=member, by=user)
        return Response(detail_of(meeting, user))

    @extend_schema(
        request=described("VoteBody", VoteForm), responses=VoteSerializer,
        parameters=[KEY_REQUIRED],
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path=f"{ITEM}/vote")
    def vote(self, request: Request, pk: str, item: str) -> Response:
        """表决。`seen_digest` 是所见议题内容的摘要；内容已变的，409。"""
        found, form = self.item_in(self.get_object(), item), fill(VoteForm, body_of(request))
        vote = cast_vote(
            item=found, by=person(request), key=demanded_key(request),
            body_digest=digest_of(request.data), **form.cleaned_data,
        )  # fmt: skip
        return Response(VoteSerializer(vote).data)

    @extend_schema(request=described("RecusalBody", RecusalForm), responses=RecusalSerializer)
    @action(detail=True, methods=["post"], url_path=f"{ITEM}/recuse")
    def recuse(self, request: Request, pk: str, item: str) -> Response:
        """登记回避：本人，或由会务登记。"""
        meeting = self.get_object()
        form = fill(RecusalForm, body_of(request), members=meeting.members.all())
        recusal = recuse(item=self.item_in(meeting, item), by=person(request), **form.cleaned_data)
        return Response(RecusalSerializer(recusal).data)

    @extend_schema(
        request=described("CloseBody", CloseForm, omit=("confirm",)),
        responses=DecisionSerializer,
        parameters=[KEY_REQUIRED],
    )
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """由主持人闭会：全部议题议决、全部资金分配，或者全部不生效。"""
        form = fill(CloseForm, {**body_of(request), "confirm": True})
        words = {name: value for name, value in form.cleaned_data.items() if name != "confirm"}
        decision = close_meeting(
            meeting=self.get_object(), by=person(request), key=demanded_key(request),
            body_digest=digest_of(request.data), **words,
        )  # fmt: skip
        return Response(DecisionSerializer(decision).data)

    def item_in(self, meeting: Meeting, item: str) -> AgendaItem:
        return get_visible(meeting.items.select_related("meeting__division"), int(item))


def detail_of(meeting: Meeting, user: User) -> Any:
    page = read_meeting(Meeting.objects.select_related("division").get(pk=meeting.pk), user)
    return MeetingDetailSerializer(page).data
