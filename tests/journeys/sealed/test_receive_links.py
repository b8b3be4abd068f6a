"""Links as mail programs, gateways and scanners leave them."""

import pytest
from playwright.sync_api import expect

from tests.journeys.sealed.conftest import Readers
from tests.journeys.sealed.sending import Sender
from tests.support.live import Live

pytestmark = pytest.mark.browser
FILES = {"a.txt": b"a"}


@pytest.mark.parametrize(
    "shape",
    [
        "/s/{id}%231.{secret}",
        "/s/{id}%25231.{secret}",
        "/s/{id}%2525231.{secret}",
        "/s/{id}?utm_source=mail#1.{secret}",
        "/s/{id}/#1.{secret}",
        "/s/{id}#1%2E{secret}",
    ],
)
def test_a_bent_link_is_straightened_and_opens(readers: Readers, sender: Sender, shape: str) -> None:
    link = sender.send(FILES).link
    reader = readers.new()
    page = reader.go(shape.format(id=link.recipient, secret=link.secret))
    assert page.url.endswith(link.path), "the secret stays out of the path, so that a reload does not send it again"
    reader.type_password(link.password)
    expect(page.locator("[data-step=open]")).to_be_visible()


def test_a_link_without_its_end_can_be_pasted_whole(readers: Readers, sender: Sender, live: Live) -> None:
    link = sender.send(FILES).link
    reader = readers.new()
    page = reader.go(f"/s/{link.recipient}#1.{link.secret[:20]}")
    expect(page.get_by_text("The link is not whole")).to_be_visible()
    expect(page.locator("#password")).to_be_hidden()
    page.locator("#link").fill(f"{live.url}/s/{link.recipient}#1.{link.secret[:30]}")
    page.get_by_role("button", name="Use this link").click()
    expect(page.locator("[data-link-problem]")).to_be_visible()
    wrapped = f"https://gateway.example/?url=https%3A%2F%2Fx%2Fs%2F{link.recipient}%231.{link.secret}&data=05"
    page.locator("#link").fill(wrapped)
    page.keyboard.press("Enter")
    reader.type_password(link.password)
    expect(page.locator("[data-step=open]")).to_be_visible()


def test_a_link_of_a_later_format_says_so(readers: Readers, sender: Sender) -> None:
    link = sender.send(FILES).link
    page = readers.new().go(f"/s/{link.recipient}#2.{link.secret}")
    expect(page.locator("[data-closed-title]")).to_have_text("This link is of a newer kind")


def test_a_hundred_visits_of_a_scanner_that_runs_scripts_change_nothing(readers: Readers, sender: Sender) -> None:
    sent = sender.send(FILES, max_opens=1)
    before = sender.state(sent)
    scanner = readers.new()
    asked: list[str] = []
    scanner.context.on("request", lambda request: asked.append(request.method))
    for _ in range(10):
        scanner.go(sent.link)
        expect(scanner.page.locator("#password")).to_be_visible()
    for _ in range(90):
        scanner.live.send("GET", sent.link.path.partition("#")[0])
    assert set(asked) == {"GET"}
    assert sender.state(sent) == before
    readers.new().open(sent.link)


def test_the_page_keeps_nothing_in_the_browser(readers: Readers, sender: Sender) -> None:
    reader = readers.new()
    reader.open(sender.send(FILES).link)
    assert reader.context.cookies() == []
    assert reader.page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert reader.page.evaluate("indexedDB.databases().then(all => all.length)") == 0


def test_another_language_keeps_the_secret_of_the_link(readers: Readers, sender: Sender) -> None:
    link = sender.send(FILES).link
    reader = readers.new()
    page = reader.go(link)
    page.get_by_role("link", name="Español").click()
    expect(page.get_by_role("heading", name="Alguien le envió archivos")).to_be_visible()
    reader.type_password("otra-cosa")
    expect(page.locator("[data-problem]")).to_have_text("Esta contraseña no es correcta. Intentos que quedan: 9.")
    reader.type_password(link.password)
    expect(page.get_by_role("button", name="Guardar el archivo")).to_be_visible()
