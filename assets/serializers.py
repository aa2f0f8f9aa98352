from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from funds.serializers import YuanField

from .incomes import years_of
from .models import (
    Asset,
    AssetValue,
    Disposal,
    Distribution,
    DistributionLine,
    Handover,
    Operation,
    Stocktake,
    StocktakeLine,
)


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


class YearSerializer(serializers.Serializer[Any]):
    """收益 of one year; arrears are of what fell due up to today."""

    year = serializers.IntegerField()
    due = YuanField()
    received = YuanField()
    arrears = YuanField()
    distributed = YuanField()
    kept = YuanField()


class HandoverSerializer(serializers.ModelSerializer[Handover]):
    class Meta:
        model = Handover
        fields = ("id", "number", "project", "status", "handed_on", "giver_name", "receiver_name")
        read_only_fields = fields


class UseSerializer(serializers.ModelSerializer[DistributionLine]):
    use = serializers.CharField(source="use.name", read_only=True)

    class Meta:
        model = DistributionLine
        fields = ("use", "amount", "households", "people")
        read_only_fields = fields


class DistributionSerializer(serializers.ModelSerializer[Distribution]):
    lines = UseSerializer(many=True, read_only=True)

    class Meta:
        model = Distribution
        fields = ("id", "number", "asset", "year", "status", "held_on", "lines")
        read_only_fields = fields


class CountSerializer(serializers.ModelSerializer[StocktakeLine]):
    year = serializers.IntegerField(source="stocktake.year", read_only=True)

    class Meta:
        model = StocktakeLine
        fields = (
            "year", "book_quantity", "counted_quantity", "result", "condition", "reason", "opinion",
        )  # fmt: skip
        read_only_fields = fields


class StocktakeSerializer(serializers.ModelSerializer[Stocktake]):
    county = serializers.CharField(source="division.code", read_only=True)
    total = serializers.IntegerField(read_only=True)
    counted = serializers.IntegerField(read_only=True)

    class Meta:
        model = Stocktake
        fields = ("id", "county", "year", "as_of", "status", "total", "counted")
        read_only_fields = fields


class DisposalSerializer(serializers.ModelSerializer[Disposal]):
    class Meta:
        model = Disposal
        fields = (
            "id", "number", "asset", "status", "cause", "way", "assessed_value", "disposed_on",
            "sold_price", "voucher",
        )  # fmt: skip
        read_only_fields = fields


class AssetDetailSerializer(AssetSerializer):
    values = serializers.SerializerMethodField()
    sources = serializers.SerializerMethodField()
    years = serializers.SerializerMethodField()
    handovers = serializers.SerializerMethodField()
    distributions = DistributionSerializer(many=True, read_only=True)
    stocktakes = CountSerializer(source="stocktake_lines", many=True, read_only=True)
    disposals = DisposalSerializer(many=True, read_only=True)

    class Meta(AssetSerializer.Meta):
        fields = (
            *AssetSerializer.Meta.fields, "values", "sources", "years", "handovers",
            "distributions", "stocktakes", "disposals",
        )  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(ValueSerializer(many=True))
    def get_values(self, asset: Asset) -> Any:
        return ValueSerializer(asset.value_rows.all(), many=True).data

    @extend_schema_field(ShareSerializer(many=True))
    def get_sources(self, asset: Asset) -> Any:
        return ShareSerializer(self.context["shares"], many=True).data

    @extend_schema_field(YearSerializer(many=True))
    def get_years(self, asset: Asset) -> Any:
        return YearSerializer(years_of(asset), many=True).data

    @extend_schema_field(HandoverSerializer(many=True))
    def get_handovers(self, asset: Asset) -> Any:
        rows = Handover.objects.filter(items__asset=asset).order_by("pk")
        return HandoverSerializer(rows, many=True).data
