"""What a page says: its texts outside marked passages of another language."""

from collections.abc import Iterator

import lxml.html
from lxml.html import HtmlElement

SPOKEN = ("aria-label", "title", "alt", "placeholder", "data-label")
UNREAD = {"script", "style", "template", "code", "pre"}


def tree(page: bytes) -> HtmlElement:
    """The page as elements."""
    return lxml.html.document_fromstring(page.decode())


def texts(node: HtmlElement, language: str) -> Iterator[str]:
    """Each text and spoken attribute, with blanks made single; passages marked as another language are left out."""
    if not isinstance(node.tag, str) or node.tag in UNREAD or node.get("lang", language) != language:
        return
    yield from filter(None, (" ".join((node.get(name) or "").split()) for name in SPOKEN))
    if node.text and node.text.strip():
        yield " ".join(node.text.split())
    for child in node:
        yield from texts(child, language)
        if child.tail and child.tail.strip():
            yield " ".join(child.tail.split())
