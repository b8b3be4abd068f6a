"""The pages a patient sees, in Spanish: nothing fixed stays English, and the language is said and kept."""

import time
from dataclasses import dataclass
from datetime import date

import pytest
from django.test import Client

from chartpost.identity.models import Account
from chartpost.portal.views import words
from chartpost.rights import services as rights
from chartpost.rights.models import AccessRequest
from tests.language import scene
from tests.language.html import texts, tree
from tests.language.words import english_words
from tests.rights import office

pytestmark = pytest.mark.django_db

SIGNED_IN = (
    "/",
    "/start/",
    "/record/",
    "/record/timeline/",
    "/record/search/",
    "/record/search/?q=diabetes",
    "/record/search/?q=nada",
    "/record/problems/",
    "/record/medicines/",
    "/record/allergies/",
    "/record/results/",
    "/record/results/?print",
    "/record/vitals/",
    "/record/immunizations/",
    "/record/visits/",
    "/record/procedures/",
    "/record/documents/",
    "/record/imaging/",
    "/record/care-plans/",
    "/record/social/",
    "/record/bills/",
    "/record/coverage/",
    *(f"/record/item/{r['resourceType']}/{r['id']}/" for r in scene.RESOURCES),
    "/requests/",
    "/requests/new/",
    "/downloads/",
    "/activity/",
    "/me/",
    "/me/helper/",
    "/rights/",
    "/protect/",
    "/glossary/",
    "/help/",
    "/trust/",
    "/account/email/",
    "/account/password/change/",
    "/account/2fa/",
    "/account/sessions/",
    "/account/logout/",
    "/no-such-page/",
)
SIGNED_OUT = (
    "/",
    "/welcome/",
    "/rights/",
    "/help/",
    "/account/login/",
    "/account/signup/",
    "/account/password/reset/",
    "/account/login/code/",
)


@dataclass
class Scene:
    """One person with a record and a request, and a browser in Spanish."""

    small: office.Small
    request: AccessRequest
    browser: Client


@pytest.fixture
def spanish(db: None) -> Scene:
    small = office.build()
    scene.file_record(small.person)
    request = rights.submit(office.asked(small), small.actor("person"))
    assert small.account is not None
    return Scene(small, request, speaking("es", small.account))


def speaking(language: str, account: Account | None = None) -> Client:
    """A browser that chose a language on the page, signed in or not."""
    browser = Client()
    if account:
        browser.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = browser.session
        session["account_authentication_methods"] = [{"method": "password", "at": time.time()}]  # just now
        session["account_authentication_methods_user"] = str(account.pk)
        session.save()
    answer = browser.post("/i18n/setlang/", {"language": language, "next": "/"})
    assert answer.status_code == 302
    return browser


def english_in(page: bytes) -> list[str]:
    """Texts of a page that are English and not marked so."""
    return [text for text in texts(tree(page), "es") if english_words(text)]


def english_of(browser: Client, addresses: tuple[str, ...]) -> dict[str, list[str]]:
    """The pages that are not wholly Spanish, with what they say in English."""
    found = {}
    for address in addresses:
        answer = browser.get(address, follow=True)
        assert answer.status_code == (404 if "no-such" in address else 200), address
        found[address] = english_in(answer.content)
    return {address: said for address, said in found.items() if said}


def test_every_page_speaks_spanish_to_the_person(spanish: Scene) -> None:
    assert english_of(spanish.browser, SIGNED_IN) == {}


def test_every_page_speaks_spanish_to_a_stranger(db: None) -> None:
    office.build()
    assert english_of(speaking("es"), SIGNED_OUT) == {}


WRONG = {
    "/account/login/": {"login": "nadie@example.org", "password": "mal"},
    "/account/signup/": {"email": "nadie@example.org", "password1": "corta", "password2": "otra"},
    "/account/password/reset/": {"email": "nadie"},
}


def test_mistakes_in_forms_of_libraries_are_told_in_spanish(db: None) -> None:
    office.build()
    browser = speaking("es")
    answers = {address: browser.post(address, sent) for address, sent in WRONG.items()}
    assert all("aria-invalid" in a.content.decode() or "alert" in a.content.decode() for a in answers.values())
    assert {address: said for address, a in answers.items() if (said := english_in(a.content))} == {}


def test_the_test_sees_english() -> None:
    page = "<html lang=es><p>%s</p><p lang=en>Your records</p><p>Su expediente</p></html>"
    assert english_in((page % "Your rights").encode()) == ["Your rights"]
    assert english_in((page % "Sorry, the page is gone").encode()) == ["Sorry, the page is gone"]
    assert english_in((page % "Sus derechos").encode()) == []


