"""FHIR R4 out: a collection Bundle (https://hl7.org/fhir/R4/bundle.html), or NDJSON with one resource on each line."""

import re
import uuid
from collections.abc import Mapping, Sequence

import orjson

from chartpost.formats.convert.types import Entry
from chartpost.formats.fhirjson.canonical import dump, parse
from chartpost.formats.fhirjson.references import addresses, resolve

NAMES = uuid.UUID("3c0e5a5e-8d0a-5c55-9d0c-0d5d2c1f6a10")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def bundle(entries: Sequence[Entry]) -> bytes:
    """All resources in one Bundle.

    Those without an address get a `urn:uuid:`, and what points to them is rewritten, so that every reference that
    could be followed in the source can be followed in the Bundle.
    """
    addressed = [entry if entry.full_url else entry._replace(full_url=_address(entry)) for entry in entries]
    new = {
        e.key: a.full_url for e, a in zip(entries, addressed, strict=True) if not e.full_url and e.resource.get("id")
    }
    parts = (
        b'{"fullUrl":' + orjson.dumps(e.full_url) + b',"resource":' + dump(_rewritten(e, new)) + b"}" for e in addressed
    )
    inside = b',"entry":[' + b",".join(parts) + b"]" if addressed else b""
    return b'{"resourceType":"Bundle","type":"collection"' + inside + b"}"


def ndjson(entries: Sequence[Entry]) -> bytes:
    """One resource on each line (https://github.com/ndjson/ndjson-spec), references as `Type/id`."""
    known = {entry.full_url: entry.key for entry in entries if entry.full_url and entry.resource.get("id")}
    return b"".join(dump(_rewritten(entry, known)) + b"\n" for entry in entries)


def counts(entries: Sequence[Entry]) -> dict[str, int]:
    """How many resources there are of each type."""
    found: dict[str, int] = {}
    for entry in entries:
        found[entry.type] = found.get(entry.type, 0) + 1
    return dict(sorted(found.items()))


def addressed(entry: Entry) -> bytes:
    """The entry of a Bundle for a resource whose references all are `Type/id` of the same document, ids being UUIDs."""
    texts = {place.text for place in addresses(entry.resource)}
    new = {text: f"urn:uuid:{text.rpartition('/')[2]}" for text in texts if _UUID.fullmatch(text.rpartition("/")[2])}
    resource = dump(_rewritten(entry, new))
    return b'{"fullUrl":' + orjson.dumps(_address(entry)) + b',"resource":' + resource + b"}"


def _address(entry: Entry) -> str:
    own = str(entry.resource.get("id", ""))
    if _UUID.fullmatch(own):
        return f"urn:uuid:{own}"
    return f"urn:uuid:{uuid.uuid5(NAMES, entry.key if own else dump(entry.resource).decode())}"


def _rewritten(entry: Entry, new: Mapping[str, str]) -> object:
    """The resource with new addresses at its references; a copy, where there is anything to write."""
    if not any(place.text in new for place in addresses(entry.resource)):
        return entry.resource
    copy = parse(dump(entry.resource))
    resolve(addresses(copy), new)
    return copy
