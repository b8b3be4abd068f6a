"""Tags that stand around or in place of a block of text."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ._register import register

ALERT_ICONS = {"info": "info", "success": "check-circle", "warning": "warning", "error": "error"}


def _render(template: str, context: dict[str, Any]) -> SafeString:
    return SafeString(render_to_string(f"components/{template}.html", context))


@register.simple_block_tag(end_name="endalert")
def alert(content: str, kind: str = "info", title: str = "", level: int = 2) -> SafeString:
    """A message that stands out; `kind` is info, success, warning or error."""
    return _render(
        "alert", {"content": content, "kind": kind, "icon_name": ALERT_ICONS[kind], "title": title, "level": level}
    )


@register.simple_block_tag(end_name="endsummarybox")
def summarybox(content: str, title: str) -> SafeString:
    """The few facts a page comes down to."""
    return _render("summary_box", {"content": content, "title": title})


@register.simple_block_tag(end_name="endcard")
def card(content: str, title: str = "", status: str = "", tone: str = "neutral", level: int = 2) -> SafeString:
    """A framed group of facts with an optional title and status."""
    return _render("card", {"content": content, "title": title, "status": status, "tone": tone, "level": level})


@register.simple_block_tag(end_name="endmore")
def more(content: str, summary: str, open: bool = False) -> SafeString:
    """Text to open when wanted (a details element)."""
    return _render("more", {"content": content, "summary": summary, "open": open})


@register.simple_block_tag(end_name="endbuttons")
def buttons(content: str) -> SafeString:
    """A row of buttons and links; the main one first."""
    return _render("buttons", {"content": content})


@register.simple_tag
def button(
    label: str, *, kind: str = "", href: str = "", name: str = "", value: str = "", icon: str = "", form: str = ""
) -> SafeString:
    """A button (or a link that looks like one); `kind` is secondary, danger, quiet, big or small, or several."""
    classes = " ".join(["button", *(f"button--{word}" for word in kind.split())])
    given = {"label": label, "classes": classes, "href": href, "name": name, "value": value, "icon_name": icon}
    return _render("button", {**given, "form": form})


@register.simple_tag
def tile(
    title: str, href: str, *, text: str = "", icon: str = "", main: bool = False, count: int | None = None
) -> SafeString:
    """A card that is one link; `main` marks the one thing most people came for."""
    given = {"title": title, "href": href, "text": text, "icon_name": icon, "main": main, "count": count}
    return _render("tile", given)


@register.simple_tag
def emptystate(
    title: str, *, why: str = "", next: str = "", href: str = "", icon: str = "folder", level: int = 2
) -> SafeString:
    """What a page says when there is nothing to show: why, and what to do next."""
    given = {"title": title, "why": why, "next": next, "href": href, "icon_name": icon, "level": level}
    return _render("empty_state", given)
