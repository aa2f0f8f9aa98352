from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def plain(value: Decimal) -> str:
    """Without the zeros behind it, and never as a power of ten."""
    return f"{value.normalize():f}"
