"""Elements that are given in one of several types (https://hl7.org/fhir/R4/formats.html#choice)."""

from functools import cache

from chartpost.formats.fhirjson.tables import table

_APART = frozenset({("PaymentReconciliation", "payment"), ("Task", "instantiates")})
"""Elements that are named like a choice and are none."""


@cache
def choices(element: str) -> dict[str, tuple[str, ...]]:
    """The choices of an element type, `value` with the names it may be given under: `valueQuantity`, `valueString`...

    A choice is never a list, so that what may repeat is none (`CarePlan.instantiatesUri`).
    """
    found: dict[str, list[str]] = {}
    for name, (kind, repeats, *_) in table("elements").get(element, {}).items():
        stem = name.removesuffix(kind[0].upper() + kind[1:])
        if stem and stem != name and not repeats and (element, stem) not in _APART:
            found.setdefault(stem, []).append(name)
    return {stem: tuple(names) for stem, names in found.items() if len(names) > 1}
