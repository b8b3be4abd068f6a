"""What pages of clinical documents need: when one was made, and the text of its parts."""

from django.utils.safestring import SafeString, mark_safe

from chartpost.formats.ccda.show import Part

from ._register import register
from ._values import fulldate


@register.filter
def stamp(value: str) -> str:
    """When a clinical document says it was made: its date in full words, and its time of day as written."""
    day, _, time = value.partition(" ")
    return f"{fulldate(day)}, {time}" if time else fulldate(day)


@register.filter
def narrative(part: Part) -> SafeString:
    """The text of a part of a clinical document, which `formats.ccda.narrative` made by its allow-list."""
    return mark_safe(part.html)  # noqa: S308 - made by our own walk and cleaned by nh3
