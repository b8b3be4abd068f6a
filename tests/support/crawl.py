"""Walks every page a signed-in person can reach by links, one of each shape of address."""

import re
from collections.abc import Iterator
from urllib.parse import urldefrag, urlsplit

from playwright.sync_api import Page

_REF = re.compile(r"[0-9a-hjkmnp-tv-z]{26}|[0-9a-f]{8}-[0-9a-f-]{27}")
_ITEM = re.compile(r"/item/[A-Za-z]+/[^/]+/")
SKIP = re.compile(
    r"^/fhir/|/account/logout|\.(pdf|xml|json|zip|txt|png|pem|crt|jpg|tif)$|/file/|/open/|/download/|/original/|/copy/|/letter/|/documents?/\d+/"
)


def shape(path: str) -> str:
    """An address with references blanked: pages of one shape are walked once."""
    return _ITEM.sub("/item/*/*/", _REF.sub("*", path))


def links(page: Page) -> list[str]:
    """Paths of the links of a page that stay on this site."""
    found: list[str] = page.eval_on_selector_all("a[href]", "nodes => nodes.map(n => n.href)")
    base = urlsplit(page.url)
    same = [urldefrag(link).url for link in found if urlsplit(link).netloc == base.netloc]
    return [urlsplit(link).path + (f"?{urlsplit(link).query}" if urlsplit(link).query else "") for link in same]


def walk(page: Page, origin: str, start: str, most: int = 80) -> Iterator[tuple[str, int]]:
    """Visit pages by links from `start`; yields (shape, HTTP status) with the page standing on it."""
    waiting, known = [start], {shape(start)}
    while waiting and len(known) <= most:
        path = waiting.pop(0)
        answer = page.goto(origin + path)
        yield shape(path.partition("?")[0]), answer.status if answer else 0
        for link in links(page):
            bare = link.partition("?")[0]
            if shape(bare) not in known and not SKIP.search(bare):
                known.add(shape(bare))
                waiting.append(link)
