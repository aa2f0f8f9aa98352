"""How templates show money. Django's intcomma and floatformat group by four under zh-hans."""

from decimal import Decimal

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from funds.money import format_wan, format_yuan, in_words

register = template.Library()

NO_AMOUNT = "—"


@register.filter
def yuan(value: Decimal | None) -> str:
    return NO_AMOUNT if value is None else format_yuan(value)


@register.filter
def wan(value: Decimal | None) -> str:
    return NO_AMOUNT if value is None else format_wan(value)


@register.filter
def daxie(value: Decimal | None) -> str:
    return NO_AMOUNT if value is None else in_words(value)


@register.simple_tag(takes_context=True)
def amount(context: Context, value: Decimal | None) -> SafeString:
    """In the unit the reader chose: context["unit"] is "yuan" (default) or "wan"."""
    text = wan(value) if context.get("unit") == "wan" else yuan(value)
    css_class = "amount negative" if value is not None and value < 0 else "amount"
    return format_html('<span class="{}">{}</span>', css_class, text)
