"""A JSON body, or a query, filled into the very form of the page: same questions, same answers.

A form takes only text; JSON has types, so each field says which one it takes. Money is text,
because a JSON number may pass through a binary float on its way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django import forms
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

F = TypeVar("F", bound=forms.BaseForm)

TEXT = '须为字符串，如 "100.00"；JSON 的数可能按浮点数传送而失真'
UNKNOWN = "没有这个字段"
# The first that fits: the form field, the JSON type it takes, what to say of any other.
TYPES: tuple[tuple[type[forms.Field], type, str], ...] = (
    (forms.BooleanField, bool, "须为 true 或 false"),
    (forms.ModelMultipleChoiceField, list, "须为列表"),
    (forms.MultipleChoiceField, list, "须为列表"),
    (forms.ModelChoiceField, int, "须为编号（整数）"),
    (forms.DecimalField, str, TEXT),
    (forms.FloatField, str, TEXT),
    (forms.IntegerField, int, "须为整数"),
    (forms.Field, str, TEXT),
)


def fill(form_class: type[F], body: Mapping[str, Any], **kwargs: Any) -> F:
    """The filled form, valid. Raises ValidationError by field."""
    given = {name: value for name, value in body.items() if value is not None}
    form = form_class(given, **kwargs)
    errors = {name: [e] for name, value in given.items() if (e := type_error(form, name, value))}
    if errors:
        raise ValidationError(errors)
    return demand_valid(form)


def demand_valid(form: F) -> F:
    if not form.is_valid():
        raise ValidationError({n: [str(e) for e in errors] for n, errors in form.errors.items()})
    return form


def type_error(form: forms.BaseForm, name: str, value: Any) -> str | None:
    field = form.fields.get(name)
    if field is None or field.disabled:
        return UNKNOWN
    wanted, words = type_of(field)
    members = value if isinstance(value, list) else [value]
    if type(value) is not wanted or any(type(m) not in (str, int, bool) for m in members):
        return words
    return None


def type_of(field: forms.Field) -> tuple[type, str]:
    return next((type_, words) for kind, type_, words in TYPES if isinstance(field, kind))


def described(name: str, form_class: Any, *, omit: tuple[str, ...] = ("key",), **more: Any) -> Any:
    """The form as a request body in the schema; reading it happens in `fill`."""
    fields = {n: _described(f) for n, f in form_class.base_fields.items() if n not in omit}
    return inline_serializer(name, fields={**fields, **more})


def _described(field: forms.Field) -> Any:
    words = str(field.label or "")
    options: dict[str, Any] = {"required": field.required, "help_text": words}
    kind = type_of(field)[0]
    if kind is bool:
        return serializers.BooleanField(**options)
    if kind is int:
        return serializers.IntegerField(**options)
    if kind is list:
        return serializers.ListField(child=serializers.JSONField(), **options)
    if isinstance(field, forms.DateField):
        return serializers.DateField(**options)
    return serializers.CharField(allow_blank=not field.required, **options)


def asked_by(filters: Mapping[str, Any]) -> list[OpenApiParameter]:
    """The fields of a list's filter as the schema's query parameters."""
    return [
        OpenApiParameter(name, str, description=str(f.label or "")) for name, f in filters.items()
    ]
