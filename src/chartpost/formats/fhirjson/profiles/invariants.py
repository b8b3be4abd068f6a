"""Invariants of the base specification, written as functions on parsed JSON.

Each takes an element of its type and says whether it holds; names are those of https://hl7.org/fhir/R4/.
References are read by their text, as nothing is fetched; dates of unlike precision count as in order.
"""

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from chartpost.formats.fhirjson.dates import parse_date
from chartpost.formats.fhirjson.profiles.targets import target
from chartpost.formats.fhirjson.tables import Json, resource_types

Test = Callable[[Json], bool]
_VER = "http://terminology.hl7.org/CodeSystem/"
_ZONES_MS = 14 * 3_600_000
"""How far a local day may lie from that of UTC."""
_UCUM = "http://unitsofmeasure.org"
_ACTIVE = re.compile(r"<(?:script|iframe|object|embed|form|input|link|base|head|body|frame)")
_HINT = re.compile(r"[\s/\"']on[a-z]+\s*=")  # quick to find; most narratives hold none
_DIV = re.compile(r"\s*<div[\s/>]")
_END = re.compile(r"(?:</div[ \t\r\n]*|/)>[ \t\r\n]*\Z")
_WORDS = re.compile(r">[ \t\r\n]*[^< \t\r\n]")
"""White space is that of XML: what a hard space keeps apart says something."""
_EVENT = re.compile(r"<[a-z][^<]*[\s/\"']on[a-z]+\s*=")
_NAME, _QUOTED = "[a-z_:][a-z0-9_.:-]*", r"""\s*=\s*(?:"[^"<]*"|'[^'<]*')"""
_NAMES = re.compile(rf"\s+({_NAME}){_QUOTED}")
_TAG = re.compile(rf"<[a-z][a-z0-9:-]*((?:\s+{_NAME}{_QUOTED})*)\s*/?>")
_LEADS = re.compile(r"\b(?:href|src)\s*=\s*[\"']?\s*(?:javascript|vbscript)\s*:")


