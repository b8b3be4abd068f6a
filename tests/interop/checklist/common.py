"""Section 1.6: what every search and read of one patient's record does alike."""

from datetime import timedelta
from functools import partial
from urllib.parse import urlencode

from tests.interop.checklist.matching import matches, moment, parameter, query_value, surely, values
from tests.interop.checklist.office import Json, Office
from tests.interop.checklist.rows import Row, add, requires
from tests.interop.checklist.searches import holders, pick
from tests.support.live import FHIR_JSON

SECTION = "1.6 Single patient API"

FIRST = {
    "Patient": "_id", "AllergyIntolerance": "patient", "CarePlan": "patient+category", "CareTeam": "patient+status",
    "Condition": "patient", "Coverage": "patient", "Device": "patient", "DiagnosticReport": "patient+category",
    "DocumentReference": "patient", "Encounter": "patient", "Goal": "patient", "Immunization": "patient",
    "MedicationDispense": "patient", "MedicationRequest": "patient+intent", "Observation": "patient+category",
    "Procedure": "patient", "QuestionnaireResponse": "patient", "RelatedPerson": "patient",
    "ServiceRequest": "patient", "Specimen": "patient",
}  # fmt: skip
"""The first search of each type of a patient's record."""

EITHER = {
    "CarePlan": "status", "CareTeam": "status", "Device": "status", "DiagnosticReport": "status",
    "DocumentReference": "status", "MedicationDispense": "status type", "MedicationRequest": "intent status",
    "Observation": "status code", "Procedure": "status", "ServiceRequest": "status",
}  # fmt: skip
"""Parameters that SHALL take several values joined by commas."""

COMPARED = {
    "CarePlan": "date", "Condition": "onset-date abatement-date asserted-date recorded-date",
    "DiagnosticReport": "date", "DocumentReference": "date period", "Encounter": "date", "Goal": "target-date",
    "Immunization": "date", "MedicationRequest": "authoredon", "Observation": "date", "Procedure": "date",
    "QuestionnaireResponse": "authored", "ServiceRequest": "authored",
}  # fmt: skip
"""Date parameters that SHALL take gt, ge, lt and le."""

WITH_PROVENANCE = (*(name for name in FIRST if name != "Specimen"),)


def post_finds_the_same(resource_type: str, office: Office) -> None:
    """The first search of a type, by GET and by POST."""
    for session, entries in holders(office, resource_type):
        picked = pick(session, entries, tuple(FIRST[resource_type].split("+")))
        if picked is None:
            continue
        by_get = session.get(resource_type, **picked[1])
        headers = {
            "Authorization": f"Bearer {session.token}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": FHIR_JSON,
        }
        address = f"{office.live.base}/{resource_type}/_search"
        by_post = office.live.send("POST", address, urlencode(picked[1]).encode(), headers)
        assert (by_get.status, by_post.status) == (200, 200), by_post.text
        assert _ids(by_get.json) == _ids(by_post.json) != []
        return
    raise AssertionError(f"nobody has {resource_type}")


def _ids(bundle: Json) -> list[str]:
    return [entry["resource"]["id"] for entry in bundle.get("entry", ())]


def either_value(resource_type: str, name: str, office: Office) -> None:
    """Two values joined by a comma find what either finds."""
    for session, entries in holders(office, resource_type):
        picked = pick(session, entries, ("patient", name))
        if picked is None:
            continue
        known = {value for one in entries if (value := query_value(one, name))}
        joined = ",".join([*sorted(known)[:6], "unknown"])
        found = {one["id"] for one in session.search(resource_type, patient=session.patient, **{name: joined})}
        assert found == {one["id"] for one in entries if matches(one, name, joined)} != set()
        return
    raise AssertionError(f"nobody has {resource_type}.{name}")


def compared(resource_type: str, name: str, office: Office) -> None:
    """gt, ge, lt and le with a full date and time, and with a day."""
    for session, entries in holders(office, resource_type):
        picked = pick(session, entries, ("patient", name))
        if picked is None:
            continue
        resource, query = picked
        when = query[name].removeprefix("ge")
        full = when if "T" in when else f"{when}T12:00:00+00:00"
        for day_before, day_after, precise in (
            ("1900-01-01", "2199-12-31", False),
            (_shift(full, -2), _shift(full, 2), True),
        ):
            for prefix, value, seen in (
                *(("gt", day_before, True), ("ge", day_before, True), ("lt", day_before, False)),
                *(("le", day_before, False), ("lt", day_after, True), ("le", day_after, True)),
                *(("gt", day_after, False), ("ge", day_after, False)),
            ):
                found = session.search(resource_type, patient=session.patient, **{name: prefix + value})
                open_ended = any(isinstance(v, dict) and "end" not in v for v in values(resource, name))
                lasting = any(isinstance(v, dict) for v in values(resource, name)) and precise
                if seen or not (open_ended or lasting):
                    assert (resource["id"] in {one["id"] for one in found}) is seen, (prefix, value, when)
                assert all(matches(one, name, prefix + value) for one in found)
                assert {one["id"] for one in found} >= {e["id"] for e in entries if surely(e, name, prefix + value)}
        return
    raise AssertionError(f"nobody has {resource_type}.{name}")


