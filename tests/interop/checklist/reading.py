"""Section 1.6: reads, references, must-support elements, missing data, notes and screening."""

from functools import partial

from tests.interop.checklist.office import PEOPLE, Json, Office, Session
from tests.interop.checklist.rows import Row, add, requires
from tests.support.must_support import ABSENT, ABSENT_SYSTEM, Profile, missing, of_profile, profiles, walk

SECTION = "1.6 Single patient API"
TYPES = (
    "Patient", "AllergyIntolerance", "CarePlan", "CareTeam", "Condition", "Coverage", "Device", "DiagnosticReport",
    "DocumentReference", "Encounter", "Goal", "Immunization", "MedicationDispense", "MedicationRequest",
    "Observation", "Procedure", "Provenance", "QuestionnaireResponse", "RelatedPerson", "ServiceRequest", "Specimen",
)  # fmt: skip
LED_TO = ("Practitioner", "Organization", "Location", "PractitionerRole", "Medication")
"""Types found by following references."""

LEFT_OPEN = {"content.attachment.url"}
"""US Core asks for data or url; this office keeps notes inside."""

NOTES = {"11488-4", "18842-5", "34117-2", "28570-0", "11506-3", "18748-4", "11502-2", "11526-1"}
REPORTS = {"LP29708-2", "LP7839-6", "LP29684-5"}
SCREENED = {"sdoh", "functional-status", "disability-status", "cognitive-status"}


def held(session: Session) -> list[Json]:
    """Everything the session's patient has, with the people and places it names."""
    own = [one for resource_type in TYPES for one in session.all(resource_type)]
    if "Practitioner" not in session._found:
        led: dict[str, Json] = {}
        _follow(session, own, led, depth=3)
        session._found["Practitioner"] = list(led.values())
    return own + session._found["Practitioner"]


def _follow(session: Session, entries: list[Json], led: dict[str, Json], depth: int) -> None:
    named = {r for one in entries for r in references(one) if r.partition("/")[0] in LED_TO} - led.keys()
    for reference in sorted(named):
        answer = session.get(reference)
        assert answer.status == 200, (reference, answer.status)
        led[reference] = answer.json
    if named and depth:
        _follow(session, [led[reference] for reference in named], led, depth - 1)


def references(value: object) -> list[str]:
    """The literal references inside a resource."""
    if isinstance(value, dict):
        own = [value["reference"]] if isinstance(value.get("reference"), str) else []
        return own + [r for part in value.values() for r in references(part)]
    return [r for part in value for r in references(part)] if isinstance(value, list) else []


def all_held(office: Office) -> list[Json]:
    """What all the sessions hold."""
    return [one for session in office.sessions() for one in held(session)]


def shown(profile: Profile, office: Office) -> None:
    """Every must-support element of a profile is seen through the API over the people of the checks."""
    entries = all_held(office)
    targets = {f"{one['resourceType']}/{one['id']}": one for one in entries}
    assert of_profile(entries, profile.name), "no entry claims the profile"
    assert set(missing(profile, entries, targets)) <= LEFT_OPEN


def read(resource_type: str, office: Office) -> None:
    """Read answers 200 with the id asked for and the JSON type."""
    for session in office.sessions():
        for one in [e for e in held(session) if e["resourceType"] == resource_type][:3]:
            answer = session.get(f"{resource_type}/{one['id']}")
            assert (answer.status, answer.type) == (200, "application/fhir+json")
            assert answer.json == one
            return
    raise AssertionError(f"nobody has {resource_type}")


def versions(resource_type: str, office: Office) -> None:
    """A version read and the history of the entry show it."""
    for session in office.sessions():
        for one in [e for e in held(session) if e["resourceType"] == resource_type][:1]:
            path = f"{resource_type}/{one['id']}/_history"
            assert session.get(f"{path}/{one['meta']['versionId']}").json == one
            history = session.get(path).json
            assert history["type"] == "history"
            assert history["entry"][0]["resource"] == one
            return
    raise AssertionError(f"nobody has {resource_type}")


for _type in (*TYPES, *LED_TO):
    add(Row(f"READ-{_type}", SECTION, f"{_type}: read by id", "SHALL", partial(read, _type)))
    _row = partial(versions, _type)
    add(Row(f"HISTORY-{_type}", SECTION, f"{_type}: version read and history", "SHOULD", _row))
for _profile in profiles():
    _words = f"{_profile.name}: every must-support element is seen"
    add(Row(f"MUST-{_profile.name}", SECTION, _words, "SHALL", partial(shown, _profile)))


@requires("REFERENCES", SECTION, "Every reference the record shows resolves for the same token")
def _resolve(office: Office) -> None:
    session = office.session("grace")
    known = {f"{one['resourceType']}/{one['id']}" for one in held(session)}
    for reference in sorted({r for one in held(session) for r in references(one)} - known):
        assert session.get(reference).status == 200, reference


