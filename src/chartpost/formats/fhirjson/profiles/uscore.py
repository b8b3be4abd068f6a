"""The invariants that US Core 6.1.0 and the vital signs profile of R4 name, as functions on parsed JSON.

Each takes the element it stands on (a primitive as {"value": ...}) and says whether it holds. us-core-3 is an error
where it stands on the whole Observation and a warning where it stands on the value: there its published
expression can never fail.
"""

import re
from typing import Any

from chartpost.formats.fhirjson.profiles.invariants import Test, choice, coded, codings, has, items
from chartpost.formats.fhirjson.profiles.targets import target
from chartpost.formats.fhirjson.tables import Json

_UCUM = "http://unitsofmeasure.org"
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
_REPORTED = ("partial", "preliminary", "final", "amended", "corrected", "appended")
_ORDERED = ("order", "original-order", "reflex-order", "filler-order", "instance-order")


def _day(element: Json) -> bool:
    value = element.get("value")
    return not isinstance(value, str) or len(value) >= 10


def _says_something(e: Json) -> bool:
    return has(e, "component", "hasMember", "dataAbsentReason") or choice(e, "value") is not None


def _value_or_reason(e: Json) -> bool:
    return "dataAbsentReason" in e or choice(e, "value") is not None


def _ucum(e: Json) -> bool:
    return bool(e.get("system", _UCUM) == _UCUM)


def _ucum_value(e: Json) -> bool:
    quantity = e.get("valueQuantity")
    return not isinstance(quantity, dict) or _ucum(quantity)


def _snomed(e: Json) -> bool:
    return all(c.get("system") in (None, "http://snomed.info/sct") for c in codings(e))


def _no_ndc(e: Json) -> bool:
    return all(c.get("system") != "http://hl7.org/fhir/sid/ndc" for c in codings(e.get("vaccineCode")))


def _named(e: Json) -> bool:
    absent = any(extension.get("url") == _ABSENT for extension in items(e.get("extension")))
    return has(e, "family", "given") != absent


def _effective(e: Json) -> bool:
    return e.get("status") not in _REPORTED or choice(e, "effective") is not None


def _issued(e: Json) -> bool:
    return e.get("status") not in _REPORTED or has(e, "issued")


def _performed(e: Json) -> bool:
    return e.get("status") not in ("completed", "in-progress") or choice(e, "performed") is not None


def _member(e: Json) -> bool:
    types = [identifier.get("type") for identifier in items(e.get("identifier"))]
    return has(e, "subscriberId") or any(
        coded(kind, "http://terminology.hl7.org/CodeSystem/v2-0203", "MB") for kind in types
    )


def _matches(pattern: str) -> Test:
    form = re.compile(pattern)
    return lambda e: isinstance(e.get("value"), str) and form.fullmatch(e["value"]) is not None


def _luhn(e: Json) -> bool:
    """The check digit of a National Provider Identifier, counted with the prefix 80840 (45 CFR 162.406)."""
    value = e.get("value")
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{10}", value):
        return True  # us-core-16 tells
    digits = [int(digit) for digit in value]
    doubled = [d * 2 - 9 * (d > 4) for d in digits[0::2]]
    return (sum(doubled) + sum(digits[1::2]) + 24) % 10 == 0


def _handed_over(e: Json) -> bool:
    return e.get("status") != "completed" or has(e, "whenHandedOver")


def _requested(e: Json) -> bool:
    return e.get("intent") not in _ORDERED or "requester" in e


def _on_behalf(e: Json) -> bool:
    who: Any = e.get("who")
    acting = isinstance(who, dict) and target(who, {}) in ("Practitioner", "Device")
    return not acting or "onBehalfOf" in e


def _distinct(e: Json) -> bool:
    """In each group, no question that was answered stands twice."""
    waiting = [e]
    while waiting:
        group = waiting.pop()
        below = list(items(group.get("item")))
        answered = [str(i.get("linkId")) for i in below if any(choice(a, "value") for a in items(i.get("answer")))]
        if len(set(answered)) < len(answered):
            return False
        waiting += below + [answer for item in below for answer in items(item.get("answer"))]
    return True


TESTS: dict[str, Test] = {
    "us-core-1": _day,
    "us-core-2": _says_something,
    "us-core-3": _ucum_value,
    "us-core-3-value": _ucum,
    "us-core-4": _snomed,
    "us-core-5": _no_ndc,
    "us-core-6-attachment": lambda e: has(e, "url", "data"),
    "us-core-6-name": _named,
    "us-core-7": _performed,
    "us-core-8": _effective,
    "us-core-9": _issued,
    "us-core-10": _effective,
    "us-core-13": lambda e: has(e, "practitioner", "organization", "healthcareService", "location"),
    "us-core-14": lambda e: has(e, "name", "relationship"),
    "us-core-15": _member,
    "us-core-16": _matches(r"[0-9]{10}"),
    "us-core-17": _luhn,
    "us-core-18": _matches(r"[0-9]{2}D[0-9]{7}"),
    "us-core-19": _matches(r"[0-9]{5}"),
    "us-core-20": _handed_over,
    "us-core-21": _requested,
    "pd-1": lambda e: has(e, "telecom", "endpoint"),
    "provenance-1": _on_behalf,
    "sdcqr-2": _distinct,
    "vs-1": _day,
    "vs-2": _says_something,
    "vs-3": _value_or_reason,
}
NAMES = {"us-core-3-value": "us-core-3", "us-core-6-attachment": "us-core-6", "us-core-6-name": "us-core-6"}
SEVERITY = {"us-core-3-value": "warning", "us-core-4": "warning", "us-core-5": "warning"}
WORDS = {
    "us-core-1": "must be precise at least to the day",
    "us-core-2": "needs a value or dataAbsentReason unless it has components or members",
    "us-core-3": "the unit of a quantity must be of UCUM",
    "us-core-3-value": "the unit of a quantity must be of UCUM",
    "us-core-4": "coded results should be of SNOMED CT",
    "us-core-5": "NDC codes should not be used for vaccines",
    "us-core-6-attachment": "needs a url or data",
    "us-core-6-name": "needs a family or given name, or else the reason why it is absent",
    "us-core-7": "needs performed[x] when completed or in progress",
    "us-core-8": "needs effective[x] when reported",
    "us-core-9": "needs issued when reported",
    "us-core-10": "needs effective[x] when reported",
    "us-core-13": "needs a practitioner, organization, healthcareService or location",
    "us-core-14": "needs a name or a relationship",
    "us-core-15": "needs a member identifier or a subscriberId",
    "us-core-16": "an NPI must be 10 digits",
    "us-core-17": "an NPI must have a right check digit",
    "us-core-18": "a CLIA number must be 10 characters with D in the third place",
    "us-core-19": "an NAIC number must be 5 digits",
    "us-core-20": "needs whenHandedOver when completed",
    "us-core-21": "an order needs a requester",
    "pd-1": "needs telecom or endpoint",
    "provenance-1": "needs onBehalfOf when a practitioner or device acted",
    "sdcqr-2": "answered questions of one group must have linkIds of their own",
    "vs-1": "must be precise at least to the day",
    "vs-2": "needs a value or dataAbsentReason unless it has components or members",
    "vs-3": "needs a value or dataAbsentReason",
}
