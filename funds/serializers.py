"""What the API answers about money. Yuan, always as text with two decimals."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .models import Account, Allotment, Entry, FundCategory, Month, Voucher


class YuanField(serializers.DecimalField):
    """Read only: what comes in goes through the forms."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=20, decimal_places=2, read_only=True, **kwargs)


class FundCategorySerializer(serializers.ModelSerializer[FundCategory]):
    class Meta:
        model = FundCategory
        fields = ("id", "code", "name", "group", "regime", "valid_from", "valid_until")
        read_only_fields = fields


class FiguresSerializer(serializers.Serializer[Any]):
    """下达、到账、分配、核拨、支付、结余，另附上缴和池内未分配。"""

    issued = YuanField()
    received = YuanField()
    allocated = YuanField()
    released = YuanField()
    paid = YuanField()
    returned = YuanField()
    balance = YuanField()
    pool = YuanField()


class CountyFiguresSerializer(serializers.Serializer[Any]):
    county = serializers.CharField(source="county.code")
    county_name = serializers.CharField(source="county.name")
    figures = FiguresSerializer()


class AllotmentSerializer(serializers.ModelSerializer[Allotment]):
    county = serializers.CharField(source="county.code", read_only=True)
    county_name = serializers.CharField(source="county.name", read_only=True)
    level_name = serializers.CharField(source="get_level_display", read_only=True)
    category_name = serializers.CharField(source="category.name", read_only=True)

    class Meta:
        model = Allotment
        fields = (
            "id", "county", "county_name", "document_number", "document_text",
            "local_document_number", "level", "level_name", "category", "category_name",
            "fund_year", "issued_on", "amount", "is_integrated", "integrating_department",
            "using_unit", "function_code", "direction", "note", "recorded_at",
        )  # fmt: skip
        read_only_fields = fields


class LedgerRowSerializer(serializers.Serializer[Any]):
    """A line of 总台账."""

    allotment = AllotmentSerializer()
    figures = FiguresSerializer()
    first_received_on = serializers.DateField(source="arrival.first_on", default=None)
    last_received_on = serializers.DateField(source="arrival.last_on", default=None)


class AccountSerializer(serializers.ModelSerializer[Account]):
    kind_name = serializers.CharField(source="get_kind_display", read_only=True)
    earmark_code = serializers.CharField(source="earmark.code", default=None, read_only=True)

    class Meta:
        model = Account
        fields = ("id", "kind", "kind_name", "allotment", "earmark", "earmark_code")
        read_only_fields = fields


class EntrySerializer(serializers.ModelSerializer[Entry]):
    source = AccountSerializer(read_only=True)  # type: ignore[assignment]
    destination = AccountSerializer(read_only=True)

    class Meta:
        model = Entry
        fields = ("line", "source", "destination", "amount")
        read_only_fields = fields


class VoucherSerializer(serializers.ModelSerializer[Voucher]):
    county = serializers.CharField(source="county.code", read_only=True)
    title = serializers.CharField(source="__str__", read_only=True)
    kind_name = serializers.CharField(source="get_kind_display", read_only=True)
    reversed_by = serializers.IntegerField(source="reversal.pk", default=None, read_only=True)

    class Meta:
        model = Voucher
        fields: tuple[str, ...] = (
            "id", "county", "year", "number", "title", "sequence", "kind", "kind_name", "key",
            "occurred_on", "posted_at", "total", "balance_after", "memo", "document",
            "counterparty", "evidence", "by_name", "by_unit", "by_title", "decision", "refers_to",
            "reverses", "reversed_by", "previous_digest", "digest",
        )  # fmt: skip
        read_only_fields = fields


class VoucherDetailSerializer(VoucherSerializer):
    entries = EntrySerializer(many=True, read_only=True)

    class Meta(VoucherSerializer.Meta):
        fields: tuple[str, ...] = (*VoucherSerializer.Meta.fields, "entries")
        read_only_fields = fields


class MonthSerializer(serializers.ModelSerializer[Month]):
    county = serializers.CharField(source="division.code", read_only=True)
    status_name = serializers.CharField(source="get_status_display", read_only=True)

    class Meta:
        model = Month
        fields = ("id", "county", "first_day", "status", "status_name", "status_since")
        read_only_fields = fields
