"""What patients read is plain English: school grade 8 or below."""

import pytest
from scripts import check_messages

from chartpost.formats.plainnames import LOINC, known
from tests.support import reading

HARDEST = 8.0


def texts_by_place() -> dict[str, str]:
    """Whole sentences of each file that patients can see, joined; labels without an end mark are left out."""
    found: dict[str, list[str]] = {}
    for (_context, texts), one in check_messages.extract().items():
        for place in one.places:
            if not place.startswith(check_messages.STAFF_ONLY) and texts[0].rstrip().endswith((".", "?", "!")):
                found.setdefault(place, []).append(texts[0])
    return {place: " ".join(texts) for place, texts in found.items()}


TEXTS = {place: text for place, text in texts_by_place().items() if reading.is_long_enough(text)}


@pytest.mark.parametrize("place", sorted(TEXTS))
def test_a_page_or_letter_is_no_harder_than_grade_8(place: str) -> None:
    assert reading.grade(TEXTS[place]) <= HARDEST


def test_no_single_message_is_far_harder_than_the_rest() -> None:
    hard = {
        texts[0]: round(reading.grade(texts[0]), 1)
        for (_context, texts), one in check_messages.extract().items()
        if one.patient and sum(map(len, reading.sentences(texts[0]))) >= 14 and reading.grade(texts[0]) > HARDEST + 3
    }
    assert hard == {}


def test_explanations_of_tests_are_plain() -> None:
    text = " ".join(entry.tells[0] for entry in dict.fromkeys(known(LOINC).values()) if entry.tells)
    assert reading.grade(text) <= HARDEST


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("The cat sat on the mat. It was a big cat.", -3, 2),
        ("You can look at your records and get a copy. You do not have to say why.", 0, 5),
        (
            "Notwithstanding the aforementioned stipulations, the custodian's obligation to disseminate documentation "
            "remains contingent upon verification of the requisite authorization.",
            16,
            40,
        ),
    ],
)
def test_the_grade_tells_plain_from_hard(text: str, low: float, high: float) -> None:
    assert low <= reading.grade(text) <= high


@pytest.mark.parametrize(
    ("word", "count"), [("cat", 1), ("people", 2), ("records", 2), ("named", 1), ("needed", 2), ("medicine", 3)]
)
def test_syllables(word: str, count: int) -> None:
    assert reading.syllables(word) == count


def test_citations_and_given_terms_do_not_count() -> None:
    bare = "The office must answer you in time."
    cited = "The office must answer you in time. 45 CFR 164.524(b)(2), (c)"
    assert reading.grade(cited) == reading.grade(bare)
    assert reading.sentences("The Office for Civil Rights helps.") == [["The", "term", "helps"]]
