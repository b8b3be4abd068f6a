"""References of resources on their way in: ours made relative, conditional ones followed, all of them there.

https://hl7.org/fhir/R4/http.html#trules, https://hl7.org/fhir/R4/references.html
"""

from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from chartpost.formats.fhirjson.references import Address, addresses, pointed_at
from chartpost.formats.fhirjson.tables import resource_types
from chartpost.gateways.fhir.http import FhirError

Json = dict[str, Any]


def places(resource: Json) -> list[Address]:
    """Where a resource that is to be stored points at others: nowhere for a Bundle, which is kept as it came.

    What a Bundle holds refers within it (https://hl7.org/fhir/R4/bundle.html#references).
    """
    return [] if resource.get("resourceType") == "Bundle" else addresses(resource)


def follow(texts: Iterable[str], base: str, mapping: dict[str, str]) -> None:
    """Add to `mapping` where references lead that it does not have: ours made relative, versions of what it has.

    A version of a resource that gets another place is not one here: the reference then names the resource.
    """
    start = base + "/"
    for text in texts:
        if text in mapping:
            continue
        head, versioned, _ = text.partition("/_history/")
        place = mapping.get(head) if versioned else None
        if text.startswith(start) and (place is None or head == start + place):
            mapping[text] = text[len(start) :]
        elif place is not None:
            mapping[text] = place


def seen_from(full_url: str, texts: Iterable[str], mapping: dict[str, str]) -> Mapping[str, str]:
    """`mapping` with the relative references of an entry, which go by the address its own fullUrl begins with.

    Two senders may each have a `Patient/1` (https://hl7.org/fhir/R4/bundle.html#references). One that is of no entry
    is this server's own, as is one of an entry whose fullUrl is a `urn:`, or none (ADR 0009).
    """
    root = full_url.rsplit("/", 2)[0] + "/" if "://" in full_url else ""
    heads = ((text, root + text.partition("/_history/")[0]) for text in texts if root)
    near = {text: mapping[head] for text, head in heads if head in mapping}
    return ChainMap(near, mapping) if near else mapping


def conditional(texts: Iterable[str]) -> Iterator[str]:
    """References that are searches among these, such as `Practitioner?identifier=system|value`."""
    return (text for text in texts if "?" in text and text.partition("?")[0] in resource_types())


def pointed(texts: Iterable[str]) -> dict[tuple[str, str], str]:
    """What must be stored for a resource to be: (type, id) with the reference; `texts` are all its references.

    One that is neither here nor elsewhere, such as a `urn:uuid:` that nothing has, names what is never stored.
    """
    wanted: dict[tuple[str, str], str] = {}
    for text in texts:
        if "://" not in text and not text.startswith("urn:oid:"):  # not elsewhere
            wanted.setdefault(pointed_at(text), text)
    return wanted


def as_before(new: Any, old: Any, canonical: Mapping[str, str]) -> Any:
    """The content `new`, in which a person goes on to be named by the Patient that `old` names at the same place.

    Readers are shown the Patient apps know (`canonical`, by the others) wherever another of the person is named, and
    what they send back names that one. What is filed stays with the Patient of the place it came from.
    """
    if isinstance(new, dict) and isinstance(old, dict):
        return {key: as_before(value, old.get(key), canonical) for key, value in new.items()}
    if isinstance(new, list) and isinstance(old, list):
        return [as_before(*pair, canonical) for pair in zip_longest(new, old[: len(new)])]
    if isinstance(new, str) and isinstance(old, str) and old.startswith("Patient/"):
        known = canonical.get(old.removeprefix("Patient/"))
        return old if known is not None and new == f"Patient/{known}" else new
    return new


def unknown(place: str, resource: Json, text: str) -> FhirError:
    """422: a reference that points at nothing."""
    found = next(_paths(resource, text, str(resource.get("resourceType"))), "reference")
    where = f"{place}.resource{found[found.index('.') :]}" if place else found
    words = "This reference points at nothing that is stored here or sent along. Create it first, or leave it out."
    return FhirError(422, "not-found", words, [where])


def _paths(value: Any, text: str, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        if value.get("reference") == text:
            yield f"{path}.reference"
        for key, child in value.items():
            yield from _paths(child, text, f"{path}.{key}")
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from _paths(child, text, f"{path}[{number}]")
