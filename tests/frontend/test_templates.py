"""Every page part renders, passes the content security policy, and is well-formed."""

import re
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.test import Client

import chartpost.portal
from chartpost.portal.glossary import ENTRIES

TEMPLATES = Path(chartpost.portal.__file__).parent / "templates"
NAMES = sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))
FORBIDDEN = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.I),
    "an event attribute": re.compile(r"<[a-z][^>]*\son[a-z]+\s*=", re.I),
    "a style element": re.compile(r"<style\b", re.I),
    "a data: address": re.compile(r"(?:src|href)\s*=\s*[\"']?data:", re.I),
    "a javascript: address": re.compile(r"javascript:", re.I),
}
SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script>", re.I | re.S)


def breaches(html: str) -> list[str]:
    """What a strict content security policy would block in a page."""
    found = [what for what, pattern in FORBIDDEN.items() if pattern.search(html)]
    for attributes, body in SCRIPT.findall(html):
        if body.strip() and "application/json" not in attributes:
            found.append("an inline script")
    return found


def test_breaches_sees_each_kind() -> None:
    bad = '<p style="a"><b onclick="x()"><style></style><img src="data:x"><a href="javascript:y"><script>z()</script>'
    assert len(breaches(bad)) == len(FORBIDDEN) + 1
    assert breaches('<script type="application/json">{"a": 1}</script><script src="/static/a.js"></script>') == []


@pytest.mark.parametrize("name", NAMES)
def test_template_source_passes_the_policy(name: str) -> None:
    get_template(name)
    assert breaches((TEMPLATES / name).read_text()) == []


@pytest.mark.usefixtures("gallery_site")
@pytest.mark.parametrize("address", ["/gallery/", "/gallery/desk/"])
def test_gallery_page_passes_the_policy(client: Client, address: str) -> None:
    response = client.get(address)
    html = response.content.decode()
    assert response.status_code == 200
    assert breaches(html) == []
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'aria-describedby="([^"]+)"', html):
        assert set(target.split()) <= set(ids)


@pytest.mark.usefixtures("gallery_site")
def test_glossary_page_has_a_place_for_every_term(client: Client) -> None:
    html = client.get("/gallery/page/components/glossary.html").content.decode()
    assert {f'id="term-{key}"' for key in ENTRIES} <= set(re.findall(r'id="term-[^"]+"', html))


@pytest.mark.usefixtures("gallery_site")
@pytest.mark.parametrize(
    ("name", "has", "lacks"),
    [
        ("base/simple.html", 'class="simple__card"', 'class="site-nav'),
        ("base/print.html", "Printed", 'class="site-header"'),
        ("base/portal.html", 'class="site-nav site-nav--tabs"', 'class="side-nav"'),
        ("errors/error.html", "Go to the start page", 'class="site-nav'),
    ],
)
def test_base_page(client: Client, name: str, has: str, lacks: str) -> None:
    html = client.get(f"/gallery/page/{name}").content.decode()
    assert breaches(html) == []
    assert has in html
    assert lacks not in html
    assert html.count("<main") == 1
    assert '<a class="skip" href="#main">' in html
