from __future__ import annotations

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

from funds.templatetags.money import NO_AMOUNT, amount
from reports.tables import AMOUNT, CODE, COUNT, DATE, PERCENT, TEXT, Cell

register = template.Library()


@register.simple_tag(takes_context=True)
def report_cell(context: Context, cell: Cell) -> SafeString:
    """One cell of a table of figures: what is not known is a dash, never a nought."""
    words: object = NO_AMOUNT if cell.value is None else cell.value
    if cell.kind == AMOUNT:
        words = amount(context, cell.value)
    elif cell.kind == PERCENT and cell.value is not None:
        words = f"{cell.value:.2f}"
    elif cell.kind == DATE and cell.value is not None:
        words = f"{cell.value:%Y-%m-%d}"
    if cell.url and cell.value is not None:
        words = format_html('<a href="{}">{}</a>', cell.url, words)
    name = "amount" if cell.is_number else "nowrap" if cell.kind in (CODE, DATE) else ""
    kind = format_html(' class="{}"', name) if name else ""
    if cell.tells:
        return format_html('<th scope="row"{}>{}</th>', kind, words)
    return format_html("<td{}>{}</td>", kind, words)


@register.simple_tag(takes_context=True)
def report_total(context: Context, cell: Cell) -> SafeString:
    """One cell of the sums: what has none stays empty."""
    if cell.value is None and cell.kind in (TEXT, CODE, DATE, COUNT):
        return SafeString('<td class="nowrap"></td>')
    return report_cell(context, cell)
