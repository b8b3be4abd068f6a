"""What a check finds, and where in a resource it is found."""

from typing import NamedTuple, TypeAlias

from chartpost.formats.fhirjson.tables import Json

Where: TypeAlias = "tuple[Where, str, int | None] | str"
"""A place: the resource type, or (place of the parent, element, index in a list); written out only when needed."""


class Issue(NamedTuple):
    """One finding: severity error or warning, code of http://hl7.org/fhir/ValueSet/issue-type.

    `path` reads like FHIRPath (`Observation.component[1].code`), `rule` names what was broken (`us-core-2`,
    `cardinality`, `slice`, `binding:required http://...`); `message` quotes no data of the resource.
    """

    severity: str
    code: str
    path: str
    rule: str
    message: str


class Findings:
    """The issues of one resource so far, with what checks need to know of the whole resource."""

    __slots__ = ("contained", "issues", "pointed")

    def __init__(self, contained: dict[str, Json]) -> None:
        """Start with the contained resources by id."""
        self.issues: list[Issue] = []
        self.contained = contained
        self.pointed: set[str] = set()  # ids of contained resources that references lead to

    def add(self, code: str, where: Where, rule: str, message: str, severity: str = "error") -> None:
        """Note an issue at a place."""
        self.issues.append(Issue(severity, code, written(where), rule, message))


def written(where: Where) -> str:
    """A place as FHIRPath."""
    steps: list[str] = []
    while not isinstance(where, str):
        where, name, index = where
        steps.append(name if index is None else f"{name}[{index}]")
    return ".".join((where, *reversed(steps)))
