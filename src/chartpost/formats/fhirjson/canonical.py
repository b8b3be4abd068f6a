"""Read FHIR JSON without harming a number, and write the canonical bytes that the store keeps.

Numbers: orjson reads decimals as 64-bit floats. That is exact for all but a few tokens (`1.00`, `1e3`, more
than 17 digits, integers over 64 bits). `parse` looks for such tokens and, where it finds one, reads those
with `decimal.Decimal`, so that precision survives as https://hl7.org/fhir/R4/datatypes.html#decimal asks.
`canonical` writes the digits back: a resource reads back equal as JSON values, trailing zeros included.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from chartpost.formats.fhirjson.errors import BadJsonError, CannotWriteError, NotAResourceError
from chartpost.formats.fhirjson.tables import Json, resource_types

_NUMBER = re.compile(
    rb":\s*(-?\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+|\d{15}\d*)|-0)(?=\s*[,}\]])",
)
_NUMBERS = re.compile(rb"\[\s*(?:null\s*,\s*)*(-?\d[-+.\deEnul\s,]*)\]")
"""The numbers of a list, which holds nothing else but null."""
_HEAD = frozenset({"resourceType", "id", "meta"})
_ELEMENT = re.compile(r"_?[A-Za-z]{1,40}")
_SPACE = b" \t\r\n"
BOM = b"\xef\xbb\xbf"


class Entry(NamedTuple):
    """One resource of a bundle: its fullUrl, the request's method and URL (empty outside transactions)."""

    full_url: str
    method: str
    resource: Json
    url: str = ""
    if_none_exist: str = ""


def parse(data: bytes) -> Json:
    """Read one JSON object, keeping every number exact.

    Where 64 bits would lose a digit, decimals come back as Decimal. Raises BadJsonError on anything that is not
    a JSON object in UTF-8.
    """
    data = data.removeprefix(BOM)
    try:
        value = orjson.loads(data)
        if not exact(data):
            value = json.loads(data, parse_float=_decimal, parse_int=_integer)
    except (ValueError, ArithmeticError, RecursionError) as error:
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise BadJsonError(f"text that is no JSON{where}", "one JSON object in UTF-8", "export it again") from error
    if not isinstance(value, dict):
        raise BadJsonError("JSON that is not an object", "one JSON object", "send a FHIR resource or bundle")
    return value


def said_twice(data: bytes, value: Json) -> str:
    """The FHIRPath, within its object, of a member that an object of the JSON text has more than once (RFC 8259 4).

    '' when there is none. `value` is what was read of the text: what is written back as it was, but for white space,
    had none; else the text is read once more, slowly.
    """
    try:
        if data.translate(None, _SPACE) == dump(value).translate(None, _SPACE):
            return ""
        json.loads(data.removeprefix(BOM), object_pairs_hook=_members, parse_float=str, parse_int=str)
    except _TwiceError as error:
        return str(error)
    except (CannotWriteError, RecursionError):
        pass  # nested far deeper than any resource may be, which is told elsewhere
    return ""


class _TwiceError(Exception):
    """A member that an object has more than once."""


