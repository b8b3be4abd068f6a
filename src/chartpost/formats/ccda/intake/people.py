"""Participants as FHIR: Practitioner, PractitionerRole, Organization, Device, RelatedPerson, Location.

Which one an assigned entity is, is told by the elements it has (HL7 C-CDA on FHIR 2.0, participations).
"""

import re

from lxml import etree

from chartpost.formats.ccda.header import without_null
from chartpost.formats.ccda.intake.document import ABSENT, Document, Scope, fit
from chartpost.formats.ccda.intake.nodes import Node, attr, ext, flavor, kid, kids, local, words
from chartpost.formats.ccda.intake.numbers import identifiers
from chartpost.formats.ccda.intake.systems import NPI
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import concept, concepts, span

_USES = {
    "HP": "home", "H": "home", "HV": "temp", "WP": "work", "DIR": "work", "PUB": "work", "MC": "mobile",
    "MOBILE": "mobile", "TMP": "temp", "BAD": "old", "OLD": "old", "L": "official", "C": "usual", "P": "nickname",
    "ASGN": "usual", "M": "maiden",
}  # fmt: skip
_TELECOM_USES = frozenset({"home", "work", "temp", "old", "mobile"})
_ADDRESS_USES = frozenset({"home", "work", "temp", "old"})
_SCHEMES = {"tel": "phone", "fax": "fax", "mailto": "email", "http": "url", "https": "url", "sms": "sms"}
_PHONE = re.compile(r"[+(]?[0-9][0-9 ().+x-]{5,}", re.IGNORECASE)
_MOST_MET = 1000
_SELF = frozenset({"ONESELF", "SELF"})


def names(scope: Scope, nodes: list[Node]) -> list[Json]:
    """PN and EN elements as HumanName; a name without parts is its text."""
    return [made for node in nodes if not (flavor(node) and not words(node)) and (made := name(scope, node))]


def name(scope: Scope, node: Node) -> Json | None:
    """One HumanName; None for an empty one."""
    family = " ".join(filter(None, map(words, kids(node, "family"))))
    given = without_null([text for g in kids(node, "given") if (text := words(g))])
    prefix = [text for g in kids(node, "prefix") if (text := words(g))]
    suffix = [text for g in kids(node, "suffix") if (text := words(g))]
    plain = words(node)
    if not plain:
        return None
    if not family and not given:
        return {"text": plain, "family": plain if "," not in plain and len(plain.split()) == 1 else None}
    use = _USES.get(attr(node, "use").split(" ")[0]) if attr(node, "use") else None
    period = span(scope, kid(node, "validTime")).period
    whole = " ".join((*prefix, *given, family, *suffix))
    return {
        "use": use if use in ("official", "usual", "nickname", "maiden", "old", "temp") else None,
        "text": " ".join(whole.split()), "family": family or None, "given": given, "prefix": prefix,
        "suffix": suffix, "period": period,
    }  # fmt: skip


def telecoms(nodes: list[Node]) -> list[Json]:
    """TEL elements as ContactPoint, each once; those without a value are left out."""
    found: list[Json] = []
    for node in nodes:
        value = attr(node, "value")
        scheme, colon, rest = value.partition(":")
        system = _SCHEMES.get(scheme.lower()) if colon else None
        if system in ("phone", "fax", "email", "sms"):
            value = rest
        elif not system:
            system = "email" if "@" in value else "phone" if _PHONE.fullmatch(value) else "other"
        uses = [_USES.get(u, "") for u in attr(node, "use").split()]
        use = next((u for u in uses if u in _TELECOM_USES), None)
        made = {"system": system, "value": " ".join(value.split()), "use": use}
        if made["value"] and made not in found:
            found.append(made)
    return found


def addresses(scope: Scope, nodes: list[Node]) -> list[Json]:
    """AD elements as Address; empty ones are left out."""
    return [made for node in nodes if (made := address(scope, node))]