@requires("ABSENT", SECTION, "Missing data: somewhere a data-absent-reason extension, and the code unknown")
def _absent(office: Office) -> None:
    text = str(list(all_held(office)))
    assert f"'url': '{ABSENT}'" in text
    assert f"'system': '{ABSENT_SYSTEM}', 'code': 'unknown'" in text


@requires("CUSTODIAN", SECTION, "Every DocumentReference has a custodian, or a Provenance that says who answers for it")
def _custodian(office: Office) -> None:
    every = list(all_held(office))
    told = {target["reference"] for one in every if one["resourceType"] == "Provenance" for target in one["target"]}
    documents = [one for one in every if one["resourceType"] == "DocumentReference"]
    assert documents
    for one in documents:
        assert "custodian" in one or f"DocumentReference/{one['id']}" in told, one["id"]


def _codes(office: Office, resource_type: str, path: str) -> set[str]:
    found = [one for one in all_held(office) if one["resourceType"] == resource_type]
    return {code for one in found for code in walk(one, f"{path}.coding.code")}


@requires(
    "NOTES", SECTION, "Clinical notes: the eight types of DocumentReference, three categories of DiagnosticReport"
)
def _notes(office: Office) -> None:
    assert _codes(office, "DocumentReference", "type") >= NOTES
    assert _codes(office, "DiagnosticReport", "category") >= REPORTS


@requires("NOTES-BOTH", SECTION, "A note shown by a DiagnosticReport is a DocumentReference of the same patient too")
def _both(office: Office) -> None:
    for session in office.sessions():
        notes = [n for one in session.all("DocumentReference") for n in walk(one, "content.attachment")]
        for form in [f for one in session.all("DiagnosticReport") for f in walk(one, "presentedForm")]:
            assert any(form.get(key) == note.get(key) for note in notes for key in ("url", "hash") if form.get(key))


@requires("SCREENING", SECTION, "Screening: sdoh, functional, disability and cognitive status by category=survey")
def _screening(office: Office) -> None:
    found = [
        one
        for who in PEOPLE
        for one in office.session(who).search("Observation", patient=office.session(who).patient, category="survey")
    ]
    assert {code for one in found for code in walk(one, "category.coding.code")} >= SCREENED
    assert "sdoh" in _codes(office, "Condition", "category")


def _included(session: Session, resource_type: str, include: str, **query: str) -> set[str]:
    found = session.search_entries(resource_type, _include=include, **query)
    return {entry["resource"]["resourceType"] for entry in found if entry["search"]["mode"] == "include"}


@requires("INCLUDE-MEDICATION", SECTION, "_include of the medication by MedicationRequest and MedicationDispense")
def _medication(office: Office) -> None:
    session = office.session("grace")
    query = {"patient": session.patient}
    assert _included(session, "MedicationRequest", "MedicationRequest:medication", **query, intent="order") == {
        "Medication"
    }
    assert _included(session, "MedicationDispense", "MedicationDispense:medication", **query) == {"Medication"}


@requires("INCLUDE-OTHERS", SECTION, "_include of CareTeam participants, PractitionerRole endpoint and practitioner",
          "SHOULD")  # fmt: skip
def _include_others(office: Office) -> None:
    session = office.session("grace")
    query = {"patient": session.patient, "status": "active"}
    named = _included(session, "CareTeam", "CareTeam:participant", **query)
    assert named >= {"Patient", "Practitioner", "PractitionerRole", "RelatedPerson"}
    roles = {"specialty": "207V00000X"}
    assert _included(office.system(), "PractitionerRole", "PractitionerRole:practitioner", **roles) == {"Practitioner"}
    assert _included(office.system(), "PractitionerRole", "PractitionerRole:endpoint", **roles) == {"Endpoint"}


@requires("CREATE", SECTION, "DocumentReference and DiagnosticReport can be created")
def _create(office: Office) -> None:
    session, writer = office.session("gordon"), office.writer()
    for resource_type in ("DocumentReference", "DiagnosticReport"):
        draft = {k: v for k, v in session.all(resource_type)[0].items() if k != "id"}
        made = writer.write("POST", resource_type, draft)
        assert made.status == 201, made.text
        path = made.headers["location"].removeprefix(f"{office.live.base}/").partition("/_history")[0]
        assert {**session.get(path).json, "id": 0, "meta": 0} == {**draft, "id": 0, "meta": 0}
        assert writer.write("DELETE", path).status in {200, 204}
        assert session.get(path).status == 410


@requires("DOCREF", SECTION, "DocumentReference/$docref answers with the patient's documents")
def _docref(office: Office) -> None:
    session = office.session("grace")
    answer = session.get("DocumentReference/$docref", patient=session.patient)
    assert answer.status == 200, answer.text
    found = {entry["resource"]["id"] for entry in answer.json["entry"]}
    assert found & {one["id"] for one in session.all("DocumentReference")}
