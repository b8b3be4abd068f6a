"""Every page each kind of person can reach: it opens, it is accessible, it breaks no policy of the browser."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.journeys.conftest import Visitors
from tests.support.axe import on_every_page, violations
from tests.support.crawl import shape, walk

pytestmark = pytest.mark.browser

WHO = {
    "rosa": ("rosa-alvarado@people.example.org", "/"),
    "marisol": ("marisol-alvarado@people.example.org", "/"),
    "clerk": ("clerk@lakeside.example.org", "/desk/"),
    "privacy": ("privacy@lakeside.example.org", "/desk/"),
    "admin": ("admin@lakeside.example.org", "/welcome/"),
}


VISITS = (("rosa", 390), ("rosa", 1280), ("marisol", 390), ("clerk", 1280), ("privacy", 390), ("admin", 1280))


@pytest.mark.parametrize(("name", "width"), VISITS)
def test_every_page_opens_and_is_accessible(visitors: Visitors, name: str, width: int) -> None:
    email, start = WHO[name]
    visitor = visitors.new(width=width, dark=width == 390)
    complaints: list[str] = []
    visitor.page.on("console", lambda m: complaints.append(m.text) if "Content Security Policy" in m.text else None)
    visitor.page.on("pageerror", lambda e: complaints.append(str(e)))
    visitor.sign_in(email)
    on_every_page(visitor.context)
    problems: list[str] = []
    seen: set[str] = set()
    for asked, status in walk(visitor.page, visitor.demo.url, start):
        if status >= 400:
            problems.append(f"{asked}: HTTP {status}")
        shown = shape(urlsplit(visitor.page.url).path)  # several addresses may lead on to one page
        if status >= 400 or shown in seen:
            continue
        seen.add(shown)
        if found := complaints_of(visitor.page):
            visitor.shot(f"{name}-{width}{re.sub(r'[^a-z0-9]+', '-', shown)}")
        problems += [f"{shown}: {line}" for line in found]
    assert not problems + complaints, "\n".join(problems + complaints)
    assert len(seen) > 8, "the walk hardly left the start page"


def complaints_of(page: Page) -> list[str]:
    """What is wrong with a page."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return violations(page) + ([f"{wide} px wider than the screen"] if wide > 1 else [])
