"""The SMART JS client in a real Chromium: standalone launch, reads, pages, references, refresh."""

import functools
import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from tests.interop.checklist.office import Office
from tests.support.chromium import chromium
from tests.support.launching import Client

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "frontend" / "node_modules" / "fhirclient" / "build" / "fhir-client.min.js"
PAGES = Path(__file__).with_name("smart_js")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not LIBRARY.exists(), reason="the SMART JS client is not installed: run make setup"),
]


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def app_site(tmp_path: Path) -> Iterator[str]:
    """The app's own site: two pages and the library."""
    for file in (*PAGES.glob("*.html"), LIBRARY):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def registered(office: Office, site: str) -> Client:
    """The app as it registers itself."""
    metadata = {
        "client_name": "SMART JS test app",
        "redirect_uris": [f"{site}/app.html"],
        "token_endpoint_auth_method": "none",
    }
    answer = office.live.send(
        "POST", "/oauth/register", json.dumps(metadata).encode(), {"Content-Type": "application/json"}
    )
    assert answer.status == 201, answer.text
    return Client(office.live, answer.json["client_id"], redirect=f"{site}/app.html")


def test_the_smart_js_client_launches_reads_and_refreshes(office: Office, app_site: str) -> None:
    app = registered(office, app_site)
    session = office.session("grace")
    with chromium("--disable-quic") as browser:
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{app_site}/launch.html?{urlencode({'client': app.client_id, 'iss': office.live.base})}")
        page.get_by_label("Email", exact=False).first.fill("grace-bennett@people.example.org")
        page.get_by_label("Password").first.fill(office.live.passwords["grace-bennett@people.example.org"])
        page.get_by_role("button", name="Sign in", exact=False).first.click()
        page.get_by_label("Grace Anne Bennett").check()
        page.get_by_role("button", name="Allow", exact=True).click()
        page.wait_for_url(f"{app_site}/app.html**")
        expect(page.locator("#result")).not_to_be_empty()
        found = json.loads(page.locator("#result").inner_text())
    assert "error" not in found, found
    assert (found["patient"], found["family"]) == (session.patient, "Bennett")
    assert found["user"] == f"Patient/{session.patient}"
    vitals = session.search("Observation", patient=session.patient, category="vital-signs")
    assert found["vitals"] == len(vitals)
    assert "ferrous sulfate 325 MG Oral Tablet" in found["medicines"]
    assert found["refreshed"] is True