def address(scope: Scope, node: Node) -> Json | None:
    """One Address; words that stand outside of parts are its lines."""
    lines: list[str] = []
    for kind in ("streetAddressLine", "additionalLocator", "deliveryAddressLine", "houseNumber", "streetName"):
        lines += [text for line in kids(node, kind) if (text := words(line))]
    parts = {
        "city": words(kid(node, "city")), "district": words(kid(node, "county")),
        "state": words(kid(node, "state")), "postalCode": words(kid(node, "postalCode")).rstrip("-"),
        "country": words(kid(node, "country")),
    }  # fmt: skip
    if not lines and not any(parts.values()):
        text = words(node)
        return {"text": text} if text else None
    use = next((u for c in attr(node, "use").split() if (u := _USES.get(c)) in _ADDRESS_USES), None)
    period = span(scope, kid(node, "useablePeriod")).period
    return {"use": use, "line": lines[:4], **parts, "period": period}


def who(scope: Scope, holder: Node | None) -> Json | None:
    """A reference to whom an author, performer, informant or other participation names; None for nobody.

    `holder` is the participation or its role; the resources are made on first sight and shared by id. A role that
    stands in the document word for word a second time is not read again.
    """
    role = _role(holder)
    if role is None:
        return None
    written = etree.tostring(role, with_tail=False)
    found = scope.doc.met.get(written)
    if found is None:
        found = _who(scope, role)
        if found is not None:
            if len(scope.doc.met) >= _MOST_MET:
                scope.doc.met.clear()
            scope.doc.met[written] = found
    return found


def _who(scope: Scope, role: Node) -> Json | None:
    if _is_patient(scope, role):
        return scope.patient
    person = kid(role, "assignedPerson")
    person = person if person is not None else kid(role, "relatedPerson")
    device = kid(role, "assignedAuthoringDevice")
    company = organization(scope, _company(role))
    if local(role) in ("relatedEntity", "associatedEntity") and person is not None:
        return related_person(scope, role)
    if person is not None and words(kid(person, "name")):
        return practitioner(scope, role, person, company)
    if device is not None:
        return authoring_device(scope, role, device, company)
    known = _known(scope, role)
    return known or company


def company_of(scope: Scope, holder: Node | None) -> Json | None:
    """The organization that a participation acts for."""
    role = _role(holder)
    return organization(scope, _company(role)) if role is not None else None


def practitioner(scope: Scope, role: Node, person: Node, company: Json | None) -> Json:
    """A Practitioner, and a PractitionerRole where a specialty or an organization is told."""
    numbers = identifiers(kids(role, "id"))
    called = names(scope, kids(person, "name"))
    key = _key("Practitioner", numbers, called)
    if NPI not in key:
        key += f"|{_text(called)}"  # numbers of an office's own are given to several people
    known = scope.doc.people.get(key)
    if known:
        _complete(scope, key, role)
        return known
    specialty = concept(scope, kid(role, "code"))
    reach = telecoms(kids(role, "telecom"))
    made: Json = {
        "resourceType": "Practitioner", "identifier": numbers, "name": called, "telecom": reach,
        "address": addresses(scope, kids(role, "addr")),
    }  # fmt: skip
    reference = _keep(scope, made, key, role, "practitioner")
    scope.doc.people.setdefault(_key("Practitioner", numbers, []), reference)
    if specialty or company:
        _role_of(scope, role, reference, company, specialty, reach)
    return reference


def _role_of(
    scope: Scope, role: Node, reference: Json, company: Json | None, specialty: Json | None, reach: list[Json]
) -> None:
    made: Json = {
        "resourceType": "PractitionerRole", "practitioner": reference, "organization": company,
        "specialty": [specialty] if specialty else None,
        "telecom": reach or [{"extension": [{"url": ABSENT, "valueCode": "unknown"}]}],  # US Core asks for one (pd-1)
    }  # fmt: skip
    _keep(scope, made, f"Role|{reference['reference']}|{(company or {}).get('reference')}", role, "practitionerrole")


