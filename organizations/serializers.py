from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .models import Delegation, Division, Organization, Post, User


class DivisionSerializer(serializers.ModelSerializer[Division]):
    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent.code", default=None, read_only=True
    )

    class Meta:
        model = Division
        fields = ("id", "code", "name", "level", "parent", "is_current")
        read_only_fields = fields


class OrganizationSerializer(serializers.ModelSerializer[Organization]):
    division = serializers.CharField(source="division.code", read_only=True)
    division_name = serializers.CharField(source="division.name", read_only=True)

    class Meta:
        model = Organization
        fields = ("id", "name", "kind", "division", "division_name", "credit_code", "is_active")
        read_only_fields = fields


class PostSerializer(serializers.ModelSerializer[Post]):
    role_name = serializers.CharField(source="get_role_display", read_only=True)
    organization = OrganizationSerializer(read_only=True)
    holder = serializers.CharField(
        source="user.real_name", read_only=True, help_text="岗位本人；与本人不同的是代办的岗位"
    )

    class Meta:
        model = Post
        fields = (
            "id", "role", "role_name", "organization", "holder", "title", "valid_from",
            "valid_until", "appointment_document", "accepted_at", "end_reason",
        )  # fmt: skip
        read_only_fields = fields


class DelegationSerializer(serializers.ModelSerializer[Delegation]):
    holder = serializers.CharField(source="post.user.real_name", read_only=True)
    role = serializers.CharField(source="post.role", read_only=True)
    organization = serializers.CharField(source="post.organization.name", read_only=True)
    delegate_name = serializers.CharField(source="delegate.real_name", read_only=True)
    delegate = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.filter(is_active=True), help_text="代办人"
    )

    class Meta:
        model = Delegation
        fields = (
            "id", "post", "holder", "role", "organization", "delegate", "delegate_name",
            "valid_from", "valid_until", "reason", "made_at", "revoked_at", "state",
        )  # fmt: skip
        read_only_fields = ("made_at", "revoked_at", "state")


class PersonSerializer(serializers.ModelSerializer[User]):
    """Who asks, and by which posts of today."""

    posts = PostSerializer(source="posts_today", many=True, read_only=True)

    class Meta:
        model = User
        fields = ("id", "username", "real_name", "posts")
        read_only_fields = fields


class TokenRequestSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=200, trim_whitespace=False)


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField()
    expires_at = serializers.DateTimeField()
