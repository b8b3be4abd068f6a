"""CHARTPOST_SHARE_ORIGIN on a second name of the same server: in a real browser, and at the wire."""

import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPSConnection
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Request, expect

from chartpost.gateways.sealed.pages import POLICY
from tests.journeys.sealed.conftest import NO_PICKERS
from tests.journeys.sealed.people import Account, choose, passed_on, send, tell
from tests.shares.live import PASSWORD, SENDER, Office
from tests.support.chromium import chromium
from tests.support.live import Answer, Live
from tests.support.this_run import free_port

pytestmark = pytest.mark.browser
RECORDS, FILES = "records.example.test", "files.example.test"

CLERK = f"""
django.setup()
from chartpost.identity import queries, services
from chartpost.identity.models import Account
account = Account.objects.get(email="{SENDER}")
services.give_role(account, "clerk", queries.actor_of(account))
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """An office under two names, and somebody of its staff."""
    port = free_port()
    origins = {"BASE_URL": f"https://{RECORDS}:{port}", "SHARE_ORIGIN": f"https://{FILES}:{port}"}
    settings = origins | {"TLS": "own-ca", "STAFF_SECOND_FACTOR": "0"}
    office = Office(tmp_path_factory.mktemp("names") / "home", port, settings=settings)
    office.prepare()
    office.run(CLERK)
    office.start()
    try:
        yield Live(office.home, origins["BASE_URL"], {SENDER: PASSWORD})
    finally:
        office.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium that knows both names."""
    rules = f"MAP {RECORDS} 127.0.0.1, MAP {FILES} 127.0.0.1"
    with chromium("--ignore-certificate-errors", f"--host-resolver-rules={rules}") as found:
        yield found


@pytest.fixture
def no_counts() -> None:
    """This office is new: nobody used up any tries."""


def port_of(live: Live) -> int:
    return int(live.url.rpartition(":")[2])


def ask(live: Live, host: str, path: str, method: str = "GET", name: str = "") -> Answer:
    """Ask one of the names; its certificate must be for it. `name` is said instead in the Host header."""
    context = ssl.create_default_context(cafile=str(live.ca))
    connection = HTTPSConnection("127.0.0.1", port_of(live), context=context, timeout=60)
    plain = socket.create_connection(("127.0.0.1", port_of(live)), timeout=60)
    connection.sock = context.wrap_socket(plain, server_hostname=host)
    try:
        connection.request(method, path, headers={"Host": f"{name or host}:{port_of(live)}"})
        found = connection.getresponse()
        return Answer(found.status, {k.lower(): v for k, v in found.getheaders()}, found.read())
    finally:
        connection.close()


@pytest.mark.parametrize(
    "path", ["/", "/account/login/", "/fhir/metadata", "/oauth/token", "/healthz", "/shl", "/desk/"]
)
def test_the_name_of_files_has_none_of_the_portal(live: Live, path: str) -> None:
    answer = ask(live, FILES, path)
    assert answer.status == 404
    assert answer.headers["content-security-policy"] == POLICY
    assert "set-cookie" not in answer.headers
    assert ask(live, RECORDS, path).status in {200, 302, 405}


def test_the_name_of_records_sends_readers_of_links_on(live: Live) -> None:
    answer = ask(live, RECORDS, "/s/" + "A" * 22)
    assert (answer.status, answer.headers["location"]) == (307, f"https://{FILES}:{port_of(live)}/s/" + "A" * 22)
    assert "set-cookie" not in answer.headers
    assert ask(live, FILES, "/s/" + "A" * 22).status == 200
    assert ask(live, FILES, "/s/" + "A" * 22).headers["strict-transport-security"] == "max-age=31536000"


@pytest.mark.parametrize("name", ["evil.example.test", f"{FILES}.evil.test", f"{FILES}."])
def test_other_names_get_no_page_of_the_portal(live: Live, name: str) -> None:
    assert ask(live, RECORDS, "/account/login/", name=name).status in {400, 404}


@pytest.mark.parametrize("name", [FILES.upper(), FILES.title()])
def test_names_have_no_case(live: Live, name: str) -> None:
    assert ask(live, FILES, "/account/login/", name=name).status == 404
    assert ask(live, FILES, "/s/" + "A" * 22, name=name).status == 200


def test_a_share_goes_from_one_name_to_the_other_and_no_cookie_crosses(
    live: Live, browser: Browser, tmp_path: Path
) -> None:
    (tmp_path / "letter.txt").write_text("For you alone.")
    account = Account.new(live, browser, SENDER)
    page = account.go("/send/")
    choose(page, [tmp_path / "letter.txt"])
    tell(page)
    send(page)
    link, password = passed_on(page)
    files = f"https://{FILES}:{port_of(live)}"
    assert link.startswith(f"{files}/s/")
    asked, complaints = watched(account.context)
    reader = account.context.new_page()
    reader.on("console", lambda said: complaints.append(said.text) if "Policy" in said.text else None)
    reader.add_init_script(NO_PICKERS)
    reader.goto(live.url + link.removeprefix(files))
    assert reader.url.startswith(link)
    reader.locator("#password").fill(password)
    reader.locator("[data-open]").click()
    expect(reader.locator("[data-step=open]")).to_be_visible()
    with reader.expect_download() as found:
        reader.locator("[data-save]").first.click()
    assert Path(found.value.path()).read_text() == "For you alone."
    there = [one for one in asked if one.url.startswith(files)]
    assert len(there) > 5
    assert [one.url for one in there if "cookie" in one.all_headers()] == []
    away = [one.url for one in asked if not one.url.startswith((files, "blob:")) and "/s/" not in one.url]
    assert away == [], "the page of files asks nothing of the portal"
    assert account.context.cookies(files) == []
    assert {cookie["domain"] for cookie in account.context.cookies(live.url)} == {RECORDS}
    assert complaints == []
    assert reader.evaluate("document.cookie") == ""


def watched(context: BrowserContext) -> tuple[list[Request], list[str]]:
    """Every request from now on."""
    asked: list[Request] = []

    def note(one: Request) -> None:
        asked.append(one)

    context.on("request", note)
    return asked, []


def test_the_other_name_may_call_the_api_and_no_third_one(live: Live, browser: Browser) -> None:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    ask_script = "(url) => fetch(url, {method: 'POST', body: '{}'}).then(a => a.status, () => 'refused')"
    header = f"{live.url}/s/api/open/" + "A" * 22 + "/header"
    page.goto(f"https://localhost:{port_of(live)}/healthz")
    assert page.evaluate(ask_script, header) == "refused"
    page.goto(f"https://{FILES}:{port_of(live)}/s/help")
    assert page.evaluate(ask_script, header.replace(RECORDS, FILES)) == 200
    context.close()
