"""The people of the demo as C-CDA: sound, without a broken rule of HL7's, and whole after a round trip."""

from datetime import date
from functools import cache
from typing import Any

import pytest
from tests.formats.ccda.builders import cells, document, section
from tests.formats.ccda.facts import lost
from tests.support import schematron as oracle

from chartpost.demo.generator import SyntheticPerson, generate
from chartpost.formats.ccda import check_document, convert, parse

KEYS = [person.key for person in generate(7, date(2026, 11, 21))]
ONE_LINE_EACH = {"AllergyIntolerance": "48765-2", "Immunization": "11369-6", "Procedure": "47519-4"}


@cache
def people() -> dict[str, SyntheticPerson]:
    return {person.key: person for person in generate(7, date(2026, 11, 21))}


def written(key: str, kind: str = "ccd") -> bytes:
    person = people()[key]
    return document(kind, *person.resources(), who=person.patient, check=False)


@pytest.mark.parametrize("kind", ["ccd", "referral", "discharge", "transfer"])
@pytest.mark.parametrize("key", KEYS)
def test_every_document_of_a_person_is_sound(key: str, kind: str) -> None:
    data = written(key, kind)
    assert check_document(data) == []
    if oracle.folder():
        assert [str(finding) for finding in oracle.schematron()(data)] == []


@pytest.mark.parametrize("key", KEYS)
def test_every_entry_has_its_line(key: str) -> None:
    root = parse(written(key))
    for kind, loinc in ONE_LINE_EACH.items():
        count = sum(r["resourceType"] == kind for r in people()[key].resources())
        assert count == 0 or len(cells(section(root, loinc))) == count, kind


@pytest.mark.parametrize("key", KEYS)
def test_what_was_read_of_a_person_is_written_and_read_again(key: str) -> None:
    first: list[dict[str, Any]] = convert(written(key)).resources
    assert lost(people()[key].resources(), first) == []
    again = document("ccd", *first, who=first[0])
    assert lost(first, convert(again).resources) == []
