"""What is open to everybody: brands, the developer page, its samples."""

from typing import Any

import pytest
from lxml import html

from chartpost.gateways.smart import brands, developers, discovery
from chartpost.gateways.smart.addresses import fhir_base
from chartpost.identity import services
from chartpost.identity.types import SYSTEM
from chartpost.kernel.config import config
from tests.gateways.smart.pages import text
from tests.gateways.smart.support import Office
from tests.identity.support import browser

PROFILE = "http://hl7.org/fhir/smart-app-launch/StructureDefinition"


def resources(bundle: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The resources of a type in a Bundle."""
    return [e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind]


@pytest.fixture
def found(where: Office) -> dict[str, Any]:
    """The Bundle as anybody gets it."""
    services.save_office({"address": "1 Lake Avenue\nOakland, CA 94612", "phone": "510-555-0100"}, SYSTEM)
    answer = browser().get("/brands.json")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/fhir+json"
    assert answer["Access-Control-Allow-Origin"] == "*"
    bundle: dict[str, Any] = answer.json()
    return bundle


def test_the_bundle_names_the_office_its_places_and_the_fhir_base(found: dict[str, Any]) -> None:
    assert (found["type"], found["meta"]["profile"]) == ("collection", [f"{PROFILE}/user-access-brands-bundle"])
    assert found["timestamp"].endswith("+00:00")
    (endpoint,) = resources(found, "Endpoint")
    assert endpoint["address"] == fhir_base()
    assert endpoint["connectionType"]["code"] == "hl7-fhir-rest"
    assert endpoint["extension"] == [
        {"url": "http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version", "valueCode": "4.0.1"}
    ]
    office, place = resources(found, "Organization")
    assert (office["name"], place["name"]) == ("Lakeside", "Main")
    assert place["partOf"]["reference"] == "Organization/office"
    assert office["address"][0] == {
        "text": "1 Lake Avenue, Oakland, CA 94612",
        "city": "Oakland",
        "state": "CA",
        "postalCode": "94612",
        "line": ["1 Lake Avenue"],
        "country": "US",
    }
    assert place["address"] == [{"state": "CA", "country": "US"}]


def test_every_organization_leads_to_the_endpoint(found: dict[str, Any]) -> None:
    for one in resources(found, "Organization"):
        assert [e["reference"] for e in one["endpoint"]] == ["Endpoint/fhir"]
    portal = next(
        e for e in resources(found, "Organization")[0]["extension"] if e["url"].endswith("/organization-portal")
    )
    names = {part["url"] for part in portal["extension"]}
    assert names == {"portalName", "portalDescription", "portalUrl", "portalLogo", "portalEndpoint"}


def test_the_identifier_of_the_configuration_names_one_brand(found: dict[str, Any]) -> None:
    named = discovery.smart_configuration(config().base_url)["user_access_brand_identifier"]
    assert named == brands.brand_identifier()
    ids = [i for one in resources(found, "Organization") for i in one["identifier"]]
    assert ids.count(named) == 1
    assert len({str(i) for i in ids}) == len(ids)


def test_an_unchanged_bundle_is_not_sent_again(where: Office) -> None:
    first = browser().get("/brands.json")
    again = browser().get("/brands.json", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    services.save_office({"name": "Lakeside East"}, SYSTEM)
    assert browser().get("/brands.json", HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 200


def test_the_logo_of_the_brand_is_there(found: dict[str, Any]) -> None:
    brand = next(
        e for e in resources(found, "Organization")[0]["extension"] if e["url"].endswith("/organization-brand")
    )
    address = brand["extension"][0]["valueUrl"].removeprefix(config().base_url)
    answer = browser().get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")


def test_the_developer_page_needs_no_sign_in_and_names_the_addresses(where: Office) -> None:
    page = browser().get("/developers/")
    assert page.status_code == 200
    words = text(page)
    assert fhir_base() in words
    assert "/oauth/register" in words
    assert "patient/Observation.rs?category=" in words
    for _name, file in developers.SAMPLES:
        assert file in words
    assert "PKCE" in words
    assert "at most 10 times an hour" in words
    assert "60 tries an hour" in words
    assert "ruff:" not in words


def test_the_page_for_developers_says_the_same_in_spanish(where: Office) -> None:
    english, spanish = (
        html.fromstring(browser().get("/developers/", HTTP_ACCEPT_LANGUAGE=one).content) for one in ("en", "es")
    )
    for page, language in ((english, "en"), (spanish, "es")):
        assert page.xpath("//div[contains(@class, 'developers')]/@lang") == [language]
    for found in (".//h2/@id", ".//@href", ".//th[@scope='row']/text()"):
        mine, theirs = (page.find_class("developers")[0].xpath(found) for page in (english, spanish))
        assert mine == theirs
        assert mine
    codes = [sorted(one.text_content() for one in page.iter("code")) for page in (english, spanish)]
    assert codes[0] == codes[1]
    assert "La persona inicia sesión" in spanish.text_content()
    assert "The person signs in" not in spanish.text_content()


def test_the_console_is_in_demo_homes_only(where: Office) -> None:
    assert browser().get("/developers/console/").status_code == 404
    assert "Try it in the browser" not in text(browser().get("/developers/"))


def test_the_demo_registers_the_console_once(where: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from chartpost.demo import console
    from chartpost.identity import queries_apps

    console.register()
    console.register()
    assert [app.name for app in queries_apps.apps()].count(console.NAME) == 1
    monkeypatch.setattr(developers, "config", lambda: replace(config(), demo=True))
    page = browser().get("/developers/console/")
    assert page.status_code == 200
    assert next(a for a in queries_apps.apps() if a.name == console.NAME).client_id in page.content.decode()
    spanish = browser().get("/developers/console/", headers={"Accept-Language": "es"})
    assert "Pruebe la API con datos de demostración" in text(spanish)
    assert "resultados de laboratorio" in spanish.content.decode()