def items(value: object) -> Iterator[Json]:
    """The objects of a list; none for anything else."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def codings(concept: object) -> Iterator[Json]:
    """The Codings of a CodeableConcept, or of several."""
    for one in items(concept if isinstance(concept, list) else [concept]):
        yield from items(one.get("coding"))


def coded(concept: object, system: str, *codes: str) -> bool:
    """Whether a concept holds one of the codes of a system."""
    return any(c.get("system") == system and c.get("code") in codes for c in codings(concept))


def choice(element: Json, name: str) -> str | None:
    """The JSON name under which a choice element is given (`value` -> `valueQuantity`); None when it is not."""
    size = len(name)
    for key in element:
        if key.startswith(name) and key[size : size + 1].isupper():
            return key
        if key.startswith("_" + name) and key[size + 1 : size + 2].isupper():
            return key
    return None


def has(element: Json, *names: str) -> bool:
    """Whether any of the elements is there, be it by its extensions alone."""
    return any(name in element or "_" + name in element for name in names)


def ordered(start: object, end: object) -> bool:
    """Whether a date does not surely come after another: a day may be that of any time zone."""
    first, last = parse_date(start), parse_date(end)
    apart = _ZONES_MS if ("T" in str(start)) != ("T" in str(end)) else 0
    return not first or not last or first.lo < last.hi + apart


def _number(quantity: object) -> Decimal | None:
    value = quantity.get("value") if isinstance(quantity, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return Decimal(str(value))


def _range(element: Json) -> bool:
    low, high = element.get("low"), element.get("high")
    first, last = _number(low), _number(high)
    if first is None or last is None or not isinstance(low, dict) or not isinstance(high, dict):
        return True
    return any(low.get(name) != high.get(name) for name in ("system", "code", "unit")) or first <= last


def _at_least_zero(name: str) -> Test:
    return lambda e: (_number({"value": e.get(name)}) or Decimal(0)) >= 0


def _needs(name: str, *others: str) -> Test:
    """`name` only together with one of the others."""
    return lambda e: not has(e, name) or has(e, *others)


def _one_of(*names: str) -> Test:
    return lambda e: has(e, *names)


def _not_both(name: str, other: str) -> Test:
    return lambda e: not (has(e, name) and has(e, other))


def _erroneous(element: Json, system: str) -> bool:
    return coded(element.get("verificationStatus"), _VER + system, "entered-in-error")


def _ait1(e: Json) -> bool:
    return _erroneous(e, "allergyintolerance-verification") or "clinicalStatus" in e


def _ait2(e: Json) -> bool:
    return not _erroneous(e, "allergyintolerance-verification") or "clinicalStatus" not in e


def _con4(e: Json) -> bool:
    ended = coded(e.get("clinicalStatus"), _VER + "condition-clinical", "resolved", "remission", "inactive")
    return ended or choice(e, "abatement") is None


def _con5(e: Json) -> bool:
    return not _erroneous(e, "condition-ver-status") or "clinicalStatus" not in e


def _obs6(e: Json) -> bool:
    return "dataAbsentReason" not in e or choice(e, "value") is None


def _obs7(e: Json) -> bool:
    if "component" not in e or choice(e, "value") is None:
        return True
    own = list(codings(e.get("code")))
    return not any(coding in own for part in items(e["component"]) for coding in codings(part.get("code")))


def _no_home(name: str) -> Test:
    return lambda e: all(item.get("use") != "home" for item in items(e.get(name)))


def _ext1(e: Json) -> bool:
    return ("extension" in e) != (choice(e, "value") is not None)


def _rat1(e: Json) -> bool:
    both = ("numerator" in e) == ("denominator" in e)
    return both and ("numerator" in e or "extension" in e)


def _html(e: Json) -> bool:
    div = e.get("div")
    if not isinstance(div, str):
        return True
    low = div.lower()
    if _ACTIVE.search(low) or ("script" in low and _LEADS.search(low)):
        return False
    return not (_HINT.search(low) and _EVENT.search(_TAG.sub(_as_handler, low)))


def _as_handler(tag: re.Match[str]) -> str:
    """A tag as XHTML writes it, by what its attributes are called alone: a title may say onset=today."""
    return "<a onx=" if any(name.startswith("on") for name in _NAMES.findall(tag[1])) else ""


def _says(e: Json) -> bool:
    div = e.get("div")
    return not isinstance(div, str) or bool(_WORDS.search(div)) or "<img" in div


def _div(e: Json) -> bool:
    div = e.get("div")
    return not isinstance(div, str) or (bool(_DIV.match(div)) and bool(_END.search(div[div.rfind("<") :])))


def _of_its_type(e: Json) -> bool:
    """Whether the type of a Reference, if it names a resource, is that of the text it leads by."""
    text, named = e.get("reference"), e.get("type")
    if not isinstance(text, str) or not isinstance(named, str) or named not in resource_types():
        return True
    return target({"reference": text}, {}) in ("", named)


def _ctm1(e: Json) -> bool:
    member = e.get("member")
    return not has(e, "onBehalfOf") or not isinstance(member, dict) or target(member, {}) in ("", "Practitioner")


def _drt1(e: Json) -> bool:
    return "code" not in e or (e.get("system") == _UCUM and "value" in e)


def _part(e: Json) -> bool:
    content = (choice(e, "value") is not None) + ("resource" in e)
    return content == (0 if "part" in e else 1)


def _in(name: str, *types: str) -> Callable[[Json], bool]:
    return lambda e: name not in e or e.get("type") in types


def _inside(name: str, *types: str) -> Test:
    """Each entry has `name` exactly in bundles of these types."""
    return lambda e: all((name in entry) == (e.get("type") in types) for entry in items(e.get("entry")))


def _bdl2(e: Json) -> bool:
    return e.get("type") == "searchset" or not any("search" in entry for entry in items(e.get("entry")))


def _bdl7(e: Json) -> bool:
    if e.get("type") == "history":
        return True
    seen: set[tuple[str, str]] = set()
    for entry in items(e.get("entry")):
        resource: Any = entry.get("resource")
        meta = resource.get("meta") if isinstance(resource, dict) else None
        version = meta.get("versionId") if isinstance(meta, dict) else None
        key = (str(entry.get("fullUrl")), str(version))
        if "fullUrl" in entry and key in seen:
            return False
        seen.add(key)
    return True


def _begins(kind: str, resource_type: str) -> Test:
    """A bundle of this kind begins with a resource of this type."""

    def test(e: Json) -> bool:
        if e.get("type") != kind:
            return True
        first = next(items(e.get("entry")), {}).get("resource")
        return isinstance(first, dict) and first.get("resourceType") == resource_type

    return test


def _bdl9(e: Json) -> bool:
    identifier = e.get("identifier")
    return e.get("type") != "document" or (isinstance(identifier, dict) and {"system", "value"} <= identifier.keys())


_QTY3: list[tuple[str, Test]] = [("qty-3", _needs("code", "system"))]
TESTS: dict[str, list[tuple[str, Test]]] = {
    "Period": [("per-1", lambda e: ordered(e.get("start"), e.get("end")))],
    "Range": [("rng-2", _range)],
    "Ratio": [("rat-1", _rat1)],
    "Quantity": _QTY3,
    "Age": _QTY3,
    "Duration": [*_QTY3, ("drt-1", _drt1)],
    "Attachment": [("att-1", _needs("data", "contentType"))],
    "ContactPoint": [("cpt-2", _needs("value", "system"))],
    "Extension": [("ext-1", _ext1)],
    "Narrative": [("txt-1", _html), ("txt-2", _says), ("div", _div)],
    "Reference": [("ref-type", _of_its_type)],
    "Timing.repeat": [
        ("tim-1", _needs("duration", "durationUnit")),
        ("tim-2", _needs("period", "periodUnit")),
        ("tim-4", _at_least_zero("duration")),
        ("tim-5", _at_least_zero("period")),
        ("tim-6", _needs("periodMax", "period")),
        ("tim-7", _needs("durationMax", "duration")),
        ("tim-8", _needs("countMax", "count")),
        ("tim-9", _needs("offset", "when")),
        ("tim-10", _not_both("timeOfDay", "when")),
    ],
    "AllergyIntolerance": [("ait-1", _ait1), ("ait-2", _ait2)],
    "Bundle": [
        ("bdl-1", _in("total", "searchset", "history")),
        ("bdl-2", _bdl2),
        ("bdl-3", _inside("request", "batch", "transaction", "history")),
        ("bdl-4", _inside("response", "batch-response", "transaction-response", "history")),
        ("bdl-7", _bdl7),
        ("bdl-9", _bdl9),
        ("bdl-10", lambda e: e.get("type") != "document" or "timestamp" in e),
        ("bdl-11", _begins("document", "Composition")),
        ("bdl-12", _begins("message", "MessageHeader")),
    ],
    "Bundle.entry": [
        ("bdl-5", _one_of("resource", "request", "response")),
        ("bdl-8", lambda e: "/_history/" not in str(e.get("fullUrl", ""))),
    ],
    "CarePlan.activity": [("cpl-3", _not_both("detail", "reference"))],
    "Condition": [("con-4", _con4), ("con-5", _con5)],
    "Condition.stage": [("con-1", _one_of("summary", "assessment"))],
    "Condition.evidence": [("con-2", _one_of("code", "detail"))],
    "Goal.target": [("gol-1", lambda e: choice(e, "detail") is None or has(e, "measure"))],
    "CareTeam.participant": [("ctm-1", _ctm1)],
    "Group": [("grp-1", lambda e: "member" not in e or e.get("actual") is True)],
    "Immunization.education": [("imm-1", _one_of("documentType", "reference"))],
    "MedicationDispense": [("mdd-1", lambda e: ordered(e.get("whenPrepared"), e.get("whenHandedOver")))],
    "Observation": [("obs-6", _obs6), ("obs-7", _obs7)],
    "Observation.referenceRange": [("obs-3", _one_of("low", "high", "text"))],
    "Organization": [
        ("org-1", _one_of("identifier", "name")),
        ("org-2", _no_home("address")),
        ("org-3", _no_home("telecom")),
    ],
    "Parameters.parameter": [("inv-1", _part)],
    "Patient.contact": [("pat-1", _one_of("name", "telecom", "address", "organization"))],
    "QuestionnaireResponse.item": [("qrs-1", _not_both("answer", "item"))],
    "ServiceRequest": [("prr-1", _needs("orderDetail", "code"))],
}
WORDS = {
    "per-1": "the start must not come after the end",
    "rng-2": "the low end must not exceed the high end",
    "rat-1": "needs both numerator and denominator, or an extension instead",
    "qty-3": "a coded unit needs its system",
    "drt-1": "a coded unit must be of UCUM and needs a value",
    "att-1": "data needs a contentType",
    "cpt-2": "a value needs a system",
    "ext-1": "needs either a value or extensions, not both",
    "txt-1": "may hold only plain formatting, no active content",
    "txt-2": "the narrative must say or show something",
    "div": "the narrative must be one div of XHTML",
    "ref-type": "the type must be that of the resource it leads to",
    "gol-1": "a target with a detail needs the measure it is of",
    "ctm-1": "only a Practitioner takes part on behalf of somebody",
    "tim-9": "an offset needs a when that it is counted from",
    "ait-1": "needs a clinicalStatus unless entered in error",
    "ait-2": "must have no clinicalStatus when entered in error",
    "con-4": "what has abated must be inactive, resolved or in remission",
    "con-5": "must have no clinicalStatus when entered in error",
    "obs-6": "must have no dataAbsentReason beside a value",
    "obs-7": "must have no value of its own when a component has the same code",
    "bdl-1": "total belongs to searchset and history bundles only",
    "bdl-2": "search belongs to entries of searchset bundles only",
    "bdl-3": "every entry needs a request in batch, transaction and history bundles, and none elsewhere",
    "bdl-4": "every entry needs a response in response and history bundles, and none elsewhere",
    "bdl-5": "needs a resource, a request or a response",
    "bdl-7": "a fullUrl must be unique unless the versions differ",
    "bdl-8": "fullUrl must not name a version",
    "bdl-9": "a document needs an identifier with system and value",
    "bdl-10": "a document needs a timestamp",
    "bdl-11": "a document must begin with a Composition",
    "bdl-12": "a message must begin with a MessageHeader",
}
