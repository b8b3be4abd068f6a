"""One entry of a record, as the writers of sections take it."""

from typing import Any, NamedTuple

from chartpost.formats.fhirjson.terms import Category
from chartpost.formats.fhirjson.views import ItemView


class Entry(NamedTuple):
    """A resource as values with its view in plain words; `source` is who it came from, empty where nobody is named."""

    category: Category
    source: str
    resource: dict[str, Any]
    view: ItemView

    @property
    def type(self) -> str:
        """Its resource type."""
        return str(self.resource.get("resourceType", ""))

    @property
    def key(self) -> str:
        """Type/id."""
        return f"{self.type}/{self.resource.get('id', '')}"
