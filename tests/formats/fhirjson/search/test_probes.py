"""What of a search the postings answer."""

import pytest
from tests.formats.fhirjson.search.support import BASE, criterion

from chartpost.formats.fhirjson.search import parse

LOINC = "http://loinc.org"


@pytest.mark.parametrize(
    ("kind", "name", "value", "probes", "exact"),
    [
        ("Observation", "code", "718-7", [("code", "token", "718-7")], True),
        ("Observation", "code", f"{LOINC}|718-7", [("code", "token", f"{LOINC}|718-7")], True),
        ("Observation", "code", "|HGB", [("code", "token", "|HGB")], True),
        ("Observation", "code", f"{LOINC}|", None, False),
        ("Observation", "code", f"718-7,{LOINC}|", None, False),
        ("Observation", "code", "a,b,a", [("code", "token", "a"), ("code", "token", "b")], True),
        ("Observation", "identifier", r"a\|b", [("identifier", "token", "a|b")], False),
        ("Observation", "code:not", "718-7", None, False),
        ("Observation", "code:text", "718-7", None, False),
        ("Observation", "code:missing", "true", None, False),
        ("Observation", "_id", "o1", None, True),
        ("Observation", "patient", "1", None, True),
        ("Observation", "subject", "Patient/1", None, True),
        ("Observation", "subject", "1", None, True),
        ("Observation", "subject", "Group/1", [("subject", "reference", "Group/1")], True),
        ("Observation", "subject:Group", "1", [("subject", "reference", "Group/1")], True),
        ("Observation", "encounter", "1", [("encounter", "reference", "Encounter/1")], True),
        ("Observation", "encounter", f"{BASE}/Encounter/1", [("encounter", "reference", "Encounter/1")], True),
        ("Observation", "encounter", "Encounter/1/_history/2", [("encounter", "reference", "Encounter/1")], False),
        ("Observation", "encounter:identifier", "1", None, False),
        ("Observation", "encounter.status", "finished", None, False),
        (
            "MedicationRequest",
            "requester:Device",
            "1",
            [("requester", "reference", "Device/1")],
            True,
        ),
        ("Observation", "date", "2020", None, False),
        ("Observation", "value-quantity", "5", None, False),
        ("Patient", "name", "Eve", [("name", "prefix", "eve")], False),
        ("Patient", "name", "Evelyn-Ann", [("name", "prefix", "evelyn")], False),
        ("Patient", "name", "Ev", None, False),
        ("Patient", "name", "Núñez", [("name", "prefix", "nun")], False),
        ("Patient", "name:exact", "Núñez", [("name", "string", "nunez")], False),
        ("Patient", "name:contains", "Núñez", None, False),
        ("Patient", "address-city", "Reno", None, False),
    ],
)
def test_probes(kind: str, name: str, value: str, probes: list[tuple[str, str, str]] | None, exact: bool) -> None:
    found = criterion(kind, name, value)
    assert found.probes(kind) == (None if probes is None else tuple(probes))
    assert found.exact is exact


def test_a_bare_id_is_looked_for_in_every_type_it_may_be_of() -> None:
    found = criterion("Observation", "performer", "1")
    probes = found.probes("Observation")
    assert probes is not None
    assert ("performer", "reference", "Practitioner/1") in probes
    assert len(probes) == len(found.definition.targets)


def test_a_followed_chain_is_looked_up_by_its_references() -> None:
    (chained,) = parse("Observation", [("encounter.status", "finished")]).criteria
    followed = chained.to_references(["Encounter/1", "Encounter/2"])
    assert followed.probes("Observation") == (
        ("encounter", "reference", "Encounter/1"),
        ("encounter", "reference", "Encounter/2"),
    )
    assert followed.exact
