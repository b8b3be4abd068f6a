"""People and apps in a real browser: connect through the consent page, choose, read, stop."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Visitor, Visitors
from tests.support.axe import violations

pytestmark = pytest.mark.browser

TERRENCE = "terrence-boyd@people.example.org"
MARISOL = "marisol-alvarado@people.example.org"
ROSA = "rosa-alvarado@people.example.org"
WITHIN_SECONDS = 1.0


def ask(visitor: Visitor, scope: str = "") -> Page:
    """Go from the console to the consent page, with everything ticked."""
    page = visitor.go("/developers/console/")
    if scope:
        page.get_by_label("Scopes to ask for").fill(scope)
    page.locator("[data-connect-form]").get_by_role("button").click()
    page.wait_for_url("**/oauth/consent/**")
    return page


def allow(page: Page, word: str = "Allow") -> None:
    """Say yes and wait until the console has its token."""
    page.get_by_role("button", name=word, exact=True).click()
    page.wait_for_url("**/developers/console/**")
    page.locator("[data-connected]:not([hidden])").wait_for()


def read(page: Page, path: str) -> tuple[int, str]:
    """Send a GET from the console; returns the status and what it shows."""
    page.locator("[data-answer-status]").evaluate("node => { node.textContent = '' }")
    page.locator("#path").fill(path)
    page.get_by_role("button", name="Send", exact=True).click()
    page.locator("[data-answer-status]:not(:empty)").wait_for()
    status = page.locator("[data-answer-status]").inner_text().split()[0]
    return int(status), page.locator("[data-answer]").inner_text()


def fine(page: Page) -> list[str]:
    """What is wrong with the page for people who see badly or use a phone."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return violations(page) + ([f"{wide} px wider than the screen"] if wide > 1 else [])


def test_enter_on_a_tick_box_lets_nothing_in(visitors: Visitors) -> None:
    page = ask(visitors.new().sign_in(TERRENCE))
    address, last = page.url, page.get_by_role("checkbox", name="It can keep looking until you stop it")
    last.focus()
    page.keyboard.press("Space")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url == address
    expect(last).not_to_be_checked()
    assert fine(page) == []
    page.get_by_role("button", name="Don't allow").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/developers/console/**")


def test_a_person_connects_an_app_chooses_and_stops_it(visitors: Visitors) -> None:
    visitor = visitors.new().sign_in(TERRENCE)
    page = ask(visitor)
    for box in page.get_by_role("group", name="Health problems").get_by_role("checkbox").all():
        box.uncheck()
    page.get_by_role("checkbox", name="Life and habits, such as smoking").uncheck()
    page.get_by_role("checkbox", name="Vaccines").uncheck()
    allow(page)
    patient = page.locator("[data-patient]").inner_text()
    granted = page.locator("[data-scope]").inner_text()
    assert "patient/*.rs" not in granted
    assert "patient/Observation.rs?category=" in granted
    assert read(page, f"Patient/{patient}")[0] == 200
    assert read(page, f"Condition?patient={patient}")[0] == 403
    status, shown = read(page, f"Observation?patient={patient}&_count=100")
    assert status == 200
    assert '"laboratory"' in shown
    assert '"social-history"' not in shown

    manager = visitor.context.new_page()
    manager.goto(visitor.demo.url + "/apps/")
    expect(manager.locator("main")).to_contain_text("Try-it console", use_inner_text=True)
    manager.get_by_role("button", name="Stop this app").first.click()
    manager.get_by_text("It cannot see the record any more.").wait_for()
    stopped = asked = time.monotonic()
    while read(page, f"Patient/{patient}")[0] != 401:
        assert asked < stopped + WITHIN_SECONDS, "who asks a second later is refused"
        time.sleep(0.05)
        asked = time.monotonic()
    expect(manager.locator("main")).to_contain_text("Apps that were stopped", use_inner_text=True)
    assert not fine(manager)


def test_a_no_shares_nothing(visitors: Visitors) -> None:
    visitor = visitors.new().sign_in(TERRENCE)
    page = ask(visitor)
    page.get_by_role("button", name="Don't allow", exact=True).click()
    page.get_by_text("Not allowed: the person said no.").wait_for()
    expect(page.locator("[data-connected]")).to_be_hidden()


def test_a_daughter_connects_an_app_for_her_mother(visitors: Visitors) -> None:
    visitor = visitors.new(width=390, dark=True).sign_in(MARISOL)
    page = ask(visitor, "launch/patient patient/Patient.rs patient/Observation.rs")
    assert not fine(page)
    page.get_by_role("button", name="Allow", exact=True).click()
    page.get_by_role("alert").get_by_text("Choose whose record").wait_for()
    assert not fine(page)
    page.get_by_role("radio", name="Rosa Elena Alvarado").check()
    allow(page)
    patient = page.locator("[data-patient]").inner_text()
    status, shown = read(page, f"Patient/{patient}")
    assert (status, "Rosa" in shown, "Marisol" in shown.partition('"contact"')[0]) == (200, True, False)


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_the_pages_in_spanish_are_accessible(visitors: Visitors, width: int, dark: bool) -> None:
    visitor = visitors.new(width=width, dark=dark).sign_in(ROSA)
    if visitor.page.locator("html").get_attribute("lang") != "es":
        visitor.page.locator("header button[value=es]").click()
    page = ask(visitor)
    words = page.locator("main").inner_text()
    assert "¿Qué puede ver?" in words
    assert "Resultados de laboratorio" in words
    page.locator("summary", has_text="Datos sensibles").click()
    assert not fine(page)
    visitor.shot(f"consent-es-{width}")
    allow(page, "Permitir")
    expect(page.locator("[data-status]")).to_have_text("Conectado.")
    page.get_by_role("button", name="resultados de laboratorio").click()
    expect(page.locator("[data-answer]")).to_contain_text("Observation")
    assert not fine(page)
    page = visitor.go("/apps/")
    expect(page.locator("main")).to_contain_text("Detener esta aplicación", use_inner_text=True)
    assert not fine(page)
    visitor.shot(f"apps-es-{width}")


def test_staff_open_an_app_on_a_record(visitors: Visitors) -> None:
    admin = visitors.new().sign_in("admin@lakeside.example.org")
    start = f"{admin.demo.url}/developers/"
    page = admin.go("/desk/apps/new/")
    page.get_by_role("radio", name="App on a phone or in a browser").check()
    page.get_by_label("Name people will see").fill("Bedside")
    page.get_by_label("Addresses it may be sent back to").fill(f"{admin.demo.url}/developers/console/")
    page.get_by_label("Start address").fill(start)
    page.get_by_role("button", name="Register the app").click()
    page.get_by_text("The app is registered.").wait_for()
    assert not fine(page)
    clerk = visitors.new().sign_in("clerk@lakeside.example.org")
    page = clerk.go("/desk/people/")
    page.locator("#id_text").fill("Boyd")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Boyd").first.click()
    page.get_by_role("link", name="Open an app with this record").click()
    page.get_by_role("radio", name="Bedside").check()
    assert not fine(page)
    page.get_by_role("button", name="Open the app", exact=True).click()
    page.wait_for_url(f"{start}?iss=*&launch=*")


def test_the_page_for_developers_is_open_to_everybody(visitors: Visitors) -> None:
    visitor = visitors.new(width=390, dark=True)
    page = visitor.go("/developers/")
    for summary in page.locator("main summary").all():
        summary.click()
    assert not fine(page)
    page.get_by_role("link", name="Try it in the browser").click()
    page.wait_for_url("**/developers/console/")
    assert not fine(page)
