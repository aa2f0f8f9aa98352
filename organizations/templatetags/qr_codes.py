from __future__ import annotations

import segno
from django import template
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def qr_code(address: str) -> SafeString:
    """As inline SVG, so that no other file and no script is needed to print it."""
    return SafeString(segno.make(address, error="m").svg_inline(scale=3, border=2))