def organization(scope: Scope, node: Node | None) -> Json | None:
    """An organization; None where it has neither name nor number."""
    if node is None:
        return None
    called = next((text for n in kids(node, "name") if (text := words(n))), "")
    numbers = identifiers(kids(node, "id"))
    if not called:
        key = _key("Organization", numbers, [])
        return scope.doc.people.get(key)
    key = _key("Organization", numbers, [{"text": called}]) + f"|{called.casefold()}"
    known = scope.doc.people.get(key)
    if known:
        _complete(scope, key, node)
        return known
    made: Json = {
        "resourceType": "Organization", "identifier": numbers, "active": True, "name": called,
        "telecom": _not_home(telecoms(kids(node, "telecom"))),
        "address": _not_home(addresses(scope, kids(node, "addr"))),
    }  # fmt: skip
    reference = _keep(scope, made, key, node, "organization")
    scope.doc.people.setdefault(_key("Organization", numbers, []), reference)
    return reference


def _complete(scope: Scope, key: str, node: Node) -> None:
    """Add how to reach somebody met again where the first telling left it out."""
    made = scope.doc.told.get(key)
    if made is None:
        return
    mend = _not_home if made["resourceType"] == "Organization" else list
    if "telecom" not in made and kids(node, "telecom"):
        made["telecom"] = mend(telecoms(kids(node, "telecom")))
        fit(made)
    if "address" not in made and kids(node, "addr"):
        made["address"] = mend(addresses(scope, kids(node, "addr")))
        fit(made)


def _not_home(places: list[Json]) -> list[Json]:
    """An organization has no home (FHIR org-2, org-3): the use is left out."""
    return [{**place, "use": None} if place.get("use") == "home" else place for place in places]


def authoring_device(scope: Scope, role: Node, node: Node, company: Json | None) -> Json:
    """The software that wrote something."""
    model, software = words(kid(node, "manufacturerModelName")), words(kid(node, "softwareName"))
    numbers = identifiers(kids(role, "id"))
    key = f"{_key('Device', numbers, [])}|{model}|{software}"
    known = scope.doc.people.get(key)
    if known:
        return known
    labels = [{"name": text, "type": kind} for text, kind in ((model, "model-name"), (software, "other")) if text]
    made: Json = {"resourceType": "Device", "identifier": numbers, "deviceName": labels, "owner": company}
    return _keep(scope, made, key, role)


def related_person(scope: Scope, role: Node) -> Json:
    """Somebody who is there for the patient: next of kin, guardian, caregiver, informant."""
    person = kid(role, "relatedPerson")
    person = person if person is not None else kid(role, "associatedPerson")
    called = names(scope, kids(person, "name"))
    relation = concept(scope, kid(role, "code"))
    numbers = identifiers(kids(role, "id"))
    key = f"{_key('RelatedPerson', numbers, called)}|{(relation or {}).get('text')}"
    known = scope.doc.people.get(key)
    if known:
        return known
    made: Json = {
        "resourceType": "RelatedPerson", "identifier": numbers, "active": True, "patient": scope.patient,
        "relationship": [relation] if relation else None, "name": called, "telecom": telecoms(kids(role, "telecom")),
        "address": addresses(scope, kids(role, "addr")),
    }  # fmt: skip
    return _keep(scope, made, key, role, "relatedperson")


def location(scope: Scope, role: Node | None) -> Json | None:
    """A service delivery location (participantRole SDLOC) or health care facility; None without a name."""
    if role is None:
        return None
    place = kid(role, "playingEntity")
    place = place if place is not None else kid(role, "location")
    called = words(kid(place, "name"))
    numbers = identifiers(kids(role, "id"))
    kind = concept(scope, kid(role, "code"))
    spots = addresses(scope, kids(role, "addr") + kids(place, "addr"))
    called = called or (kind or {}).get("text") or next((s["text"] for s in spots if s.get("text")), "")
    if not called:
        return None
    key = f"{_key('Location', numbers, [])}|{called.casefold()}"
    known = scope.doc.people.get(key)
    if known:
        return known
    made: Json = {
        "resourceType": "Location", "identifier": numbers, "name": called, "type": [kind] if kind else None,
        "telecom": telecoms(kids(role, "telecom")), "address": spots[0] if spots else None,
        "managingOrganization": organization(scope, kid(role, "serviceProviderOrganization")),
    }  # fmt: skip
    return _keep(scope, made, key, role, "location")


