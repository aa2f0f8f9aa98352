from __future__ import annotations

from rest_framework import serializers

from .models import Target


class TargetSerializer(serializers.ModelSerializer[Target]):
    aspect_name = serializers.CharField(source="get_aspect_display", read_only=True)
    operator_sign = serializers.CharField(source="get_operator_display", read_only=True)

    class Meta:
        model = Target
        fields = (
            "id", "project", "aspect", "aspect_name", "name", "operator", "operator_sign",
            "value", "wording", "unit", "weight", "explanation", "data_source", "evidence",
        )  # fmt: skip
        read_only_fields = fields
