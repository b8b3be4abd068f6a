"""docs/ccda-files.md, written from conversions: `python -m tests.formats.ccda_intake.page` writes it anew."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.formats.ccda_intake.coverage import Coverage, coverage
from tests.formats.ccda_intake.samples import BROKEN, converted, documents, whole

from chartpost.formats.ccda import CcdaError
from chartpost.formats.ccda.intake import convert

PAGE = Path(__file__).resolve().parents[3] / "docs" / "ccda-files.md"
HEAD = """# C-CDA files read

What Chartpost makes of C-CDA documents of other programs: 21 exports of products, samples of NIST, HL7 and ONC, two of
them wrong on purpose. `tests/formats/ccda_intake/census.py` counts what each document states, by templateId alone
and without any of the converter's code (R1.1 and R2.1 templates have the same roots). `coverage.py` then looks for the
resource of each statement: one made of this very element; or one it shares, because FHIR holds both together (the two
pressures of one blood pressure, a relative's conditions, a birth sex in the Patient, an encounter told twice). Entries
that say nothing (every part that could say what is null, or the words are that there is nothing) make no resource,
since it would read as if something were so; they do not count for the percentage. What is left is kept in the words of
its section, and named below with the reason. Every resource passes FHIR R4 and the profiles of US Core 6.1.0 it claims.

This page is made by `python -m tests.formats.ccda_intake.page`; a test fails when it is out of date and the files are
present.

"""
WHY = {
    "nothing-stated": "the entry says that there is nothing to say",
    "entry-unknown": "no reader for this template here",
    "entry-failed": "the entry could not be read",
    "entry-unfit": "the entry does not make a valid resource",
}


def render() -> str:
    """The page as it should be."""
    held = {name: coverage(documents()[name], converted(name)) for name in whole()}
    return HEAD + "\n".join([*_files(held), "", *_kinds(held), "", *_rest(held), "", *_negatives()]) + "\n"


def _files(held: dict[str, Coverage]) -> Iterator[str]:
    yield "## By file\n"
    columns = ("entries", "understood", "statements", "own resource", "shared", "say nothing", "rest", "%")
    yield f"| file | release | {' | '.join(columns)} |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    sums = [0] * 7
    for name, one in held.items():
        made = converted(name)
        cells = [
            sum(s.entries for s in made.sections), sum(s.understood for s in made.sections), one.found.total(),
            one.own.total(), one.shared.total(), len(one.rest) - len(one.lost), len(one.lost),
        ]  # fmt: skip
        sums = [a + b for a, b in zip(sums, cells, strict=True)]
        yield _row(f"`{name}`", made.header.release or "none named", cells)
    yield _row("**all**", "", sums)


def _row(name: str, release: str, cells: list[int]) -> str:
    stated = cells[2] - cells[5]
    share = 100 * (1 - cells[6] / stated) if stated else 100
    shown = [*map(str, cells[:7]), f"{share:.1f}".removesuffix(".0")]
    return f"| {name} | {release} | {' | '.join(shown)} |"


def _kinds(held: dict[str, Coverage]) -> Iterator[str]:
    found, own, shared = Counter[str](), Counter[str](), Counter[str]()
    for one in held.values():
        found, own, shared = found + one.found, own + one.own, shared + one.shared
    yield "## By kind of statement\n"
    yield "| statement | found | own resource | shared | say nothing | rest |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    lost = Counter(rest.kind for one in held.values() for rest in one.lost)
    for name, count in found.most_common():
        nothing = count - own[name] - shared[name] - lost[name]
        yield f"| {name} | {count} | {own[name]} | {shared[name]} | {nothing} | {lost[name]} |"


def _rest(held: dict[str, Coverage]) -> Iterator[str]:
    yield "## The rest, kept as words\n"
    rows = Counter((name, r.kind, r.section, r.reason) for name, one in held.items() for r in one.rest)
    if not rows:
        yield "None."
        return
    yield "| file | statement | section | how many | reason |"
    yield "| --- | --- | --- | ---: | --- |"
    for (name, kind, section, reason), count in sorted(rows.items()):
        yield f"| `{name}` | {kind} | {section} | {count} | {WHY.get(reason, reason)} (`{reason}`) |"


def _negatives() -> Iterator[str]:
    """What the documents that are wrong on purpose are told to be."""
    yield "## Wrong on purpose\n"
    yield "| file | what is said of it |"
    yield "| --- | --- |"
    for name in (n for n in documents() if "negative" in n):
        if name == BROKEN:
            yield f"| `{name}` | refused: {_refusal(documents()[name])} |"
        else:
            counted = Counter(issue.code for issue in converted(name).issues)
            told = ", ".join(f"{count} x `{code}`" for code, count in sorted(counted.items()))
            yield f"| `{name}` | read; {told} |"


def _refusal(data: bytes) -> str:
    try:
        convert(data)
    except CcdaError as error:
        return f"{error.seen} (expected {error.expected})"
    return "not refused"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