def _members(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        word = twice if _ELEMENT.fullmatch(twice) else "an element"
        kind = found.get("resourceType")
        raise _TwiceError(f"{kind}.{word}" if isinstance(kind, str) and kind in resource_types() else word)
    return found


def exact(data: bytes) -> bool:
    """Whether every number in the JSON text survives a 64-bit float or integer digit by digit."""
    tokens = _NUMBER.findall(data)
    for some in _NUMBERS.findall(data):
        tokens += [token for each in some.split(b",") if (token := each.strip()) != b"null"]
    return all(_survives(token.decode()) for token in tokens)


def dump(value: object, *, pretty: bool = False) -> bytes:
    """JSON bytes of parsed values, minified or indented, Decimals with the digits they came with.

    Raises CannotWriteError for values JSON cannot carry (and for more than 254 levels of nesting).
    """
    try:
        return orjson.dumps(value, default=_number, option=orjson.OPT_INDENT_2 if pretty else None)
    except (TypeError, RecursionError) as error:
        raise CannotWriteError(
            "a value outside JSON", "parsed JSON up to 254 levels deep", "check the source"
        ) from error


def canonical(resource: Json, *, id: str, version: int, last_updated: datetime) -> bytes:
    """The bytes the store keeps: minified, type, id and meta first, the rest in the order received.

    `last_updated` is an aware moment, written as a UTC instant with milliseconds; meta.versionId and
    meta.lastUpdated are ours (https://hl7.org/fhir/R4/resource.html#Meta), all else in meta is kept.
    """
    return stamped(resource, content(resource), id=id, version=version, last_updated=last_updated)


def content(resource: Json) -> bytes:
    """The part of the canonical bytes that is not ours: all but type, id and meta, as one object."""
    return dump({key: value for key, value in resource.items() if key not in _HEAD})


def stamped(resource: Mapping[str, Any], rest: bytes, *, id: str, version: int, last_updated: datetime) -> bytes:
    """The canonical bytes from the `content` of a resource, written out before."""
    kind = resource.get("resourceType")
    if not isinstance(kind, str):
        raise NotAResourceError("an object without resourceType", "a FHIR resource", "send FHIR R4 JSON")
    given = resource.get("meta")
    meta = dict(given) if isinstance(given, dict) else {}
    meta["versionId"], meta["lastUpdated"] = str(version), instant(last_updated)
    head = dump({"resourceType": kind, "id": id, "meta": meta})
    return head if rest == b"{}" else head[:-1] + b"," + rest[1:]


@lru_cache(maxsize=16)
def instant(moment: datetime) -> str:
    """A FHIR instant in UTC with milliseconds; the moment must be aware."""
    if moment.tzinfo is None:
        raise CannotWriteError("a moment without time zone", "an aware datetime", "take it from the clock")
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def split_bundle(data: bytes) -> Iterator[Entry]:
    """The entries of a Bundle in order; a single resource counts as a bundle of itself.

    Entries without a resource (deletes) are left out. Raises BadJsonError or NotAResourceError.
    """
    return entries(parse(data))


def entries(bundle: Json) -> Iterator[Entry]:
    """The entries of a parsed Bundle, as `split_bundle`."""
    if bundle.get("resourceType") != "Bundle":
        yield Entry("", "", as_resource(bundle, "the file"))
        return
    found = bundle.get("entry", [])
    if not isinstance(found, list):
        raise NotAResourceError("a Bundle whose entry is no list", "a list of entries", "send FHIR R4 JSON")
    for index, entry in enumerate(found):
        if not isinstance(entry, dict):
            raise NotAResourceError(f"entry {index} that is no object", "an object", "send FHIR R4 JSON")
        if "resource" not in entry:
            continue
        request = entry.get("request")
        request = request if isinstance(request, dict) else {}
        yield Entry(
            _text(entry.get("fullUrl")),
            _text(request.get("method")),
            as_resource(entry["resource"], f"entry {index}"),
            _text(request.get("url")),
            _text(request.get("ifNoneExist")),
        )


def read_ndjson(stream: Iterable[bytes]) -> Iterator[Json]:
    """One resource per line (an open binary file will do); blank lines are skipped.

    Raises BadJsonError or NotAResourceError naming the line.
    """
    for number, line in enumerate(stream, 1):
        if line.strip():
            try:
                yield as_resource(parse(line), f"line {number}")
            except BadJsonError as error:
                raise BadJsonError(f"line {number}: {error.seen}", error.expected, error.todo) from error


def as_resource(value: object, where: str) -> Json:
    """The value itself when it is an object with a resourceType; NotAResourceError otherwise."""
    if isinstance(value, dict) and isinstance(value.get("resourceType"), str):
        return value
    raise NotAResourceError(f"{where} has no resourceType", "a FHIR resource", "send FHIR R4 JSON")


def _survives(digits: str) -> bool:
    if "." in digits or "e" in digits or "E" in digits:
        return repr(float(digits)) == digits
    return digits != "-0" and -(2**63) <= int(digits) < 2**64


def _decimal(token: str) -> float | Decimal:
    return float(token) if _survives(token) else Decimal(token)


def _integer(token: str) -> int | Decimal:
    return int(token) if _survives(token) else Decimal(token)


def _number(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(str(value))
    raise TypeError


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
