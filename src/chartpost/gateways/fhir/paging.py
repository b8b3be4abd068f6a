"""How many entries a page has, and the link to the next (https://hl7.org/fhir/R4/search.html#count)."""

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from chartpost.gateways.fhir.http import FhirError, Request

_SHOWN = frozenset({"_format", "_pretty"})


def said(query: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The parameters that say what is asked for: what the address of the page itself repeats."""
    return [pair for pair in query if pair[0] not in _SHOWN and pair[0] != "_cursor"]


def itself(address: str, parameters: Iterable[Sequence[str]]) -> tuple[str, str]:
    """The link to the page itself, with the parameters that were heeded."""
    text = urlencode([(name, value) for name, value in parameters], safe="/,|:$")
    return "self", f"{address}?{text}" if text else address


def following(request: Request, address: str, place: str) -> tuple[str, str]:
    """The link to the page that begins at a sealed place, in the format this one was asked for."""
    shown = urlencode([pair for pair in request.asked if pair[0] in _SHOWN])
    return "next", f"{address}?_cursor={place}&{shown}" if shown else f"{address}?_cursor={place}"


def size(asked: str | None, usual: int, largest: int) -> int:
    """The number of `_count`, at most `largest`; 400 when it is no whole number from 1 on: no totals are told here."""
    if asked is None:
        return usual
    if not (asked.isascii() and asked.isdigit() and asked.strip("0")):
        raise FhirError(400, "invalid", "_count is a whole number from 1 on here. Give one, or leave it out.")
    return min(int(asked.lstrip("0")[:6]), largest)
