"""Errors of the records room.

RecordsError
├── NotStored        no such resource or document for this reader
├── Refused          a resource or file that cannot be taken in, with its problems
├── Unsure           it is not sure whose record this is
├── TooCostly        a search that would read too much
├── OutOfScope       a search through a type the token does not reach
├── AnsweredMeanwhile  entries changed since the page on which somebody said whether they are the same
└── WriteRefused     a change that cannot be made, with its HTTP status and place
    └── Overtaken    a change that depends on what somebody else made or changed in the meantime
"""

from collections.abc import Sequence

from chartpost.formats.fhirjson.validate import Problem
from chartpost.kernel.errors import ChartpostError


class RecordsError(ChartpostError):
    """Root of the errors of this room."""


class NotStored(RecordsError):
    """No such resource or document, or not for this reader."""


class Refused(RecordsError):
    """A resource or file that cannot be taken in."""

    def __init__(self, seen: str, expected: str, todo: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(seen=seen, expected=expected, todo=todo)
        self.problems = tuple(problems)


class Unsure(RecordsError):
    """It is not sure whose record this is."""


class TooCostly(RecordsError):
    """A search that would read too much; nothing is answered in part."""


class OutOfScope(RecordsError):
    """A search through a type the token does not reach."""


class AnsweredMeanwhile(RecordsError):
    """Entries changed, or somebody else answered, since the page was opened."""


class OfAnother(RecordsError):
    """An id that is another's by now: of another person, or of another source, which took it meanwhile."""


class WriteRefused(RecordsError):
    """A change that cannot be made: HTTP status, FHIR issue type, and the FHIRPath of its place."""

    def __init__(self, status: int, code: str, place: str, seen: str, todo: str) -> None:
        super().__init__(seen=seen, expected="a change that can be made", todo=todo)
        self.status, self.code, self.place = status, code, place


class Dangling(WriteRefused):
    """A reference to what is not stored: `number` is that of the change, `text` the reference."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(422, "not-found", "", "a reference that points at nothing", "Create what it points at first")
        self.number, self.text = number, text


class Overtaken(WriteRefused):
    """What a change depends on was made or changed in the meantime: looked at again it may come to something else."""
