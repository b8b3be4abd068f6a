"""Cutting a long record into parts that are set one after the other, so that memory does not grow with the record.

Each part is a record document as JSON values with `part`: which one it is, its first page, how many pages all have.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

Json = dict[str, Any]

WEIGHT: Final = 2_500
"""What goes into one part, in lines of tables: about 120 pages."""

_LISTS: Final = ("rows", "labs", "notes", "pictures")
_ENDS: Final = ("insurance", "bills", "sources")


def split(document: Json, weight: int = WEIGHT) -> list[Json]:
    """The parts of a record document (`RecordDocument.to_json`); one alone when it is short enough.

    The first holds what stands before the sections. A section that is cut goes on under its title, with `continued`.
    """
    cut = _Cut(weight)
    for section in document["sections"]:
        cut.section(section)
    for name in _ENDS:
        cut.end(name, document[name])
    front = {key: value for key, value in document.items() if key not in ("sections", *_ENDS)}
    return [
        {
            **front,
            "sections": sections,
            **{name: ends.get(name, []) for name in _ENDS},
            "part": {"number": number, "continued": sorted(ends.keys() & cut.begun(number))},
        }
        for number, (sections, ends) in enumerate(cut.parts, start=1)
    ]


def numbered(parts: list[Json], measured: list[tuple[int, list[tuple[str, int]]]]) -> Iterator[Json]:
    """The parts with page numbers and contents, from what `measured` says of each: pages, and (title, page) pairs.

    Pages of titles count from 1 within their part.
    """
    total = sum(pages for pages, _titles in measured)
    before = 0
    contents: list[Json] = []
    firsts = []
    for pages, titles in measured:
        contents += [{"title": title, "page": before + page} for title, page in titles]
        firsts.append(before + 1)
        before += pages
    for part, first in zip(parts, firsts, strict=True):
        yield {**part, "part": {**part["part"], "first": first, "total": total, "contents": contents}}


def expected(parts: list[Json]) -> list[Json]:
    """The parts as they are measured: page numbers as wide as they may get, contents with every title."""
    titles = [s["title"] for part in parts for s in part["sections"] if not s["continued"]]
    titles += [name for part in parts for name in _ENDS if part[name] and name not in part["part"]["continued"]]
    contents = [{"title": title, "page": 9999} for title in titles]
    return [{**part, "part": {**part["part"], "first": 1, "total": 9999, "contents": contents}} for part in parts]


class _Cut:
    """Fills one part after the other."""

    def __init__(self, weight: int) -> None:
        self.parts: list[tuple[list[Json], dict[str, list[Any]]]] = [([], {})]
        self._most, self._left = weight, weight

    def section(self, section: Json) -> None:
        """Put a section into the part, as much as there is room for, and the rest into the next ones."""
        name = next((n for n in _LISTS if section[n]), "rows")
        empty = {**section, **{n: [] for n in _LISTS}, "continued": False}
        pieces = self._pieces(section[name], _WEIGHTS[name]) if section[name] else [[]]
        for number, piece in enumerate(pieces):
            if number:
                self._next()
            self.parts[-1][0].append(
                {**empty, name: piece, "continued": number > 0, "intro": "" if number else section["intro"]}
            )

    def end(self, name: str, rows: list[Any]) -> None:
        """Put one of the lists after the sections into the part, cut where it must be."""
        for number, piece in enumerate(self._pieces(rows, _one) if rows else []):
            if number:
                self._next()
            self.parts[-1][1][name] = piece

    def begun(self, number: int) -> set[str]:
        """The lists after the sections that begin before a part, counted from 1."""
        return {name for _sections, ends in self.parts[: number - 1] for name in ends}

    def _pieces(self, items: list[Any], weigh: Callable[[Any], int]) -> Iterator[list[Any]]:
        piece: list[Any] = []
        for item in items:
            if piece and self._left <= 0:
                yield piece
                piece, self._left = [], self._most
            piece.append(item)
            self._left -= weigh(item)
        yield piece

    def _next(self) -> None:
        self.parts.append(([], {}))


def _one(_item: Any) -> int:
    return 1


def _group(group: Json) -> int:
    return 2 + len(group["results"])


def _note(note: Json) -> int:
    return 2 + math.ceil(sum(map(len, note["paragraphs"])) / 100)


def _row(row: list[str]) -> int:
    return max(1, math.ceil(max(map(len, row), default=0) / 120))


def _picture(_picture: Json) -> int:
    return 200


_WEIGHTS: Final[dict[str, Callable[[Any], int]]] = {
    "rows": _row, "labs": _group, "notes": _note, "pictures": _picture,
}  # fmt: skip
