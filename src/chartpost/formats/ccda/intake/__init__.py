"""C-CDA in: a document of R1.1, R2.1 or later becomes FHIR R4 with US Core 6.1.0 profiles.

`convert` reads the header and then each section by the table in `sections`. An entry stands by itself: one that
nobody reads, or whose reader fails, is told as an Issue and the words of its section are kept as a
DocumentReference. Every resource is checked against R4 before it is handed out; a profile it does not keep is not
claimed.

A section has a module under `intake/sections` and a line in `sections.TABLE`. A reader takes the Scope of its
section and the statement, makes resources with `scope.new` and fills them; empty parts are pruned:

    def goal(scope: Scope, node: Node) -> None:
        made = scope.new("Goal", node, "goal")
        made |= {
            "lifecycleStatus": _STATES.get(status(node), "proposed"),
            "description": concept(scope, kid(node, "value")) or code_of(scope, node) or absent_concept(node),
            "subject": scope.patient,
            "startDate": day(when(scope, node).start),
        }

    SECTION = Section("goals", ("2.16.840.1.113883.10.20.22.2.60",), ("61146-7",),
                      (Entry(("2.16.840.1.113883.10.20.22.4.121",), goal),))

`scope.new` gives the id (a UUIDv5 of document id and the statement's own id, else its path) and identifiers;
`scope.patient`, `people.who`, `people.performers` and `sections.common.ref` give references; `values` and `amounts`
read data types; `scope.each` reads parts of an entry one by one, so that a bad one costs only itself; `scope.note`
tells an Issue. `Section.narrative` reads the words of a section that has no entries of its own kind.
"""

from chartpost.formats.ccda.intake.bodies import read_header, section_words
from chartpost.formats.ccda.intake.engine import ADDED_TO, Run, convert, header_of_one
from chartpost.formats.ccda.intake.types import Converted, Embedded, Issue, Json, SectionReport, Source

INTAKE_VERSION = 3
"""Rises when the mapping changes; what was made by an earlier version can be made again from the original."""

__all__ = [
    "ADDED_TO",
    "INTAKE_VERSION",
    "Converted",
    "Embedded",
    "Issue",
    "Json",
    "Run",
    "SectionReport",
    "Source",
    "convert",
    "header_of_one",
    "read_header",
    "section_words",
]
