from __future__ import annotations

from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers

from .models import Notice, Objection, Posting


class PostingSerializer(serializers.ModelSerializer[Posting]):
    taken_down_on = serializers.DateField(
        source="take_down.taken_down_on", read_only=True, default=None
    )

    class Meta:
        model = Posting
        fields = (
            "id", "place", "posted_on", "ends_on", "poster_unit", "near_photo", "far_photo",
            "taken_down_on", "recorded_at",
        )  # fmt: skip
        read_only_fields = fields


# `label` is also an attribute of every serializer, so the fields are given by name.
LINE = inline_serializer(
    "NoticeLine", {"label": serializers.CharField(), "text": serializers.CharField()}, many=True
)


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    type = serializers.CharField(source="type.code", read_only=True)
    type_name = serializers.CharField(source="type.name", read_only=True)
    division = serializers.CharField(source="division.code", read_only=True)
    standing = serializers.CharField(read_only=True)
    content = serializers.SerializerMethodField()
    postings = PostingSerializer(many=True, read_only=True)

    class Meta:
        model = Notice
        fields = (
            "id", "number", "version", "type", "type_name", "project", "subject_title",
            "division", "standing", "supersedes", "content", "content_sha256", "check_code",
            "published_at", "postings",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(LINE)
    def get_content(self, notice: Notice) -> list[dict[str, str]]:
        lines: list[dict[str, str]] = notice.content
        return lines


class ObjectionSerializer(serializers.ModelSerializer[Objection]):
    """Without anything about who objected: there is nothing of that anywhere."""

    division = serializers.CharField(source="division.code", read_only=True)
    notice_number = serializers.CharField(source="notice.number", read_only=True)
    status_name = serializers.CharField(source="get_status_display", read_only=True)
    channel_name = serializers.CharField(source="get_channel_display", read_only=True)

    class Meta:
        model = Objection
        fields = (
            "id", "receipt", "notice", "notice_number", "division", "status", "status_name",
            "status_since", "channel", "channel_name", "received_on", "is_named",
            "paper_file_number", "summary", "reply_due_on", "investigating_unit", "conclusion",
            "measures", "remedy", "answered_on", "voids", "registered_at",
        )  # fmt: skip
        read_only_fields = fields
