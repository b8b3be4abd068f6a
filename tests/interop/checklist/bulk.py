"""Section 1.8: bulk data export by a backend client (https://hl7.org/fhir/uv/bulkdata/STU2/)."""

import json
import time
from collections.abc import Iterator
from functools import partial
from urllib.parse import urlencode

from joserfc import jwt

from chartpost.demo.generator.group import GROUP_ID
from tests.interop.checklist.office import JWT_BEARER, Json, Office, rsa
from tests.interop.checklist.rows import Row, add, requires
from tests.support.live import FHIR_JSON, Answer
from tests.support.must_support import Profile, missing, of_profile, profiles

SECTION = "1.8 Multi-patient API (bulk)"
GROUP = f"Group/{GROUP_ID}"
WAIT_SECONDS = 180
REQUIRED = {
    "AllergyIntolerance", "CarePlan", "CareTeam", "Condition", "Coverage", "Device", "DiagnosticReport",
    "DocumentReference", "Encounter", "Goal", "Immunization", "MedicationDispense", "MedicationRequest",
    "Observation", "Organization", "Patient", "Practitioner", "Procedure", "Provenance", "RelatedPerson",
    "ServiceRequest", "Specimen",
}  # fmt: skip
LEFT_OPEN = {"content.attachment.url"}

_exports: dict[str, tuple[Json, dict[str, list[Json]]]] = {}


def kick_off(office: Office, path: str, **query: str) -> Answer:
    """The kick-off request."""
    headers = {
        "Accept": FHIR_JSON,
        "Prefer": "respond-async",
        "Authorization": f"Bearer {office.system().token}",
    }
    return office.live.send("GET", f"{office.live.base}/{path}?{urlencode(query)}", None, headers)


def status(office: Office, address: str, method: str = "GET") -> Answer:
    """One look at the status address."""
    headers = {"Authorization": f"Bearer {office.system().token}", "Accept": "application/json"}
    return office.live.send(method, address, None, headers)


