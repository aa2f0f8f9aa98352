from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from funds.serializers import YuanField

from .models import Asset, AssetValue, Operation


class OperationSerializer(serializers.ModelSerializer[Operation]):
    mode_name = serializers.CharField(source="get_mode_display", read_only=True)

    class Meta:
        model = Operation
        fields = (
            "operator_name", "operator_code", "mode", "mode_name", "contract_number", "starts_on",
            "ends_on", "yearly_rent", "ended_on", "end_reason",
        )  # fmt: skip
        read_only_fields = fields


class AssetSerializer(serializers.ModelSerializer[Asset]):
    county = serializers.CharField(source="county.code", read_only=True)
    division = serializers.CharField(source="division.code", read_only=True)
    division_name = serializers.CharField(source="division.name", read_only=True)
    class_name = serializers.CharField(source="get_asset_class_display", read_only=True)
    type_name = serializers.CharField(source="type.name", read_only=True)
    condition_name = serializers.CharField(source="get_condition_display", read_only=True)
    original_value = YuanField()
    net_value = YuanField()
    operations = OperationSerializer(many=True, read_only=True)

    class Meta:
        model = Asset
        fields: tuple[str, ...] = (
            "id", "number", "year", "county", "project", "earlier_project", "earlier_sources",
            "name", "asset_class", "class_name", "type", "type_name", "quantity", "unit",
            "specification", "division", "division_name", "address", "longitude", "latitude",
            "built_on", "useful_years", "depreciation", "original_value", "net_value",
            "owner_level", "owner_name", "owner_code", "titled_on", "title_document",
            "operations", "condition", "condition_name", "condition_since", "remedy",
            "remedy_note", "keeper_unit", "keeper_post", "keeping", "keeping_funds", "villages",
            "households", "people", "benefit", "supervisor_unit", "supervisor_post", "booked_in",
            "booking_number", "is_mortgaged", "remark", "left_on", "registered_at",
        )  # fmt: skip
        read_only_fields = fields


class ValueSerializer(serializers.ModelSerializer[AssetValue]):
    class Meta:
        model = AssetValue
        fields = ("kind", "amount", "document", "voucher", "reason", "recorded_at")
        read_only_fields = fields


class ShareSerializer(serializers.Serializer[Any]):
    """So much of the asset was paid by this voucher out of this allotment."""

    voucher = serializers.IntegerField(source="voucher.pk")
    allotment = serializers.IntegerField(source="allotment.pk")
    document_number = serializers.CharField(source="allotment.document_number")
    amount = YuanField()


class AssetDetailSerializer(AssetSerializer):
    values = serializers.SerializerMethodField()
    sources = serializers.SerializerMethodField()

    class Meta(AssetSerializer.Meta):
        fields = (*AssetSerializer.Meta.fields, "values", "sources")
        read_only_fields = fields

    @extend_schema_field(ValueSerializer(many=True))
    def get_values(self, asset: Asset) -> Any:
        return ValueSerializer(asset.value_rows.all(), many=True).data

    @extend_schema_field(ShareSerializer(many=True))
    def get_sources(self, asset: Asset) -> Any:
        return ShareSerializer(self.context["shares"], many=True).data
