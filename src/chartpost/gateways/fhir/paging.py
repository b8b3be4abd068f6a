"""How many entries a page has (https://hl7.org/fhir/R4/search.html#count)."""

from chartpost.gateways.fhir.http import FhirError


def size(asked: str | None, usual: int, largest: int) -> int:
    """The number of `_count`, at least 1 and at most `largest`; 400 when it is no whole number."""
    if asked is None:
        return usual
    if not (asked.isascii() and asked.isdigit()):
        raise FhirError(400, "invalid", "_count is a whole number.")
    return max(1, min(int(asked[:6]), largest))
