"""Plain values the generator hands out."""

from dataclasses import dataclass
from typing import Any, NamedTuple

Resource = dict[str, Any]
"""One FHIR R4 resource as plain JSON values (https://hl7.org/fhir/R4/json.html)."""


class Document(NamedTuple):
    """An original file kept beside the FHIR record, such as a scanned chart or a letter."""

    title: str
    media_type: str
    content: bytes
    category: str


class Relation(NamedTuple):
    """What the person under ``key`` is to the person who carries this relation."""

    kind: str
    key: str


@dataclass(frozen=True)
class SyntheticPerson:
    """An invented person with a whole record; nobody real is described."""

    key: str
    story: str
    bundle: Resource
    documents: list[Document]
    traits: frozenset[str]
    family: str
    relations: list[Relation]

    @property
    def patient(self) -> Resource:
        """The person's own Patient resource."""
        found: Resource = self.bundle["entry"][0]["resource"]
        return found

    def resources(self, resource_type: str | None = None) -> list[Resource]:
        """The resources of the bundle in filing order, all of them or those of one type."""
        every = [entry["resource"] for entry in self.bundle["entry"]]
        return [one for one in every if resource_type in (None, one["resourceType"])]