def _shift(full: str, days: int) -> str:
    return (moment(full) + timedelta(days=days)).isoformat()


def provenance(resource_type: str, office: Office) -> None:
    """_revinclude=Provenance:target brings Provenance that points at what was found, each agent with onBehalfOf."""
    for session, entries in holders(office, resource_type):
        picked = pick(session, entries, tuple(FIRST[resource_type].split("+")))
        if picked is None:
            continue
        found = session.search_entries(resource_type, _revinclude="Provenance:target", _count="200", **picked[1])
        here = {f"{resource_type}/{e['resource']['id']}" for e in found if e["search"]["mode"] == "match"}
        told = [e["resource"] for e in found if e["search"]["mode"] == "include"]
        assert told, f"no Provenance for {resource_type}"
        for one in told:
            assert one["resourceType"] == "Provenance"
            assert {target["reference"] for target in one["target"]} & here
            assert all("onBehalfOf" in agent for agent in one["agent"])
        return
    raise AssertionError(f"nobody has {resource_type}")


for _type in FIRST:
    _row = partial(post_finds_the_same, _type)
    add(Row(f"POST-{_type}", SECTION, f"{_type}: search by POST finds what GET finds", "SHALL", _row))
for _type, _names in EITHER.items():
    for _name in _names.split():
        _row = partial(either_value, _type, _name)
        add(Row(f"OR-{_type}-{_name}", SECTION, f"{_type}: several values of {_name}, with commas", "SHALL", _row))
for _type, _names in COMPARED.items():
    for _name in _names.split():
        assert parameter(_type, _name).kind == "date"
        _row = partial(compared, _type, _name)
        _words = f"{_type}: {_name} with gt, ge, lt and le, by moment and by day; periods, open ones too"
        add(Row(f"DATE-{_type}-{_name}", SECTION, _words, "SHALL", _row))
for _type in WITH_PROVENANCE:
    _row = partial(provenance, _type)
    add(Row(f"PROVENANCE-{_type}", SECTION, f"{_type}: _revinclude=Provenance:target", "SHALL", _row))


@requires("PATIENT-BOTH-FORMS", SECTION, "patient=123 and patient=Patient/123 find the same")
def _both_forms(office: Office) -> None:
    session = office.session("grace")
    for resource_type in ("Observation", "Condition", "Encounter", "Coverage"):
        plain = session.search(resource_type, patient=session.patient)
        typed = session.search(resource_type, patient=f"Patient/{session.patient}")
        assert [one["id"] for one in plain] == [one["id"] for one in typed] != []


@requires("ESCAPED-COMMA", SECTION, "A comma inside a value, written \\, , is part of it")
def _escaped(office: Office) -> None:
    session = office.system()
    facility = next(one for one in session.search("Location", _count="200") if "," in one["name"])
    found = session.search("Location", name=facility["name"].replace(",", "\\,"))
    assert [one["name"] for one in found] == [facility["name"]]


@requires("STRING-STARTS", SECTION, "Strings match from the start of any name or address part, whatever the case")
def _starts(office: Office) -> None:
    session = office.system()
    for name, value in (("name", "BENN"), ("name", "grac"), ("family", "bennett"), ("name", "Jr")):
        found = session.search("Patient", **{name: value}, _count="200")
        assert found
        assert all(matches(one, name, value) for one in found)
    assert not session.search("Patient", family="nnett")


@requires("PAGES", SECTION, "Long results come in pages joined by next links, each a searchset of JSON, none twice")
def _pages(office: Office) -> None:
    session = office.session("gordon")
    answer = session.get("Observation", patient=session.patient, _count="10")
    pages = list(session.pages(answer))
    ids = [entry["resource"]["id"] for page in pages for entry in page["entry"]]
    assert len(pages) >= 3
    assert len(ids) == len(set(ids)) == len(session.all("Observation"))


@requires("STATUS-NOT-NEEDED", SECTION, "A search without status is answered, not refused")
def _no_status(office: Office) -> None:
    session = office.session("grace")
    for resource_type in FIRST.keys() - {"Patient"}:
        assert session.get(resource_type, patient=session.patient).status == 200
