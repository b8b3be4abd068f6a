"""Words of the pure rooms: said in the language of a block, else of the page, else in English."""

from collections.abc import Iterator

import pytest

from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.readable import language
from chartpost.formats.readable.patient import person_of
from chartpost.formats.readable.words import SECTION_NAMES

PROBLEMS = SECTION_NAMES[Category.PROBLEMS]


@pytest.fixture(autouse=True)
def nobody_followed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(language, "_followed", [])
    yield


def test_a_text_kept_for_later_is_said_in_the_language_of_then() -> None:
    assert str(PROBLEMS) == "Health problems"
    with language.speaking("es"):
        assert str(PROBLEMS) == "Problemas de salud"
        with language.speaking("en-US"):
            assert str(PROBLEMS) == "Health problems"
        assert str(PROBLEMS) == "Problemas de salud"
    assert str(PROBLEMS) == "Health problems"


def test_pages_are_followed_unless_a_block_says_otherwise() -> None:
    now: list[str | None] = ["es"]
    language.follow(lambda: now[0])
    assert language.get_language() == "es"
    assert language.ngettext("%(n)d entry", "%(n)d entries", 2) == "%(n)d anotaciones"
    with language.speaking("en"):
        assert language.ngettext("%(n)d entry", "%(n)d entries", 1) == "%(n)d entry"
    now[0] = None
    assert language.get_language() == "en"


def test_an_unknown_language_reads_english() -> None:
    with language.speaking("fr"):
        assert str(PROBLEMS) == "Health problems"
        assert language.pgettext_lazy("address", "Home") % {} == "Home"


def test_a_patient_is_named_officially_and_numbers_stand_once() -> None:
    found = person_of(
        {
            "name": [{"use": "old", "text": "Ann Young"}, {"use": "official", "given": ["Ann"], "family": "Lee"}],
            "birthDate": "1980-01",
            "gender": "female",
            "identifier": [
                {"system": "a", "value": "7"},
                {"system": "b", "value": "7"},
                {"system": "us-ssn", "value": "9"},
            ],
        }
    )
    assert (found.name, found.birth_date, found.sex) == ("Ann Lee", "January 1980", "Female")
    assert found.identifiers == (("Record number", "7"),)
    assert person_of({}).name == "not given"
