"""Forms of pages, filled in the way a browser would send them."""

from typing import Any

from lxml import html


def fields(page: Any) -> dict[str, list[str]]:
    """What the main form of a page would send if nothing were changed; buttons are left out."""
    root = html.fromstring(page.content)
    found: dict[str, list[str]] = {}
    for box in root.xpath("//main//form//input[@name]"):
        kind = box.get("type", "text")
        if kind not in {"checkbox", "radio"} or box.get("checked") is not None:
            found.setdefault(box.get("name"), []).append(box.get("value", ""))
    found.pop("csrfmiddlewaretoken", None)
    return found


def text(page: Any) -> str:
    """The words of a page's main part, with single spaces."""
    root = html.fromstring(page.content)
    return " ".join(" ".join(root.xpath("//main//text()[not(parent::script)]")).split())
