"""A meeting as a machine reads it: what its page shows, for the same reader."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from approvals.models import Meeting
from funds.serializers import YuanField

from .meeting_queries import ItemRow, MeetingPage


class MeetingSerializer(serializers.ModelSerializer[Meeting]):
    county = serializers.CharField(source="division.code", read_only=True)
    status_name = serializers.CharField(source="get_status_display", read_only=True)

    class Meta:
        model = Meeting
        fields = (
            "id", "county", "name", "status", "status_name", "held_on", "place",
            "minutes_document", "chair", "members_due", "members_present", "agenda", "recorded_at",
        )  # fmt: skip
        read_only_fields = fields


class MemberSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="pk")
    name = serializers.CharField(source="post.user.real_name")
    title = serializers.CharField(source="post.title")
    is_chair = serializers.BooleanField()
    checked_in_at = serializers.DateTimeField()


class TallySerializer(serializers.Serializer[Any]):
    due = serializers.IntegerField()
    present = serializers.IntegerField()
    recused = serializers.IntegerField()
    eligible = serializers.IntegerField()
    agree = serializers.IntegerField()
    defer = serializers.IntegerField()
    reject = serializers.IntegerField()
    not_voted = serializers.IntegerField()


class PoolLineSerializer(serializers.Serializer[Any]):
    """一个来源：轮到时资金池可用、拟安排、安排后剩余。"""

    allotment = serializers.IntegerField(source="allotment.pk")
    document_number = serializers.CharField(source="allotment.document_number")
    before = YuanField()
    proposed = YuanField()
    after = YuanField()
    is_short = serializers.BooleanField()


class RecusalSerializer(serializers.Serializer[Any]):
    member = serializers.IntegerField(source="member.pk")
    name = serializers.CharField(source="member.post.user.real_name")
    reason = serializers.CharField()


class MemberVoteSerializer(serializers.Serializer[Any]):
    member = serializers.IntegerField(source="member.pk")
    name = serializers.CharField(source="member.post.user.real_name")
    said = serializers.CharField()
    comment = serializers.CharField()


class ItemSerializer(serializers.Serializer[Any]):
    """一项议题。`outcome` 在闭会前是按现有表决将形成的决议；逐人的表决闭会后公布。"""

    id = serializers.IntegerField(source="item.pk")
    position = serializers.IntegerField(source="item.position")
    kind = serializers.CharField(source="kind.label")
    subject_type = serializers.CharField(source="item.subject_type")
    subject_id = serializers.IntegerField(source="item.subject_id")
    title = serializers.CharField(source="item.title")
    asked = YuanField(allow_null=True)
    proposed = YuanField()
    sources = PoolLineSerializer(source="lines", many=True)
    digest = serializers.CharField(source="item.digest")
    sent_up = serializers.CharField(help_text="二次上报文本的 SHA-256")
    amendment = serializers.CharField(source="item.amendment")
    is_amended = serializers.BooleanField(source="item.is_amended")
    reply_document = serializers.CharField(source="item.reply_document")
    tally = TallySerializer()
    superseded = serializers.IntegerField(help_text="对修改前内容的表决，不再计数")
    recusals = RecusalSerializer(many=True)
    outcome = serializers.CharField(source="outcome.value")
    outcome_name = serializers.CharField(source="outcome.label")
    is_decided = serializers.SerializerMethodField()
    problem = serializers.CharField(source="stops_closing")
    my_vote = serializers.SerializerMethodField()
    my_refusal = serializers.SerializerMethodField()
    votes = serializers.SerializerMethodField()

    def get_is_decided(self, row: ItemRow) -> bool:
        return bool(row.item.outcome)

    def get_my_vote(self, row: ItemRow) -> str:
        return str(row.mine.choice) if row.mine else ""

    def get_my_refusal(self, row: ItemRow) -> str:
        """本人此时不能表决的理由。"""
        return row.refusal.reason if row.refusal else ""

    @extend_schema_field(MemberVoteSerializer(many=True))
    def get_votes(self, row: ItemRow) -> Any:
        return MemberVoteSerializer(row.votes if row.item.outcome else (), many=True).data


class MeetingDetailSerializer(serializers.Serializer[Any]):
    meeting = MeetingSerializer()
    members = MemberSerializer(many=True)
    quorum = serializers.SerializerMethodField()
    items = ItemSerializer(source="rows", many=True)
    pool = PoolLineSerializer(source="run.whole", many=True)
    result = serializers.CharField(help_text="闭会时须带回的结果摘要 seen_result")

    def get_quorum(self, page: MeetingPage) -> str:
        """不足法定人数的理由；空为已达。"""
        return page.quorum.reason if page.quorum else ""


class VoteSerializer(serializers.Serializer[Any]):
    item = serializers.IntegerField(source="item_id")
    choice = serializers.CharField()
    digest = serializers.CharField()
    decision = serializers.IntegerField(source="decision_id")


class ReadySerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    kind = serializers.CharField(source="kind.label")
    title = serializers.CharField(source="subject")
    asked = YuanField(allow_null=True)
