"""Who is surely meant, who is new, and what staff must settle."""

from dataclasses import replace
from datetime import date

import pytest

from chartpost.identity.types import PersonView
from chartpost.records.matching import Incoming, score, weigh

ANA = PersonView(
    id=1, ref="r1", given="Ana Maria", family="Lopez", birth_date=date(1980, 5, 17), sex="female",
    address_line="12 Oak Street", city="Duluth", state="MN", postal_code="55802", phone="", email="", language="",
    deceased_on=None, identifiers=(("mrn", "1"),),
)  # fmt: skip
SAME = Incoming(
    given="Ana Maria", family="Lopez", birth_date="1980-05-17", sex="female",
    address_line="12 Oak Street", city="Duluth", state="MN", postal_code="55802",
)  # fmt: skip

FAR_AWAY = {"address_line": "1 Hill Road", "city": "Austin", "postal_code": "73301"}
SURE, NEW, UNSURE = "sure", "new", "unsure"
TABLE = [
    ("all the same", {}, SURE),
    ("accents, case and punctuation", {"given": "ANA MARÍA", "family": "lópez"}, SURE),
    ("middle initial", {"given": "Ana M."}, SURE),
    ("no middle name", {"given": "Ana"}, SURE),
    ("street abbreviated", {"address_line": "12 Oak St."}, SURE),
    ("long postal code", {"postal_code": "55802-1234"}, SURE),
    ("moved house", {"address_line": "9 Elm Road", "city": "St. Paul", "postal_code": "55101"}, UNSURE),
    ("no address", {"address_line": "", "city": "", "postal_code": ""}, UNSURE),
    ("same street, other town", {"city": "Austin", "postal_code": "73301"}, UNSURE),
    ("sex differs", {"sex": "male"}, UNSURE),
    ("sex unknown", {"sex": ""}, UNSURE),
    ("married name", {"family": "Garcia"}, UNSURE),
    ("given name misspelt", {"given": "Anna Maria"}, UNSURE),
    ("names swapped", {"given": "Lopez", "family": "Ana Maria"}, UNSURE),
    ("one digit of the birth date", {"birth_date": "1980-05-11"}, UNSURE),
    ("day and month swapped", {"birth_date": "1980-17-05"}, UNSURE),
    ("only the year of birth", {"birth_date": "1980"}, UNSURE),
    ("no birth date", {"birth_date": ""}, UNSURE),
    ("twin at the same address", {"given": "Rosa Elena"}, UNSURE),
    ("another birth date", {"birth_date": "1999-12-31"}, NEW),
    ("another name and address", {"given": "Ruth", "family": "Berg", **FAR_AWAY}, NEW),
    ("no name", {"given": "", "family": ""}, UNSURE),
]  # fmt: skip


@pytest.mark.parametrize(("case", "change", "expected"), TABLE, ids=[row[0] for row in TABLE])
def test_table(case: str, change: dict[str, str], expected: str) -> None:
    found = weigh(replace(SAME, **change), [ANA])
    assert (SURE if found.person_id else NEW if found.new else UNSURE) == expected


def test_an_identifier_names_the_person_whatever_the_address() -> None:
    incoming = replace(SAME, address_line="", city="", postal_code="", identifiers=(("mrn", "1"),))
    assert weigh(incoming, [ANA], frozenset({1})).person_id == 1


def test_an_identifier_with_another_name_and_birth_date_is_doubted() -> None:
    incoming = replace(SAME, given="Karl", family="Berg", birth_date="1950-01-01", identifiers=(("mrn", "1"),))
    found = weigh(incoming, [ANA], frozenset({1}))
    assert (found.person_id, found.new) == (None, False)
    assert "another name and birth date" in found.reason


def test_identifiers_of_two_persons_are_doubted() -> None:
    found = weigh(SAME, [ANA, replace(ANA, id=2)], frozenset({1, 2}))
    assert found.person_id is None
    assert {c.person.id for c in found.candidates} == {1, 2}


def test_another_number_of_the_same_kind_is_doubted_even_when_all_else_agrees() -> None:
    found = weigh(replace(SAME, identifiers=(("mrn", "2"),)), [ANA])
    assert (found.person_id, found.new) == (None, False)
    assert found.candidates[0].clash


def test_two_persons_who_both_fit_are_never_chosen_between() -> None:
    found = weigh(SAME, [ANA, replace(ANA, id=2)])
    assert found.person_id is None
    assert len(found.candidates) == 2


def test_a_full_match_beside_a_similar_person_is_doubted() -> None:
    found = weigh(SAME, [ANA, replace(ANA, id=2, address_line="", city="", postal_code="")])
    assert found.person_id is None
    assert [c.person.id for c in found.candidates] == [1, 2]


def test_score_tells_its_parts() -> None:
    found = score(ANA, SAME)
    assert (found.total, found.full) == (100, True)
    assert dict(found.parts) == {"name": "same", "birth_date": "same", "sex": "same", "address": "same"}
