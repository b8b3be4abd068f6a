"""What must hold of a conversion, whatever the document was like."""

import time
import traceback
from collections.abc import Iterator
from typing import Any

from lxml import etree

from chartpost.formats.ccda import CcdaError, parse
from chartpost.formats.ccda.intake import Converted, convert
from chartpost.formats.fhirjson.canonical import dump
from chartpost.formats.fhirjson.canonical import parse as parse_json
from chartpost.formats.fhirjson.profiles import check

SECONDS = 10.0
"""CPU time one document of the size of the samples may take at most."""

NS = {"v3": "urn:hl7-org:v3", "sdtc": "urn:hl7-org:sdtc"}


def faults(data: bytes) -> tuple[str, list[str]]:
    """What became of a document (`converted`, or the name of the refusal), and everything wrong with that."""
    began = time.process_time()
    try:
        found = convert(data)
    except CcdaError as error:
        return type(error).__name__, []
    except Exception:  # noqa: BLE001 - any other exception is the very thing that is looked for
        return "crashed", [traceback.format_exc(limit=-4)]
    took = time.process_time() - began
    slow = [f"took {took:.1f} s"] if took > SECONDS else []
    return "converted", [*slow, *wrong(found, data)]


def wrong(found: Converted, data: bytes) -> list[str]:
    """Broken promises of a conversion: sound FHIR, own ids, references that lead somewhere, true paths."""
    return [*_ids(found), *_rules(found), *_references(found), *_paths(found, data), *_counts(found)]


def _ids(found: Converted) -> Iterator[str]:
    names = [f"{one['resourceType']}/{one['id']}" for one in found.resources]
    if len(set(names)) != len(names):
        yield "two resources have the same id"
    if not names or not names[0].startswith("Patient/"):
        yield "the first resource is not the Patient"
    if set(found.sources) - set(names):
        yield "a source belongs to no resource"


def _rules(found: Converted) -> Iterator[str]:
    try:
        for one in found.resources:
            parse_json(dump(one))
    except (TypeError, ValueError) as error:
        yield f"not JSON: {error}"
    for one in found.resources:
        for issue in check(one):
            if issue.severity == "error":
                yield f"{issue.path}: {issue.rule}: {issue.message}"


def _references(found: Converted) -> Iterator[str]:
    names = {f"{one['resourceType']}/{one['id']}" for one in found.resources}
    for one in found.resources:
        for reference in _pointed(one):
            if not reference.startswith(("#", "urn:", "ni:", "http")) and reference not in names:
                yield f"{one['resourceType']} points to {reference.partition('/')[0]} that is not there"


def _pointed(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "reference" and isinstance(inner, str):
                yield inner
            else:
                yield from _pointed(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _pointed(inner)


def _paths(found: Converted, data: bytes) -> Iterator[str]:
    root = parse(data)
    places = {source.path for source in found.sources.values()} | {issue.path for issue in found.issues if issue.path}
    for path in places:
        try:
            if not root.getroottree().xpath("/" + path.lstrip("/"), namespaces=NS):
                yield f"nothing stands at {path}"
        except etree.XPathError:
            yield f"not an XPath: {path}"


def _counts(found: Converted) -> Iterator[str]:
    for one in found.sections:
        if min(one.entries, one.understood, one.kept_as_text) < 0 or one.understood > one.entries:
            yield f"section {one.code[:10]}: {one.understood} of {one.entries} entries understood"
