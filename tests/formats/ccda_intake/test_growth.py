"""What a document costs grows with its size: many siblings, and many entries that point at one narrative."""

import re
import time

import orjson
from tests.formats.ccda_intake.papers import PROBLEMS, RESULTS, paper, problem, result, section

from chartpost.formats.ccda.intake import convert
from chartpost.formats.ccda.intake.document import LONG_WORDS, MOST_LONG_WORDS
from chartpost.formats.ccda.intake.types import Converted

POINTS = '<text><reference value="#b"/></text>'
WORDED = '<originalText><reference value="#b"/></originalText>'


def made(conversion: Converted) -> bytes:
    """Everything that was made of a document."""
    return orjson.dumps([*conversion.resources, *(source.text for source in conversion.sources.values())])


def pointing(entries: int, characters: int) -> bytes:
    """A document whose entries all point at one narrative, twice each."""
    big = f'<paragraph ID="b">{"word " * (characters // 5)}</paragraph>'
    coded = 'displayName="Name">'
    each = [problem(str(n), more=POINTS).replace(coded, coded + WORDED) for n in range(entries)]
    return paper(section(PROBLEMS, *each, text=big)).encode()


def test_entries_that_all_point_at_one_long_narrative_stay_small() -> None:
    few, many = (made(convert(pointing(n, 400_000))) for n in (40, 160))
    assert len(many) < 6 * MOST_LONG_WORDS, "without a cut it would be 160 times 400,000 several times"
    assert len(many) < 1.5 * len(few)


def test_a_cut_is_told_once_and_seen_in_the_words() -> None:
    data = pointing(160, 400_000)
    conversion = convert(data)
    (told,) = [issue for issue in conversion.issues if issue.code == "text-cut"]
    assert (told.severity, told.section) == ("warning", PROBLEMS)
    last = [one for one in conversion.resources if one["resourceType"] == "Condition"][-1]
    words = last["code"]["text"]
    assert words.startswith("Name (word word")
    assert words.endswith("word …)")
    assert len(words) < LONG_WORDS + len("Name ( …)")
    assert made(convert(data)) == made(conversion)


def test_long_words_of_a_few_entries_are_taken_whole() -> None:
    conversion = convert(pointing(3, 100_000))
    assert not [issue for issue in conversion.issues if issue.code == "text-cut"]
    texts = [one["code"]["text"] for one in conversion.resources if one["resourceType"] == "Condition"]
    assert texts == [f"Name ({' '.join(['word'] * 20_000)})"] * 3


def seconds(data: bytes) -> float:
    begin = time.perf_counter()
    convert(data)
    return time.perf_counter() - begin


def test_the_time_for_many_siblings_grows_as_their_number() -> None:
    component = re.search(r"<component>.*</component>", result(), re.DOTALL)
    assert component

    def siblings(number: int) -> bytes:
        body = result().replace(component[0], "<component><act/></component>" * number)
        return paper(section(RESULTS, body)).encode()

    seconds(siblings(10))
    few, many = (min(seconds(siblings(number)) for _ in range(2)) for number in (4_000, 32_000))
    assert many < 24 * few, "eight times as many take eight times as long; the square of that would be 64 times"


def test_paths_name_each_sibling() -> None:
    found = convert(paper(section(PROBLEMS, problem("1"), problem("2"))).encode())
    paths = [source.path for source in found.sources.values() if source.section == PROBLEMS]
    assert [re.findall(r"entry\[(\d)\]", path)[0] for path in paths] == ["1", "2"]
