from __future__ import annotations

from rest_framework import serializers

from .models import Notice


class NoticeSerializer(serializers.ModelSerializer[Notice]):
    project_name = serializers.CharField(source="project.name", read_only=True)
    round_name = serializers.CharField(source="get_round_display", read_only=True)

    class Meta:
        model = Notice
        fields = (
            "id", "project", "project_name", "round", "round_name", "posted_on", "place",
            "posted_by_unit", "hotline", "taken_down_on", "objections", "outcome", "recorded_at",
        )  # fmt: skip
        read_only_fields = fields
