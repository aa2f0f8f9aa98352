from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from funds.serializers import YuanField

from .charging import rule_of
from .models import (
    Adjustment,
    Contract,
    PaymentPaper,
    PaymentRequest,
    PaymentSource,
    ProgressReport,
    Project,
    ProjectPlace,
    ProjectType,
    Responsibility,
    WorkItem,
)


class ProjectTypeSerializer(serializers.ModelSerializer[ProjectType]):
    class Meta:
        model = ProjectType
        fields = ("id", "code", "name", "parent", "regime", "valid_from", "valid_until")
        read_only_fields = fields


class ProjectSerializer(serializers.ModelSerializer[Project]):
    county = serializers.CharField(source="county.code", read_only=True)
    division = serializers.CharField(source="division.code", read_only=True)
    division_name = serializers.CharField(source="division.name", read_only=True)
    type_name = serializers.CharField(source="type.name", read_only=True)
    status_name = serializers.CharField(source="get_status_display", read_only=True)

    class Meta:
        model = Project
        fields: tuple[str, ...] = (
            "id", "code", "name", "year", "county", "division", "division_name", "type",
            "type_name", "status", "status_name", "status_since", "requested_amount",
            "total_investment",
        )  # fmt: skip
        read_only_fields = fields


class PlaceSerializer(serializers.ModelSerializer[ProjectPlace]):
    code = serializers.CharField(source="division.code", read_only=True)
    name = serializers.CharField(source="division.name", read_only=True)

    class Meta:
        model = ProjectPlace
        fields = ("code", "name", "note")
        read_only_fields = fields


class WorkItemSerializer(serializers.ModelSerializer[WorkItem]):
    class Meta:
        model = WorkItem
        fields = ("name", "unit", "quantity", "unit_price")
        read_only_fields = fields


class SourceSerializer(serializers.Serializer[Any]):
    """What was approved out of one allotment, and how far it has come."""

    allotment = serializers.IntegerField(source="allotment.pk")
    document_number = serializers.CharField(source="allotment.document_number")
    approved = YuanField(allow_null=True)
    allocated = YuanField(source="figures.allocated")
    released = YuanField(source="figures.released")
    paid = YuanField(source="figures.paid")


class ProjectDetailSerializer(ProjectSerializer):
    places = PlaceSerializer(many=True, read_only=True)
    work_items = WorkItemSerializer(many=True, read_only=True)
    sources = serializers.SerializerMethodField()
    charge = serializers.SerializerMethodField()

    class Meta(ProjectSerializer.Meta):
        fields: tuple[str, ...] = (
            *ProjectSerializer.Meta.fields, "nature", "level", "department", "implementing_unit",
            "implementing_unit_code", "leader_name", "leader_title", "owner_name", "owner_title",
            "planned_start", "planned_end", "content", "subsidy_standard", "self_raised",
            "villages_covered", "households", "people", "poor_households", "poor_people",
            "linkages", "linkage_note", "causes", "resources", "funding", "needs", "meeting",
            "proposed_at", "places", "work_items", "sources", "charge",
        )  # fmt: skip
        read_only_fields = fields

    def get_charge(self, project: Project) -> str:
        """拨付时的资金分摊规则和理由；空为先下达先用。"""
        return str(rule_of(project) or "")

    @extend_schema_field(SourceSerializer(many=True))
    def get_sources(self, project: Project) -> Any:
        return SourceSerializer(self.context["sources"], many=True).data


class ContractSerializer(serializers.ModelSerializer[Contract]):
    division = serializers.CharField(source="division.code", read_only=True)
    project_name = serializers.CharField(source="project.name", read_only=True)
    subject_name = serializers.CharField(source="get_subject_display", read_only=True)
    way = serializers.CharField(source="way.code", read_only=True)
    way_name = serializers.CharField(source="way.name", read_only=True)

    class Meta:
        model = Contract
        fields = (
            "id", "number", "name", "project", "project_name", "division", "subject",
            "subject_name", "way", "way_name", "way_reason", "contractor_name", "contractor_code",
            "code_note", "bank", "account", "price", "signed_on", "starts_on", "ends_on",
            "retention_percent", "retention_months", "supervision_unit", "papers", "recorded_at",
            "cancelled_at", "cancel_reason",
        )  # fmt: skip
        read_only_fields = fields


