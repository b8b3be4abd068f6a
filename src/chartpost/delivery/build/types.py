"""Plain values that the builders share."""

from typing import Any, NamedTuple

from chartpost.formats.fhirjson.views import ItemView
from chartpost.records.types import Stored


class Entry(NamedTuple):
    """One entry of the record, its resource as values, and its view in plain words."""

    stored: Stored
    resource: dict[str, Any]
    view: ItemView
