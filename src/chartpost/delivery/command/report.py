"""What a conversion understood and what it did not: as JSON for programs, as lines for people."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from typing import Any

from chartpost import __version__
from chartpost.formats.convert import Document, Result

KINDS = {"ccda": "C-CDA", "fhir": "FHIR", "ndjson": "FHIR as NDJSON"}
SEVERITIES = ("error", "warning", "note")
TOLD = 12
"""Kinds of notices that people are shown; the JSON has every one."""


@dataclass
class Made:
    """One file made."""

    file: str
    bytes: int
    sha256: str
    holds: dict[str, int]


@dataclass
class Input:
    """One document that was read, or why it was not; `kind` is empty then."""

    file: str
    kind: str = ""
    resources: dict[str, int] = field(default_factory=dict)
    sections: list[dict[str, Any]] = field(default_factory=list)
    notices: list[dict[str, str]] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    refused: dict[str, str] | None = None

    def add(self, result: Result, file: str) -> None:
        """Note a file that was made (an empty name: it was not), and what was told of it."""
        if file:
            self.made.append(Made(file, len(result.data), sha256(result.data).hexdigest(), dict(result.counts)))
        self.notices += [asdict(notice) for notice in result.notices]

    def refuse(self, seen: str, expected: str, todo: str) -> None:
        """Note why nothing (more) was made."""
        self.refused = {"seen": seen, "expected": expected, "todo": todo}

    @property
    def whole(self) -> bool:
        """Whether everything in it was understood and made."""
        told = any(notice["severity"] != "note" for notice in self.notices)
        return not self.refused and not told and all(s["found"] == s["understood"] for s in self.sections)


def start(document: Document) -> Input:
    """The report of a document that was read."""
    return Input(
        file=document.name,
        kind=document.kind,
        resources=dict(sorted(Counter(entry.type for entry in document.entries).items())),
        sections=[asdict(section) for section in document.sections],
        notices=[asdict(notice) for notice in document.notices],
    )


def as_json(inputs: list[Input], target: str) -> dict[str, Any]:
    """The whole report."""
    return {
        "program": f"chartpost {__version__}",
        "to": target,
        "understood": all(one.whole for one in inputs),
        "inputs": [asdict(one) for one in inputs],
    }


def as_lines(one: Input) -> Iterator[str]:
    """The report of one input for people: what was made, each section, then what to look at."""
    if one.refused:
        seen, expected, todo = one.refused["seen"], one.refused["expected"], one.refused["todo"]
        yield f"REFUSED {one.file}"
        yield f"  Seen: {seen}. Expected: {expected}. What to do: {todo.rstrip('.')}."
    if one.kind:
        yield f"{one.file} ({KINDS[one.kind]}): {sum(one.resources.values()):,} resources"
        yield from (f"  {_section(section)}" for section in one.sections)
        yield from _notices(one.notices)
    yield from (f"  made {made.file}: {made.bytes:,} bytes" for made in one.made)


def _section(section: dict[str, Any]) -> str:
    name = section["title"] or section["code"] or "a part without a title"
    if section["text_only"]:
        return f"{name}: text only"
    parts = [f"{section['understood']} of {section['found']} understood"]
    if section["as_text"]:
        parts.append(f"{section['as_text']} kept as text")
    return f"{name}: {', '.join(parts)}"


def _notices(notices: list[dict[str, str]]) -> Iterator[str]:
    """One line for each kind of notice, with its first place and how many there are."""
    alike: dict[tuple[str, str, str], list[dict[str, str]]] = {}
    for notice in notices:
        alike.setdefault((notice["severity"], notice["code"], notice["did"]), []).append(notice)
    kinds = sorted(alike, key=lambda kind: SEVERITIES.index(kind[0]))
    for severity, code, did in kinds[:TOLD]:
        found = alike[severity, code, did]
        times = f"{len(found)} times, first at" if len(found) > 1 else "at"
        about = f" ({found[0]['seen']})" if found[0]["seen"] else ""
        yield f"  {severity}: {code}: {did}; {times} {_place(found[0]['where'])}{about}"
    if len(kinds) > TOLD:
        yield f"  … and {len(kinds) - TOLD} more; --report FILE has them all"


def _place(where: str) -> str:
    """The end of a path inside a document."""
    return "/".join(where.replace("v3:", "").split("/")[-4:]) or "the document"
