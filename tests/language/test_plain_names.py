"""Plain names: right codes, both languages, short and plain."""

import re
from datetime import date

import pytest
from scripts import check_messages

from chartpost.demo.generator import generate
from chartpost.formats.plainnames import CVX, LOINC, SNOMED, VISIT_CLASS, explain, known, plain_name

SYSTEMS = (LOINC, SNOMED, CVX, VISIT_CLASS)
LOINC_SHAPE = re.compile(r"\d{1,5}-\d")


def test_a_few_by_hand() -> None:
    assert plain_name(LOINC, "4548-4") == "Hemoglobin A1c (average blood sugar)"
    assert plain_name(LOINC, "4548-4", "es") == "Hemoglobina A1c (azúcar promedio en la sangre)"
    assert plain_name(LOINC, "11506-3") == "Progress note"
    assert plain_name(SNOMED, "59621000", "es-US") == "Presión arterial alta"
    assert plain_name(CVX, "3") == plain_name(CVX, "03") == "MMR vaccine (measles, mumps, rubella)"
    assert explain(LOINC, "718-7") == ("It is the part of the blood that carries oxygen; a low value is called anemia.")
    assert explain(CVX, "03") is None
    assert plain_name(LOINC, "0-0") is None
    assert plain_name("https://example.org/own", "4548-4") is None


def test_there_are_enough() -> None:
    assert len(known(LOINC)) >= 200
    assert len(known(SNOMED)) >= 100
    assert sum(entry.tells is not None for entry in known(LOINC).values()) >= 60


def test_loinc_codes_carry_their_check_digit() -> None:
    """The last digit of a LOINC code is a Luhn check digit over the digits before it: a typing error shows."""
    wrong = [code for code in known(LOINC) if not LOINC_SHAPE.fullmatch(code) or _luhn(code[:-2]) != int(code[-1])]
    assert wrong == []


def test_snomed_codes_carry_their_check_digit() -> None:
    """The last digit of a SNOMED CT identifier is a Verhoeff check digit."""
    assert [code for code in known(SNOMED) if not code.isdigit() or _verhoeff(code) != 0] == []


def _luhn(digits: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return -total % 10


_TURNS = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
while len(_TURNS) < 8:
    _TURNS.append([_TURNS[-1][_TURNS[1][n]] for n in range(10)])


def _times(a: int, b: int) -> int:
    """Multiplication in the dihedral group of order ten."""
    if a < 5:
        return (a + b) % 5 if b < 5 else (a + b - 5) % 5 + 5
    return (a - 5 - b) % 5 + 5 if b < 5 else (a - b) % 5


def _verhoeff(digits: str) -> int:
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = _times(check, _TURNS[place % 8][int(digit)])
    return check


@pytest.mark.parametrize("system", SYSTEMS)
def test_names_are_short_and_said_in_both_languages(system: str) -> None:
    for code, entry in known(system).items():
        for text in entry.names:
            assert 2 <= len(text) <= 60, (code, text)
            assert text[:1].upper() == text[:1], (code, text)
            assert text.count("(") == text.count(")"), (code, text)
        for sentence in entry.tells or ():
            assert sentence.endswith("."), (code, sentence)
            assert len(sentence) <= 120, (code, sentence)


SAME_IN_BOTH = {"Cortisol", "Estradiol", "Psoriasis", "COVID-19", "Glaucoma"}


@pytest.mark.parametrize("system", SYSTEMS)
def test_spanish_is_not_english(system: str) -> None:
    same = {entry.names[0] for entry in known(system).values() if entry.names[0] == entry.names[1]}
    assert same <= SAME_IN_BOTH


def test_names_share_words_with_what_was_recorded() -> None:
    """For codes the demo's records use, the plain name is about the same thing as the recorded one."""
    recorded: dict[tuple[str, str], str] = {}
    for person in generate(7, date(2026, 11, 20), count=8):
        for resource in person.resources():
            _collect(resource, recorded)
    named = {key: name for key, name in recorded.items() if key[0] in SYSTEMS and plain_name(*key)}
    assert len(named) >= 60
    apart = {
        (key[1], name, plain_name(*key))
        for key, name in named.items()
        if key[0] == LOINC and not _stems(name) & _stems(f"{plain_name(*key)} {explain(*key) or ''}")
    }
    assert {code for code, _recorded, _plain in apart} <= OTHER_WORDS


OTHER_WORDS = {
    "3016-3", "6690-2", "3084-1", "58410-2", "24331-1", "72514-3", "11502-2", "34117-2", "51847-2", "2106-3", "11341-5",
    "88121-9",
}  # fmt: skip
"""Codes whose everyday name shares no word with the recorded one: thyrotropin is TSH, leukocytes are white cells."""


def _stems(text: str) -> set[str]:
    return {word[:4] for word in re.findall(r"[a-z0-9]{2,}", text.casefold())}


def _collect(value: object, found: dict[tuple[str, str], str]) -> None:
    if isinstance(value, dict):
        if isinstance(value.get("system"), str) and isinstance(value.get("code"), str) and value.get("display"):
            found[(value["system"], value["code"])] = str(value["display"])
        for inner in value.values():
            _collect(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, found)


def test_the_staff_only_places_exist() -> None:
    """A renamed room must not slip out of the check."""
    for place in check_messages.STAFF_ONLY:
        assert (check_messages.PACKAGE / place).exists(), place
