"""References of resources on their way in: ours made relative, conditional ones followed, all of them there.

https://hl7.org/fhir/R4/http.html#trules, https://hl7.org/fhir/R4/references.html
"""

from collections.abc import Iterable, Iterator, Set
from typing import Any

from chartpost.formats.fhirjson.tables import resource_types
from chartpost.gateways.fhir.http import FhirError
from chartpost.records import writing

Json = dict[str, Any]


def ours(texts: Iterable[str], base: str) -> dict[str, str]:
    """Absolute references to this server among these, each with its relative form."""
    start = base + "/"
    return {text: text[len(start) :] for text in texts if text.startswith(start)}


def conditional(texts: Iterable[str]) -> Iterator[str]:
    """References that are searches among these, such as `Practitioner?identifier=system|value`."""
    return (text for text in texts if "?" in text and text.partition("?")[0] in resource_types())


def all_there(
    resources: Iterable[tuple[str, Json, Iterable[str]]],
    within: set[tuple[str, str]],
    gone: Set[tuple[str, str]] = frozenset(),
) -> None:
    """Refuse a reference Type/id to what is neither stored nor in the same bundle; 422 with its FHIRPath.

    `resources` are place, content and references of each; `gone` is what the same bundle deletes.
    """
    wanted: dict[tuple[str, str], tuple[str, Json, str]] = {}
    for place, resource, texts in resources:
        if resource.get("resourceType") == "Bundle":
            continue  # kept as it came: what it holds refers within it (https://hl7.org/fhir/R4/bundle.html#references)
        for text in texts:
            if "://" in text or text.startswith("urn:oid:"):
                continue  # elsewhere
            kind, _, name = text.partition("/_history/")[0].rpartition("/")
            if kind not in resource_types():
                raise _unknown(place, resource, text)
            if (kind, name) not in within:
                wanted.setdefault((kind, name), (place, resource, text))
    missing = set(wanted) - (writing.existing(list(wanted)) - gone) if wanted else set()
    if missing:
        raise _unknown(*wanted[min(missing)])


def _unknown(place: str, resource: Json, text: str) -> FhirError:
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
