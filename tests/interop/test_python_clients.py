"""Python clients of other people launch, read and search: fhirclient and fhirpy."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from fhirclient import client as smart
from fhirclient.models.condition import Condition
from fhirclient.models.observation import Observation
from fhirpy import SyncFHIRClient

from tests.interop.checklist.office import EVERYTHING, Office


@pytest.fixture
def launched(office: Office, monkeypatch: pytest.MonkeyPatch) -> smart.FHIRClient:
    """fhirclient after a standalone launch of its own: discovery, PKCE, code, token."""
    app = office.client("public")
    settings = {
        "app_id": app.client_id,
        "api_base": office.live.base,
        "redirect_uri": app.redirect,
        "scope": EVERYTHING,
    }
    client = smart.FHIRClient(settings=settings)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(office.live.ca))
    assert client.prepare() is False, "it must see that it has to ask first"
    back = office.browser("grace-bennett").decide(client.authorize_url, person="Grace")
    client.handle_callback(f"{app.redirect}?{urlencode(back)}")
    assert client.ready
    return client


def test_fhirclient_launches_and_reads(office: Office, launched: smart.FHIRClient) -> None:
    patient = launched.patient
    assert patient.id == office.session("grace").patient
    assert launched.human_name(patient.name[0]) == "Grace Anne Bennett"
    search = Observation.where({"patient": patient.id, "category": "vital-signs"})
    found = {one.id for one in search.perform_resources_iter(launched.server)}
    known = office.session("grace").search("Observation", patient=patient.id, category="vital-signs")
    assert found == {one["id"] for one in known}
    condition = Condition.read(office.session("grace").all("Condition")[0]["id"], launched.server)
    assert condition.subject.resolved(type(patient)).id == patient.id


def test_fhirclient_refreshes(office: Office, launched: smart.FHIRClient) -> None:
    before = launched.server.auth.access_token
    assert launched.reauthorize()
    assert launched.server.auth.access_token != before
    assert launched.patient.birthDate.isostring


@pytest.fixture
def fhirpy(office: Office) -> Iterator[SyncFHIRClient]:
    """fhirpy with the token of a launch."""
    session = office.session("grace")
    yield SyncFHIRClient(
        office.live.base,
        authorization=f"Bearer {session.token}",
        requests_config={"verify": str(office.live.ca)},
    )


def test_fhirpy_reads_searches_and_follows_pages(office: Office, fhirpy: SyncFHIRClient) -> None:
    session = office.session("grace")
    patient = fhirpy.reference("Patient", session.patient).to_resource()
    assert patient["name"][0]["family"] == "Bennett"
    observations = fhirpy.resources("Observation").search(patient=session.patient).limit(25)
    found = [one["id"] for one in observations.fetch_all()]
    assert sorted(found) == sorted(one["id"] for one in session.all("Observation"))
    labs = fhirpy.resources("Observation").search(patient=session.patient, category="laboratory").fetch_all()
    assert {one.id for one in labs} < set(found)
    encounter = labs[0]["encounter"].to_resource()
    assert encounter["resourceType"] == "Encounter"
    assert fhirpy.resources("Condition").search(patient=session.patient).include("Condition", "subject").fetch_raw()