STEPS: dict[str, dict[str, object]] = {
    "what": {"scope": "some"},
    "parts": {"categories": ["RESULTS", "BILLS"]},
    "dates": {"dates": "all"},
    "how": {"mode": "copy"},
    "format": {"formats": ["pdf"]},
    "delivery": {"delivery": "post"},
    "address": {"address_line": "Calle 5", "city": "Oakland", "state": "CA", "postal_code": "94601"},
    "contact": {"phone": "555 010 1234"},
    "more": {"details": ""},
    "check": {},
    "sign": {},
}


def test_a_request_speaks_spanish_from_step_to_step(spanish: Scene) -> None:
    said = {}
    for step, answers in STEPS.items():
        address = f"/requests/new/{spanish.small.person.ref}/{step}/"
        page = spanish.browser.get(address)
        assert page.status_code == 200, step
        wrong = spanish.browser.post(address, {})
        said[step] = english_in(page.content) + (english_in(wrong.content) if wrong.status_code == 422 else [])
        assert not answers or spanish.browser.post(address, answers).status_code == 302, step
    assert {step: found for step, found in said.items() if found} == {}


def test_the_pages_of_a_request_speak_spanish_in_each_state(spanish: Scene) -> None:
    ref = spanish.request.ref
    pages = (f"/requests/{ref}/", f"/requests/{ref}/receipt/", f"/requests/{ref}/receipt/?print")
    said = english_of(spanish.browser, pages)
    for state in words.STATUS:
        AccessRequest.objects.filter(pk=spanish.request.pk).update(state=state, fee=FEE)
        said |= {f"{state} {k}": v for k, v in english_of(spanish.browser, pages[:1]).items()}
    AccessRequest.objects.filter(pk=spanish.request.pk).update(state="received", due_on=date(2020, 1, 2))
    assert said | english_of(spanish.browser, pages[:1]) == {}


FEE = {"allowed": True, "total_cents": 650, "lines": [], "facts": {}}


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("address", ["/", "/rights/", "/record/", "/no-such-page/"])
def test_pages_say_their_language(spanish: Scene, language: str, address: str) -> None:
    assert spanish.small.account is not None
    page = tree(speaking(language, spanish.small.account).get(address).content)
    assert page.get("lang") == language
    other = page.xpath("//*[@lang][not(self::html)]/@lang")
    assert {"en": "es", "es": "en"}[language] in other, "the switch is marked as the other language"


@pytest.mark.parametrize("asked", ["azúcar promedio", "average blood sugar", "hemoglobin", "vacuna gripe"])
def test_search_knows_everyday_names_and_recorded_ones(spanish: Scene, asked: str) -> None:
    found = spanish.browser.post("/record/search/", {"words": asked})
    assert found.context["rows"]
    assert english_in(found.content) == []


def test_dates_are_full_words_in_both_languages(spanish: Scene) -> None:
    assert spanish.small.account is not None
    said = spanish.browser.get("/record/item/Observation/a1c-2026/").content.decode()
    assert "5 de marzo de 2026" in said
    assert "March" not in said
    english = speaking("en", spanish.small.account).get("/record/item/Observation/a1c-2026/").content.decode()
    assert "March 5, 2026" in english
    assert "marzo de 2019" in spanish.browser.get("/record/item/Condition/diabetes/").content.decode()


def test_a_text_in_another_language_says_so(spanish: Scene) -> None:
    assert spanish.small.account is not None
    marked = "//div[contains(., 'Se siente bien') and contains(@class, 'prose')]/@lang"
    address = "/record/item/DocumentReference/nota/"
    english = tree(speaking("en", spanish.small.account).get(address).content)
    assert english.xpath(marked) == ["es"]
    assert tree(speaking("es", spanish.small.account).get(address).content).xpath(marked) == []


def test_the_language_is_kept_and_can_be_changed_back(spanish: Scene) -> None:
    browser = spanish.browser
    assert tree(browser.get("/rights/").content).get("lang") == "es"
    browser.post("/i18n/setlang/", {"language": "en", "next": "/rights/"})
    assert tree(browser.get("/rights/").content).get("lang") == "en"


def test_the_plain_name_comes_first_and_the_recorded_name_stays(spanish: Scene) -> None:
    page = tree(spanish.browser.get("/record/item/Observation/a1c-2026/").content)
    assert page.findtext(".//h1").strip() == "Hemoglobina A1c (azúcar promedio en la sangre)"
    recorded = page.xpath("//*[@lang='en'][contains(., 'Hemoglobin A1c/Hemoglobin.total in Blood')]")
    assert recorded, "the name it was recorded under stands on the page, marked as English"
    assert "azúcar promedio" in page.text_content()
