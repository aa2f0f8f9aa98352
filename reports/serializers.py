from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .models import MonthlyReturn, ReturnVersion


class ReturnVersionSerializer(serializers.ModelSerializer[ReturnVersion]):
    """`content` is the canonical text whose UTF-8 bytes have the digest `sha256`."""

    title = serializers.CharField(read_only=True)
    sent_on = serializers.DateField(source="dispatch.sent_on", read_only=True, default=None)
    is_late = serializers.BooleanField(source="dispatch.is_late", read_only=True, default=None)
    is_received = serializers.BooleanField(
        source="dispatch.receipt.is_received", read_only=True, default=None
    )

    class Meta:
        model = ReturnVersion
        fields = (
            "number", "title", "reason", "known_at", "ledger_sequence", "ledger_head", "sha256",
            "sealed_at", "sent_on", "is_late", "is_received", "content",
        )  # fmt: skip
        read_only_fields = fields


class MonthlyReturnSerializer(serializers.ModelSerializer[MonthlyReturn]):
    county = serializers.CharField(source="division.code", read_only=True)
    county_name = serializers.CharField(source="division.name", read_only=True)
    status_name = serializers.CharField(source="get_status_display", read_only=True)

    class Meta:
        model = MonthlyReturn
        fields: tuple[str, ...] = (
            "id", "county", "county_name", "first_day", "due_on", "status", "status_name",
        )  # fmt: skip
        read_only_fields = fields


class MonthlyReturnDetailSerializer(MonthlyReturnSerializer):
    versions = ReturnVersionSerializer(many=True, read_only=True)

    class Meta(MonthlyReturnSerializer.Meta):
        fields = (*MonthlyReturnSerializer.Meta.fields, "versions")
        read_only_fields: Any = fields
