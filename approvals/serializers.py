from __future__ import annotations

from typing import Any

from rest_framework import serializers

from organizations.models import Organization, Post
from organizations.personal_data import refuse_personal_data

from .models import Decision


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    class Meta:
        model = Decision
        fields = (
            "id", "subject_type", "subject_id", "subject_title", "action", "action_label", "duty",
            "from_status", "to_status", "by_name", "by_unit", "by_title", "for_name", "comment",
            "opinions", "amount", "evidence", "at",
        )  # fmt: skip
        read_only_fields = fields


class OpinionSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=60)
    result = serializers.ChoiceField(choices=("pass", "fail"))
    text = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class StepSerializer(serializers.Serializer[Any]):
    """办理一步。`data` 是本步骤须登记的内容；按来源填写金额时写
    `{"sources": {"<指标编号>": "100.00"}}`。"""

    comment = serializers.CharField(
        max_length=4000, required=False, allow_blank=True, default="", help_text="意见"
    )
    opinions = OpinionSerializer(many=True, required=False, default=list, help_text="逐项意见")
    data = serializers.DictField(  # type: ignore[assignment]
        required=False, default=dict, help_text="本步骤须登记的内容"
    )
    evidence = serializers.ListField(
        child=serializers.RegexField(r"^[0-9a-f]{64}\Z"),
        max_length=50, required=False, default=list, help_text="已上传佐证的 SHA-256",
    )  # fmt: skip
    copy_to = serializers.ListField(
        child=serializers.IntegerField(), required=False, default=list, max_length=10,
        help_text="另外抄送的同事（用户编号）",
    )  # fmt: skip


class PersonInPostSerializer(serializers.ModelSerializer[Post]):
    name = serializers.CharField(source="user.real_name", read_only=True)
    organization = serializers.CharField(source="organization.name", read_only=True)

    class Meta:
        model = Post
        fields = ("id", "name", "organization", "title", "role")
        read_only_fields = fields


class HandOverSerializer(serializers.Serializer[Any]):
    post = serializers.PrimaryKeyRelatedField(
        source="to", queryset=Post.objects.select_related("user", "organization")
    )
    reason = serializers.CharField(max_length=200, validators=[refuse_personal_data])


class AskSerializer(serializers.Serializer[Any]):
    organization = serializers.PrimaryKeyRelatedField(queryset=Organization.objects.all())
    reason = serializers.CharField(max_length=200, validators=[refuse_personal_data])


class RemindSerializer(serializers.Serializer[Any]):
    message = serializers.CharField(max_length=200, validators=[refuse_personal_data])


class OfficeActSerializer(serializers.Serializer[Any]):
    """What was put on record; the subject itself has not moved."""

    id = serializers.IntegerField()
    words = serializers.CharField(source="*")
    at = serializers.DateTimeField()


class CriterionSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField(source="label")
    clause = serializers.CharField()
    hint = serializers.CharField()
    needs_words = serializers.BooleanField()


class StepFieldSerializer(serializers.Serializer[Any]):
    """One thing to put into `data`. Not named `label`, `required`: those are a field's own."""

    name = serializers.CharField()
    title = serializers.CharField()
    is_required = serializers.BooleanField()
    help = serializers.CharField()


class ActionSerializer(serializers.Serializer[Any]):
    """What this person could do now, or why not; with what has to come along."""

    action = serializers.CharField()
    title = serializers.CharField(source="button.label")
    allowed = serializers.BooleanField(source="button.allowed")
    reason = serializers.CharField(source="button.reason")
    clause = serializers.CharField(source="button.clause")
    who_can_clear = serializers.CharField(source="button.who_can_clear")
    needs_comment = serializers.BooleanField()
    needs_key = serializers.BooleanField()
    criteria = CriterionSerializer(many=True)
    facts = StepFieldSerializer(many=True, source="fields_asked")


class InboxItemSerializer(serializers.Serializer[Any]):
    life = serializers.CharField(source="workflow.life")
    id = serializers.IntegerField(source="subject.pk")
    title = serializers.CharField()
    step = serializers.CharField(source="subject.status")
    step_name = serializers.CharField(source="step_label")
    place = serializers.CharField()
    amount = serializers.DecimalField(max_digits=18, decimal_places=2, allow_null=True)
    since = serializers.DateTimeField()
    days = serializers.IntegerField(help_text="已停留的自然日")
    limit_days = serializers.IntegerField(allow_null=True, help_text="工作日")
    due_on = serializers.DateField(allow_null=True)
    overdue = serializers.BooleanField()
    holder = serializers.CharField()
    note = serializers.CharField()
    acts_for = serializers.CharField(help_text="代谁办理；空为本人")
    waits_for = serializers.CharField(help_text="待会签的单位")
    reminders = serializers.IntegerField(source="urged.count", default=0)


class ErrandSerializer(serializers.Serializer[Any]):
    """不经岗位、指名由本人办的一件小事。"""

    title = serializers.CharField()
    action = serializers.CharField()
    note = serializers.CharField()
    place = serializers.CharField(source="place.code")
    since = serializers.DateTimeField()


class InboxSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    results = InboxItemSerializer(many=True)
    errands = ErrandSerializer(many=True, help_text="等本人办理的，不计入 count")