def finished(office: Office, address: str) -> Json:
    """The manifest, waited for as Retry-After says."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        answer = status(office, address)
        if answer.status == 200:
            assert answer.type == "application/json"
            found: Json = answer.json
            return found
        assert answer.status == 202, answer.text
        assert int(answer.headers["retry-after"]) >= 0
        time.sleep(min(int(answer.headers["retry-after"]), 1))
    raise AssertionError("the export did not end in time")


def lines(office: Office, item: Json) -> Iterator[Json]:
    """The resources of one file."""
    answer = office.live.send("GET", item["url"], None, {"Authorization": f"Bearer {office.system().token}"})
    assert answer.status == 200, answer.text
    assert answer.headers["content-type"].startswith("application/fhir+ndjson")
    for line in answer.body.splitlines():
        yield json.loads(line)


def export(office: Office, path: str = f"{GROUP}/$export", **query: str) -> tuple[Json, dict[str, list[Json]]]:
    """A whole export: the manifest and the resources by type; each is made once."""
    key = f"{path}?{sorted(query.items())}"
    if key not in _exports:
        started = kick_off(office, path, **query)
        assert started.status == 202, started.text
        assert started.headers["content-location"].startswith("https://")
        manifest = finished(office, started.headers["content-location"])
        found: dict[str, list[Json]] = {}
        for item in manifest["output"]:
            assert item["url"].startswith("https://")
            resources = list(lines(office, item))
            assert {one["resourceType"] for one in resources} <= {item["type"]}
            found.setdefault(item["type"], []).extend(resources)
        _exports[key] = (manifest, found)
    return _exports[key]


@requires("BULK-TOKEN", SECTION, "client_credentials with private_key_jwt gives a bearer token")
def _token(office: Office) -> None:
    answer = office.client("backend").token(grant_type="client_credentials", scope="system/*.rs")
    assert answer.status in {200, 201}
    assert answer.json["token_type"].lower() == "bearer"
    assert {"access_token", "expires_in", "scope"} <= answer.json.keys()
    assert "refresh_token" not in answer.json
    v1 = office.client("backend").token(grant_type="client_credentials", scope="system/*.read")
    assert v1.status in {200, 201}


@requires("BULK-TOKEN-WRONG", SECTION, "Wrong grant_type: 400; wrong assertion type, claim or key: 400 or 401")
def _wrong(office: Office) -> None:
    client = office.client("backend")
    assert client.assertion
    address = f"{office.live.url}/oauth/token"
    good = {"grant_type": "client_credentials", "scope": "system/*.rs", **client.assertion(address)}
    assert office.live.form(address, good | {"grant_type": "wrong"}).status == 400
    assert office.live.form(address, good | {"client_assertion_type": "wrong"}).status in {400, 401}
    now = int(time.time())
    for claims in ({"iss": "x"}, {"sub": "x"}, {"aud": "https://x.example"}, {"exp": now - 10}, {"exp": now + 3600},
                   {"jti": ""}):  # fmt: skip
        sent = good | office.asserting(client.client_id, **claims)(address)
        assert office.live.form(address, sent).status in {400, 401}, claims
    claims = {"iss": client.client_id, "sub": client.client_id, "aud": address, "exp": now + 200, "jti": "other-key"}
    forged = jwt.encode({"alg": "RS384", "kid": "e1"}, claims, rsa(), algorithms=["RS384"])
    sent = good | {"client_assertion_type": JWT_BEARER, "client_assertion": forged}
    assert office.live.form(address, sent).status in {400, 401}


@requires("BULK-REFUSED", SECTION, "Export without a token: 400 or 401")
def _refused(office: Office) -> None:
    answer = office.live.send("GET", f"{office.live.base}/{GROUP}/$export", None, {"Prefer": "respond-async"})
    assert answer.status in {400, 401}


@requires("BULK-GROUP", SECTION, "Group export: 202, absolute Content-Location, manifest, one type a file, ndjson")
def _group(office: Office) -> None:
    manifest, found = export(office)
    assert {"transactionTime", "request", "requiresAccessToken", "output", "error"} <= manifest.keys()
    assert len(found["Patient"]) >= 2


@requires("BULK-FILES", SECTION, "Files need the token when the manifest says so")
def _files(office: Office) -> None:
    manifest, _ = export(office)
    assert manifest["requiresAccessToken"] is True
    assert office.live.send("GET", manifest["output"][0]["url"]).status in {400, 401}


@requires("BULK-CANCEL", SECTION, "Deleting the status address: 202; afterwards 404 with an OperationOutcome")
def _cancel(office: Office) -> None:
    address = kick_off(office, f"{GROUP}/$export").headers["content-location"]
    assert status(office, address, "DELETE").status == 202
    after = status(office, address)
    assert after.status == 404
    assert after.json["resourceType"] == "OperationOutcome"


@requires("BULK-FORMAT", SECTION, "_outputFormat takes application/fhir+ndjson, application/ndjson and ndjson")
def _format(office: Office) -> None:
    for name in ("application/fhir+ndjson", "application/ndjson", "ndjson"):
        started = kick_off(office, f"{GROUP}/$export", _outputFormat=name, _type="Patient")
        assert started.status == 202, started.text
        status(office, started.headers["content-location"], "DELETE")
    assert kick_off(office, f"{GROUP}/$export", _outputFormat="text/csv").status == 400


@requires("BULK-SINCE", SECTION, "_since (a FHIR instant) leaves out what is older; _type keeps to the types named")
def _since(office: Office) -> None:
    _, everything = export(office)
    _, found = export(office, _type="Patient,Condition", _since="2020-01-01T00:00:00Z")
    assert found.keys() == {"Patient", "Condition"}
    assert len(found["Condition"]) == len(everything["Condition"])
    _, nothing = export(office, _type="Patient", _since="2199-01-01T00:00:00Z")
    assert not nothing.get("Patient")


@requires("BULK-PATIENTS", SECTION, "The patients exported are those of the Group")
def _patients(office: Office) -> None:
    _, found = export(office)
    group = office.system().get(GROUP).json
    listed = {member["entity"]["reference"] for member in group["member"]}
    assert {f"Patient/{one['id']}" for one in found["Patient"]} == listed


@requires("BULK-TYPES", SECTION, "Every type of USCDI v3 is exported")
def _types(office: Office) -> None:
    assert export(office)[1].keys() >= REQUIRED


@requires("BULK-SYSTEM", SECTION, "System and Patient export behave the same", "SHOULD")
def _system(office: Office) -> None:
    for path in ("$export", "Patient/$export"):
        _, found = export(office, path, _type="Patient,Coverage")
        assert len(found["Patient"]) == len(export(office)[1]["Patient"])
        assert found["Coverage"]


def shown(profile: Profile, office: Office) -> None:
    """Every must-support element of a profile stands in the files."""
    entries = [one for resources in export(office)[1].values() for one in resources]
    targets = {f"{one['resourceType']}/{one['id']}": one for one in entries}
    assert of_profile(entries, profile.name)
    assert set(missing(profile, entries, targets)) <= LEFT_OPEN


for _profile in profiles():
    if _profile.resource_type in REQUIRED:
        _words = f"{_profile.name}: every must-support element is in the export"
        add(Row(f"BULK-MUST-{_profile.name}", SECTION, _words, "SHALL", partial(shown, _profile)))