def places(scope: Scope, node: Node) -> list[Json]:
    """The locations a statement took place in (participant LOC)."""
    found = [
        location(scope, kid(p, "participantRole")) for p in kids(node, "participant") if attr(p, "typeCode") == "LOC"
    ]
    return [place for place in found if place]


def performers(scope: Scope, node: Node) -> list[Json]:
    """References to the performers of a statement, each once."""
    found: list[Json] = []
    for performer in kids(node, "performer"):
        reference = who(scope, performer)
        if reference and reference not in found:
            found.append(reference)
    return found


def specialties(scope: Scope, node: Node) -> list[Json]:
    """The codes of a role and of sdtc:specialty."""
    more = ext(node, "specialty")
    return concepts(scope, [n for n in (kid(node, "code"), more) if n is not None])


def _role(holder: Node | None) -> Node | None:
    if holder is None:
        return None
    if local(holder) in _ROLES:
        return holder
    return next((found for role in _ROLES if (found := kid(holder, role)) is not None), None)


_ROLES = (
    "assignedAuthor", "assignedEntity", "relatedEntity", "associatedEntity", "intendedRecipient", "participantRole",
    "assignedCustodian", "responsibleParty", "encounterParticipant",
)  # fmt: skip


def _company(role: Node) -> Node | None:
    for tag in (
        "representedOrganization",
        "representedCustodianOrganization",
        "scopingOrganization",
        "receivedOrganization",
    ):
        found = kid(role, tag)
        if found is not None:
            return found
    return None


def _is_patient(scope: Scope, role: Node) -> bool:
    if attr(kid(role, "code"), "code") in _SELF or attr(role, "classCode") == "PAT":
        return True
    mine = scope.doc.patient.get("identifier") or ()
    return any(number in mine for number in identifiers(kids(role, "id")) if number.get("system"))


def _known(scope: Scope, role: Node) -> Json | None:
    """Somebody already met under the same number, when this place gives the number alone."""
    numbers = identifiers(kids(role, "id"))
    if not numbers:
        return None
    return next(
        (k for kind in ("Practitioner", "Device") if (k := scope.doc.people.get(_key(kind, numbers, [])))), None
    )


def _key(kind: str, numbers: list[Json], called: list[Json]) -> str:
    for number in numbers:
        if number.get("system") and number["system"] != "urn:ietf:rfc:3986":
            return f"{kind}|{number['system']}|{number['value']}"
    text = _text(called)
    root = numbers[0]["value"] if numbers else ""
    return f"{kind}|{root}|{text}"


def _text(called: list[Json]) -> str:
    return str(called[0].get("text") or "").casefold() if called else ""


def _keep(scope: Scope, made: Json, key: str, node: Node, *profiles: str) -> Json:
    """File a participant with the document, under its key and an id of its own."""
    doc: Document = scope.doc
    made["id"] = doc.claim(made["resourceType"], key) or doc.identity(made["resourceType"], key, str(len(doc.people)))
    scope.keep(made, node, *profiles)
    reference = {"reference": f"{made['resourceType']}/{made['id']}"}
    if made["resourceType"] in ("Practitioner", "Organization", "RelatedPerson"):
        first = made["name"] if isinstance(made["name"], str) else (made["name"] or [{}])[0].get("text")
        if first:
            reference["display"] = first
    doc.people[key] = reference
    doc.told[key] = made
    return reference
