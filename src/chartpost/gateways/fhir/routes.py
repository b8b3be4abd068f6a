"""Which address of the door is answered by what (https://hl7.org/fhir/R4/http.html)."""

from collections.abc import Callable
from dataclasses import dataclass

from chartpost.formats.fhirjson.references import ID
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.gateways.fhir.http import FhirError, Request, Response
from chartpost.identity.types import Access

Handler = Callable[[Request, Access], Response]


@dataclass(frozen=True)
class Route:
    """A handler, and whether it answers without a token."""

    answer: Handler
    public: bool = False


def route(request: Request) -> Route:
    """The route of a request; 404, 405 or 400 as FhirError when there is none."""
    path, method = request.path, "GET" if request.method == "HEAD" else request.method
    shape = _shape(path)
    methods = _table().get(shape)
    if methods is None:
        raise FhirError(404, "not-found", "There is nothing at this address. See /fhir/metadata.")
    found = methods.get(method)
    if found is None:
        allowed = ", ".join(sorted(methods))
        raise FhirError(405, "not-supported", f"This address takes {allowed}.", headers=[("Allow", allowed)])
    return found


def _shape(path: tuple[str, ...]) -> tuple[str, ...]:
    """The path with type and ids made general: ("Type", "id", "_history", "id")."""
    if not path:
        return ()
    first = path[0]
    if len(path) == 2 and first in resource_types() and ID.fullmatch(path[1]):
        return _ONE
    if first[0] in "$_." or first == "metadata":
        return (first, *("id" for _ in path[1:])) if first.startswith("$export") else path
    if first not in resource_types():
        raise FhirError(404, "not-supported", "FHIR R4 has no resource type of this name. See /fhir/metadata.")
    return ("Type", *(part if part[0] in "$_" else "id" if ID.fullmatch(part) else "?" for part in path[1:]))


_ONE = ("Type", "id")
_TABLE: dict[tuple[str, ...], dict[str, Route]] = {}


def _table() -> dict[tuple[str, ...], dict[str, Route]]:
    """The table of routes, filled on first use so that handlers may use this module."""
    if not _TABLE:
        from chartpost.gateways.fhir.table import ROUTES

        _TABLE.update(ROUTES)
    return _TABLE
