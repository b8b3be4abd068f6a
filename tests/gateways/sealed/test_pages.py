"""The static pages under /s/: what they send, on which host, and that asking for them does nothing."""

import base64
import gzip
import re
from hashlib import sha384
from types import SimpleNamespace
from typing import Any

import lxml.html
import pytest

from chartpost.gateways.sealed import assets, pages
from chartpost.kernel import config

built = pytest.mark.skipif(not (assets.BUILT / "integrity.json").exists(), reason="needs the built frontend")
pytestmark = built
SHARE = "/s/AAAAAAAAAAAAAAAAAAAAAA"
SECRET = "B" * 43


def ask(path: str, method: str = "GET", **environ: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers in lower case, and body."""
    got: dict[str, Any] = {}

    def start(status: str, headers: list[tuple[str, str]]) -> None:
        got.update(status=int(status[:3]), headers={name.lower(): value for name, value in headers})
        assert len(got["headers"]) == len(headers), "no header twice"

    asked = {"REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_HOST": "localhost:8443", **environ}
    body = b"".join(pages.application(asked, start))
    return got["status"], got["headers"], body


def policy(headers: dict[str, str]) -> dict[str, str]:
    """The directives of the page's Content-Security-Policy."""
    pairs = (one.strip().partition(" ") for one in headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in pairs}


def test_a_page_may_do_very_little() -> None:
    status, headers, _ = ask(SHARE)
    assert status == 200
    assert policy(headers) == {
        "default-src": "'none'",
        "script-src": "'self'",
        "worker-src": "'self'",
        "connect-src": "'self'",
        "style-src": "'self'",
        "font-src": "'self'",
        "img-src": "'self' blob:",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "chartpost",
    }
    assert headers["integrity-policy"] == "blocked-destinations=(script)"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin-allow-popups"
    assert {ask(path)[1]["cross-origin-opener-policy"] for path in ("/s/help", "/s/none", "/s/d/" + "A" * 22)} == {
        "same-origin"
    }
    assert headers["cache-control"] == "no-store"
    assert "set-cookie" not in headers


def test_the_bytes_are_the_same_for_every_share_that_is_or_is_not() -> None:
    page = ask(SHARE)[2]
    assert ask("/s/ZZZZZZZZZZZZZZZZZZZZZg")[2] == page
    assert ask(f"{SHARE}/")[2] == page
    assert ask(SHARE, HTTP_COOKIE="__Host-chartpost=x")[2] == page


@pytest.mark.parametrize("path", [SHARE, "/s/help", "/s/nothing"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_file_of_a_page_is_there_with_the_integrity_it_names(path: str, language: str) -> None:
    _, headers, body = ask(path, QUERY_STRING=f"lang={language}")
    assert headers["content-type"] == "text/html; charset=utf-8"
    tree = lxml.html.document_fromstring(body.decode())
    assert tree.get("lang") == language
    loaded = [
        (one.get("src") or one.get("href"), one.get("integrity"))
        for one in tree.xpath("//script | //link[@rel='stylesheet']")
    ]
    assert loaded
    for address, integrity in loaded:
        status, headers, content = ask(address)
        assert status == 200
        assert integrity == "sha384-" + base64.b64encode(sha384(content).digest()).decode()
        assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert tree.xpath("//script[not(@src)] | //style | //*[@style] | //*[@onclick]") == []
    worker = tree.xpath("string(//@data-worker)")
    assert not worker or ask(worker)[0] == 200


def test_style_sheets_find_their_fonts() -> None:
    _, _, css = ask(assets.address("share.css"))
    fonts = re.findall(r"url\(\"?([^)\"]+)\"?\)", css.decode())
    assert len(fonts) == 3
    assert [ask(assets.PREFIX + font)[0] for font in fonts] == [200, 200, 200]


def test_scripts_in_the_background_are_held_even_shorter() -> None:
    worker = policy(ask(assets.address("js/share_worker.js"))[1])
    assert worker["default-src"] == "'none'"
    assert worker["connect-src"] == "'self'"
    assert worker["trusted-types"] == "'none'"
    status, headers, _ = ask("/s/sw.js")
    assert (status, headers["cache-control"]) == (200, "no-cache")


def test_files_are_packed_for_who_takes_it() -> None:
    address = assets.address("js/share.js")
    _, plain_headers, plain = ask(address)
    _, headers, packed = ask(address, HTTP_ACCEPT_ENCODING="br, gzip")
    assert headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain_headers
    assert gzip.decompress(packed) == plain
    assert headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("query", "accepted", "spoken"),
    [
        ("", "", "en"),
        ("", "es-MX,es;q=0.9", "es"),
        ("", "fr, es;q=0.5", "es"),
        ("lang=en", "es", "en"),
        ("lang=<", "fr", "en"),
    ],
)
def test_the_language_is_the_readers(query: str, accepted: str, spoken: str) -> None:
    body = ask(SHARE, QUERY_STRING=query, HTTP_ACCEPT_LANGUAGE=accepted)[2]
    assert lxml.html.document_fromstring(body.decode()).get("lang") == spoken


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_but_get_and_head(method: str) -> None:
    assert ask(SHARE, method)[0] == 405


def test_head_says_the_same_without_a_body() -> None:
    status, headers, body = ask(SHARE, "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["content-length"]) == len(ask(SHARE)[2])


@pytest.mark.parametrize(
    "path",
    ["/s/short", "/s/-/nothing.js", "/s/-/../settings.py", "/s/AAAAAAAAAAAAAAAAAAAAAA/more", "/s/-/save/x", "/s/api"],
)
def test_what_is_no_page_says_so(path: str) -> None:
    assert ask(path)[0] == 404


def test_a_link_seen_whole_by_the_server_is_told_on(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(pages.services, "link_seen", told.append)
    monkeypatch.setattr(pages, "connection", SimpleNamespace(in_atomic_block=True))
    ask(SHARE)
    ask("/s/help")
    assert told == []
    for mark in ("#", "%23", "%2523"):
        assert ask(f"{SHARE}{mark}1.{SECRET}")[2] == ask(SHARE)[2]
    assert told == ["AAAAAAAAAAAAAAAAAAAAAA"] * 3


@pytest.fixture
def own_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sealed pages have an origin of their own."""
    values = {"CHARTPOST_BASE_URL": "https://records.example", "CHARTPOST_SHARE_ORIGIN": "https://sealed.example"}
    settings = config.load(values)
    monkeypatch.setattr(pages, "config", lambda: settings)


@pytest.mark.usefixtures("own_host")
def test_the_own_host_serves_these_pages_alone() -> None:
    here = {"HTTP_HOST": "sealed.example"}
    for path in ("/", "/account/login/", "/fhir/metadata", "/static/chartpost.css", "/healthz", "/desk/"):
        assert pages.belongs({"PATH_INFO": path, **here})
        assert ask(path, **here)[0] == 404
        assert not pages.belongs({"PATH_INFO": path, "HTTP_HOST": "records.example"})
    status, headers, _ = ask(SHARE, **here)
    assert status == 200
    assert headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.usefixtures("own_host")
def test_the_main_host_sends_readers_to_the_own_one() -> None:
    status, headers, _ = ask(SHARE, HTTP_HOST="records.example")
    assert (status, headers["location"]) == (307, f"https://sealed.example{SHARE}")
    assert "set-cookie" not in headers
    _, headers, _ = ask(f"{SHARE}#1.{SECRET}", HTTP_HOST="records.example")
    assert headers["location"] == f"https://sealed.example{SHARE}%231.{SECRET}"
    assert ask("/s/nothing", HTTP_HOST="records.example")[0] == 404


def test_without_a_built_frontend_the_page_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(assets, "BUILT", tmp_path)
    for kept in (assets.integrity, assets.load, assets.served):
        kept.cache_clear()
    pages.shell.page.cache_clear()
    try:
        status, _, body = ask(SHARE)
    finally:
        assets.integrity.cache_clear()
        assets.served.cache_clear()
    assert status == 503
    assert b"make setup" in body
