"""The search parameters of US Core 6.1.0 as facts: where each looks, and whether a resource matches a value.

Kept apart from the program under test on purpose: two independent readings must agree.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from tests.support.must_support import walk

Json = dict[str, Any]


class Parameter(NamedTuple):
    """The kind of a parameter and the paths it looks at."""

    kind: str
    paths: tuple[str, ...]


_TEXT = """
* | _id token id
Patient | identifier token identifier; name string name; family string name.family; gender token gender
Patient | birthdate date birthDate; death-date date deceasedDateTime
AllergyIntolerance | patient reference patient; clinical-status token clinicalStatus
CarePlan | patient reference subject; category token category; status token status; date date period
CareTeam | patient reference subject; status token status; role token participant.role
Condition | patient reference subject; category token category; clinical-status token clinicalStatus; code token code
Condition | onset-date date onsetDateTime; abatement-date date abatementDateTime; recorded-date date recordedDate
Condition | asserted-date date extension{url:http://hl7.org/fhir/StructureDefinition/condition-assertedDate}.valueDateTime
Condition | encounter reference encounter
Coverage | patient reference beneficiary
Device | patient reference patient; type token type; status token status
DiagnosticReport | patient reference subject; category token category; code token code; status token status
DiagnosticReport | date date effectiveDateTime
DocumentReference | patient reference subject; type token type; category token category; status token status
DocumentReference | date date date; period date context.period
Encounter | patient reference subject; identifier token identifier; class token class; type token type; date date period
Encounter | status token status; location reference location.location
Encounter | discharge-disposition token hospitalization.dischargeDisposition
Goal | patient reference subject; lifecycle-status token lifecycleStatus; description token description
Goal | target-date date target.dueDate
Immunization | patient reference patient; date date occurrenceDateTime; status token status
MedicationDispense | patient reference subject; status token status; type token type
MedicationRequest | patient reference subject; intent token intent; status token status; encounter reference encounter
MedicationRequest | authoredon date authoredOn
Observation | patient reference subject; category token category; code token code; status token status
Observation | date date effectiveDateTime,effectivePeriod
Procedure | patient reference subject; date date performedPeriod,performedDateTime; status token status; code token code
QuestionnaireResponse | patient reference subject; questionnaire uri questionnaire; authored date authored
QuestionnaireResponse | status token status
RelatedPerson | patient reference patient; name string name
ServiceRequest | patient reference subject; category token category; code token code; status token status
ServiceRequest | authored date authoredOn
Specimen | patient reference subject
Location | name string name; address string address; address-city string address.city
Location | address-state string address.state; address-postalcode string address.postalCode
Organization | name string name; address string address
Practitioner | name string name; identifier token identifier
PractitionerRole | specialty token specialty; practitioner reference practitioner
"""


def _table() -> dict[tuple[str, str], Parameter]:
    found: dict[tuple[str, str], Parameter] = {}
    for line in _TEXT.strip().splitlines():
        resource_type, _, rest = line.partition(" | ")
        for part in rest.split("; "):
            name, kind, paths = part.split(" ")
            found[(resource_type, name)] = Parameter(kind, tuple(paths.split(",")))
    return found


_PARAMETERS = _table()


def parameter(resource_type: str, name: str) -> Parameter:
    """What is known of a parameter."""
    return _PARAMETERS.get((resource_type, name)) or _PARAMETERS[("*", name)]


def values(resource: Json, name: str) -> Iterator[Any]:
    """The elements a parameter looks at in a resource."""
    for path in parameter(resource["resourceType"], name).paths:
        yield from walk(resource, path)


def query_value(resource: Json, name: str) -> str | None:
    """A value that finds this resource by this parameter; None when it has none."""
    kind = parameter(resource["resourceType"], name).kind
    for value in values(resource, name):
        written = {"token": _token, "string": _string, "date": _date, "reference": _reference, "uri": str}[kind](value)
        if written:
            return written
    return None


def with_system(resource: Json, name: str) -> str | None:
    """A token value with its system."""
    for value in values(resource, name):
        for system, code in _codes(value):
            if system:
                return f"{system}|{code}"
    return None


def _codes(value: Any) -> list[tuple[str, str]]:
    if not isinstance(value, dict):
        return [("", str(value).lower() if isinstance(value, bool) else str(value))]
    if "coding" in value:
        return [(c.get("system", ""), c["code"]) for c in value["coding"] if "code" in c]
    if "code" in value:
        return [(value.get("system", ""), value["code"])]
    return [(value.get("system", ""), value["value"])] if "value" in value else []


def _token(value: Any) -> str | None:
    return next((code for _, code in _codes(value)), None)


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    kept = ("family", "given", "prefix", "suffix", "text", "line", "city", "district", "state", "postalCode", "country")
    parts = [value[name] for name in kept if name in value]
    return [word for part in parts for word in (part if isinstance(part, list) else [part])]


def _string(value: Any) -> str | None:
    return next(iter(_words(value)), None)


def _date(value: Any) -> str | None:
    if isinstance(value, dict):
        return f"ge{value['start']}" if "start" in value else None
    return str(value)


def _reference(value: Any) -> str | None:
    return value.get("reference") if isinstance(value, dict) else None


def matches(resource: Json, name: str, wanted: str) -> bool:
    """Whether a resource matches a value of a parameter; dates to within a day, for the zones people live in."""
    kind = parameter(resource["resourceType"], name).kind
    return any(_matches(kind, value, one) for value in values(resource, name) for one in wanted.split(","))


def _matches(kind: str, value: Any, wanted: str) -> bool:
    if kind == "token":
        system, bar, code = wanted.rpartition("|")
        return any(code == c and (not bar or system == s) for s, c in _codes(value))
    if kind == "string":
        return any(word.casefold().startswith(wanted.casefold()) for word in _words(value))
    if kind == "reference":
        return str(value.get("reference")).endswith(wanted.rpartition("/")[2])
    return str(value) == wanted if kind == "uri" else _dated(value, wanted)


_DAY = timedelta(days=1)


def surely(resource: Json, name: str, wanted: str) -> bool:
    """Whether a resource matches whatever zone one reads its dates in."""
    if parameter(resource["resourceType"], name).kind != "date":
        return matches(resource, name, wanted)
    return any(_surely_dated(value, wanted) for value in values(resource, name))


def _surely_dated(value: Any, wanted: str) -> bool:
    if not wanted[:2].isalpha():
        return str(value) == wanted
    begin, end = (value.get("start"), value.get("end")) if isinstance(value, dict) else (value, value)
    asked = moment(wanted[2:])
    if wanted[:2] in {"gt", "ge"}:
        return begin is not None and moment(begin) >= asked + _DAY
    return end is not None and moment(end) <= asked - _DAY


def _dated(value: Any, wanted: str) -> bool:
    prefix, text = (wanted[:2], wanted[2:]) if wanted[:2].isalpha() else ("eq", wanted)
    asked = moment(text)
    low, high = (value.get("start"), value.get("end")) if isinstance(value, dict) else (value, value)
    starts = moment(low) if low else datetime.min.replace(tzinfo=UTC) + _DAY
    ends = moment(high) if high else datetime.max.replace(tzinfo=UTC) - _DAY
    if prefix in {"gt", "ge"}:
        return ends + _DAY >= asked
    if prefix in {"lt", "le"}:
        return starts - _DAY <= asked
    return starts - _DAY <= asked <= ends + _DAY


def moment(text: str) -> datetime:
    """A FHIR date or dateTime as a moment; what it does not say is taken as the earliest, in UTC."""
    full = text + {4: "-01-01", 7: "-01"}.get(len(text), "")
    found = datetime.fromisoformat(full)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