class ProgressReportSerializer(serializers.ModelSerializer[ProgressReport]):
    project_name = serializers.CharField(source="project.name", read_only=True)

    class Meta:
        model = ProgressReport
        fields = (
            "id", "project", "project_name", "month", "percent", "invested", "note", "correction",
            "photos", "recorded_at",
        )  # fmt: skip
        read_only_fields = fields


class ResponsibilitySerializer(serializers.ModelSerializer[Responsibility]):
    project_name = serializers.CharField(source="project.name", read_only=True)
    duty_name = serializers.CharField(source="get_duty_display", read_only=True)
    awaits_acceptance = serializers.BooleanField(
        read_only=True, help_text="已指定、本人尚未接受交接；接受前由前任一并负责"
    )

    class Meta:
        model = Responsibility
        fields = (
            "id", "project", "project_name", "duty", "duty_name", "person", "name", "unit",
            "title", "office_phone", "valid_from", "valid_until", "reason", "predecessor",
            "accepted_at", "awaits_acceptance", "recorded_at",
        )  # fmt: skip
        read_only_fields = fields


class PaymentSerializer(serializers.ModelSerializer[PaymentRequest]):
    division = serializers.CharField(source="division.code", read_only=True)
    project_name = serializers.CharField(source="project.name", read_only=True)
    status_name = serializers.CharField(source="get_status_display", read_only=True)
    kind_name = serializers.CharField(source="get_kind_display", read_only=True)

    class Meta:
        model = PaymentRequest
        fields: tuple[str, ...] = (
            "id", "number", "project", "project_name", "division", "status", "status_name",
            "status_since", "kind", "kind_name", "amount", "contract", "payee_name", "payee_bank",
            "payee_account", "contract_number", "invoice_number", "progress", "work_done",
            "households", "basis", "release_voucher", "pay_voucher", "requested_at",
        )  # fmt: skip
        read_only_fields = fields


class PaymentSourceSerializer(serializers.ModelSerializer[PaymentSource]):
    class Meta:
        model = PaymentSource
        fields = ("allotment", "amount")
        read_only_fields = fields


class PaymentPaperSerializer(serializers.ModelSerializer[PaymentPaper]):
    code = serializers.CharField(source="rule.code", read_only=True)
    name = serializers.CharField(source="rule.name", read_only=True)

    class Meta:
        model = PaymentPaper
        fields = (
            "id", "code", "name", "number", "dated_on", "sha256", "summary", "quantity",
            "unit_price", "amount", "recorded_at",
        )  # fmt: skip
        read_only_fields = fields


class ChecklistSerializer(serializers.Serializer[Any]):
    """What the kind of payment asks for, and what the request has of it."""

    rule = serializers.IntegerField(source="rule.pk")
    code = serializers.CharField(source="rule.code")
    name = serializers.CharField(source="rule.name")
    is_required = serializers.BooleanField(source="rule.is_required")
    on_paper = serializers.BooleanField(source="rule.on_paper")
    papers = PaymentPaperSerializer(many=True, source="rows")


class PaymentDetailSerializer(PaymentSerializer):
    sources = PaymentSourceSerializer(many=True, read_only=True)

    class Meta(PaymentSerializer.Meta):
        fields: tuple[str, ...] = (*PaymentSerializer.Meta.fields, "sources")
        read_only_fields = fields


class AdjustmentSerializer(serializers.ModelSerializer[Adjustment]):
    division = serializers.CharField(source="division.code", read_only=True)
    project_name = serializers.CharField(source="project.name", read_only=True)
    status_name = serializers.CharField(source="get_status_display", read_only=True)
    is_major = serializers.BooleanField(read_only=True)

    class Meta:
        model = Adjustment
        fields = (
            "id", "number", "project", "project_name", "division", "status", "status_name",
            "status_since", "kinds", "reason", "approved_before", "money_change", "is_major",
            "major_reason", "is_marked_major", "changes", "opinion_held_on", "opinion",
            "minutes_files", "published_on", "published_where", "proposed_at",
        )  # fmt: skip
        read_only_fields = fields
