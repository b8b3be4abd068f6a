"""Every page each kind of person can reach: it opens, it is accessible, it breaks no policy of the browser."""

import re

import pytest

from tests.journeys.conftest import Visitors
from tests.support.axe import violations
from tests.support.crawl import walk

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
    problems: list[str] = []
    seen = 0
    for shape, status in walk(visitor.page, visitor.demo.url, start):
        seen += 1
        if status >= 400:
            problems.append(f"{shape}: HTTP {status}")
            continue
        visitor.shot(f"{name}-{width}{re.sub(r'[^a-z0-9]+', '-', shape)}")
        problems += [f"{shape}: {line}" for line in violations(visitor.page)]
        wide = visitor.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 1:
            problems.append(f"{shape}: {wide} px wider than the screen")
    assert not problems + complaints, "\n".join(problems + complaints)
    assert seen > 8, "the walk hardly left the start page"
