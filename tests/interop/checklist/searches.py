"""Section 1.7: every search combination of US Core 6.1.0, with values picked from what the server itself holds."""

from collections.abc import Iterator
from functools import partial

from tests.interop.checklist.matching import matches, parameter, query_value, surely, with_system
from tests.interop.checklist.office import Json, Office, Session
from tests.interop.checklist.rows import Row, add

SECTION = "1.7 Searches"

TABLE = """
Patient | _id; identifier; name; birthdate+name; gender+name | birthdate+family; family+gender; death-date+family
AllergyIntolerance | patient | patient+clinical-status
CarePlan | patient+category | patient+category+status; patient+category+date; patient+category+status+date
CareTeam | patient+status | role; patient+role
Condition | patient; patient+category | patient+clinical-status; patient+code; patient+onset-date
Condition | | patient+abatement-date; patient+asserted-date; patient+recorded-date; patient+category+clinical-status
Condition | | patient+category+encounter
Coverage | patient |
Device | patient | patient+type; patient+status
DiagnosticReport | patient; patient+category; patient+category+date; patient+code | patient+status; patient+code+date
DocumentReference | _id; patient; patient+type; patient+category; patient+category+date | patient+status
DocumentReference | | patient+type+period
Encounter | _id; patient; date+patient | identifier; class+patient; patient+type; patient+status; patient+location
Encounter | | patient+discharge-disposition
Goal | patient | patient+target-date; patient+lifecycle-status; patient+description
Immunization | patient | patient+date; patient+status
MedicationDispense | patient | patient+status; patient+status+type
MedicationRequest | patient+intent; patient+intent+status | patient+intent+encounter; patient+intent+authoredon
Observation | patient+category; patient+category+date; patient+code | patient+code+date; patient+category+status
Procedure | patient; patient+date | patient+status; patient+code+date
QuestionnaireResponse | patient; _id | patient+questionnaire; patient+authored; patient+status
RelatedPerson | _id | patient; name; patient+name
ServiceRequest | _id; patient; patient+category; patient+category+authored; patient+code | patient+status
ServiceRequest | | patient+code+authored
Specimen | _id | patient
Location | name; address | address-city; address-state; address-postalcode
Organization | name; address |
Practitioner | name; identifier | _id
PractitionerRole | specialty; practitioner |
"""
TRIED = 40
"""Entries of one person from which values are picked."""

UNBOUND = frozenset({"Location", "Organization", "Practitioner", "PractitionerRole"})
"""Types that belong to no patient; a backend client asks for them."""


def combinations() -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Each (type, parameters, SHALL or SHOULD) of the table."""
    for line in TABLE.strip().splitlines():
        resource_type, shall, should = (cell.strip() for cell in line.split("|"))
        for strength, cell in (("SHALL", shall), ("SHOULD", should)):
            for combination in filter(None, cell.split("; ")):
                yield resource_type, tuple(combination.strip().split("+")), strength


def holders(office: Office, resource_type: str) -> Iterator[tuple[Session, list[Json]]]:
    """Sessions and what each holds of a type; the type's own searches are tried on that."""
    if resource_type in UNBOUND:
        session = office.system()
        yield session, session.search(resource_type, _count="200")
        return
    for session in office.sessions():
        yield session, session.all(resource_type)


def pick(session: Session, entries: list[Json], names: tuple[str, ...]) -> tuple[Json, dict[str, str]] | None:
    """A resource that has all these parameters, and values that find it."""
    for resource in entries:
        query = {name: query_value(resource, name) or "" for name in names}
        if "patient" in query:
            query["patient"] = session.patient
        if all(query.values()):
            return resource, query
    return None


def fullest(session: Session, entries: list[Json], names: tuple[str, ...]) -> tuple[int, Json, dict[str, str]] | None:
    """Of many picks the one that finds the most, and how many that surely is."""
    picks = [picked for one in entries[:TRIED] if (picked := pick(session, [one], names))]
    counted = [(sum(_all(one, query) for one in entries), resource, query) for resource, query in picks]
    return max(counted, key=lambda each: each[0], default=None)


def _all(resource: Json, query: dict[str, str]) -> bool:
    return all(surely(resource, name, value) for name, value in query.items())


def search(resource_type: str, names: tuple[str, ...], office: Office) -> None:
    """The search finds what matches, all of it and nothing else; tried where it finds the most."""
    found = [
        (best, session, entries)
        for session, entries in holders(office, resource_type)
        if (best := fullest(session, entries, names))
    ]
    assert found, f"nobody in the demo has {resource_type} with {'+'.join(names)}"
    found.sort(key=lambda each: each[0][0], reverse=True)
    for (_, resource, query), session, entries in found[:2]:
        _holds(session, resource_type, query, entries, resource)
        for name in names:
            full = with_system(resource, name) if parameter(resource_type, name).kind == "token" else None
            if full:
                _holds(session, resource_type, query | {name: full}, entries, resource)


def _holds(session: Session, resource_type: str, query: dict[str, str], entries: list[Json], picked: Json) -> None:
    found = session.search(resource_type, **query)
    ids = {one["id"] for one in found}
    assert len(ids) == len(found), f"the same entry twice for {query}"
    assert picked["id"] in ids, f"{resource_type}/{picked['id']} is missing for {query}"
    for one in found:
        assert all(matches(one, name, value) for name, value in query.items()), (query, one["id"])
    wanted = {one["id"] for one in entries if _all(one, query)}
    assert ids >= wanted, f"missing for {resource_type}?{query}: {len(wanted - ids)} of {len(wanted)}"


for _type, _names, _strength in combinations():
    add(
        Row(
            f"SEARCH-{_type}-{'+'.join(_names)}",
            SECTION,
            f"{_type}: search by {' and '.join(_names)}",
            _strength,
            partial(search, _type, _names),
        )
    )
