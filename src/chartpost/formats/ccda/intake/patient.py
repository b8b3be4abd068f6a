"""The recordTarget as a US Core Patient with race, ethnicity, birth sex and guardians.

https://hl7.org/fhir/us/core/STU6.1/StructureDefinition-us-core-patient.html
"""

from chartpost.formats.ccda.intake.document import ABSENT, Scope, fit, url
from chartpost.formats.ccda.intake.nodes import Node, attr, down, ext, exts, flavor, kid, kids, words
from chartpost.formats.ccda.intake.numbers import identifiers
from chartpost.formats.ccda.intake.people import addresses, names, organization, telecoms
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import concept, time
from chartpost.formats.numbers import whole

_SEXES = {"M": "male", "F": "female", "UN": "other", "O": "other", "U": "unknown", "UNK": "unknown"}
_OMB_RACES = {
    "1002-5": "American Indian or Alaska Native", "2028-9": "Asian", "2054-5": "Black or African American",
    "2076-8": "Native Hawaiian or Other Pacific Islander", "2106-3": "White",
}  # fmt: skip
_OMB_ETHNICITIES = {"2135-2": "Hispanic or Latino", "2186-5": "Not Hispanic or Latino"}
_RACE_SYSTEM = "urn:oid:2.16.840.1.113883.6.238"
_NULLS = {"UNK": "Unknown", "ASKU": "Asked but no answer"}
_NULL_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
_MARITAL = "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus"


def patient(scope: Scope, role: Node) -> Json:
    """The Patient of a patientRole; raises UnfitError where no valid Patient can be made."""
    person = kid(role, "patient")
    made: Json = scope.doc.patient
    made |= {
        "extension": _extensions(scope, person),
        "identifier": identifiers(kids(role, "id")),
        "active": True,
        "name": names(scope, kids(person, "name")) or [{"extension": [{"url": ABSENT, "valueCode": "unknown"}]}],
        "telecom": telecoms(kids(role, "telecom")),
        "gender": _SEXES.get(attr(kid(person, "administrativeGenderCode"), "code").upper(), "unknown"),
        "birthDate": time(scope, kid(person, "birthTime"))[:10],
        "address": addresses(scope, kids(role, "addr")),
        "maritalStatus": concept(scope, kid(person, "maritalStatusCode")),
        "communication": [c for n in kids(person, "languageCommunication") if (c := _language(n))],
        "contact": [c for n in kids(person, "guardian") if (c := _guardian(scope, n))],
        "managingOrganization": scope.calmly(kid(role, "providerOrganization"), organization),
    }
    _death(scope, person, made)
    made["meta"] = {"profile": [url("patient")]}
    fit(made)
    return made


def _extensions(scope: Scope, person: Node | None) -> list[Json]:
    races = [n for n in (kid(person, "raceCode"), *exts(person, "raceCode")) if n is not None]
    ethnicities = [n for n in (kid(person, "ethnicGroupCode"), *exts(person, "ethnicGroupCode")) if n is not None]
    found = [
        _group(scope, "race", races, _OMB_RACES, most=5),
        _group(scope, "ethnicity", ethnicities, _OMB_ETHNICITIES, most=1),
        _religion(scope, person),
        _birthplace(scope, person),
    ]
    return [extension for extension in found if extension]


def _group(scope: Scope, name: str, nodes: list[Node], omb: dict[str, str], most: int) -> Json | None:
    """A race or ethnicity extension: OMB categories, detailed codes, and the words of all."""
    parts: list[Json] = []
    texts: list[str] = []
    categories = 0
    for node in nodes:
        code = attr(node, "code")
        null = flavor(node)
        shown = " ".join(attr(node, "displayName").split()) or scope.text(kid(node, "originalText")) or ""
        if code in omb and categories < most:
            categories += 1
            parts.append({"url": "ombCategory", "valueCoding": _coding(_RACE_SYSTEM, code, omb[code])})
            texts.append(omb[code])
        elif code and attr(node, "codeSystem") in ("", "2.16.840.1.113883.6.238") and code not in omb:
            parts.append({"url": "detailed", "valueCoding": _coding(_RACE_SYSTEM, code, shown or None)})
            texts.append(shown or code)
        elif null in _NULLS:
            if not categories:
                categories += 1
                parts.append({"url": "ombCategory", "valueCoding": _coding(_NULL_SYSTEM, null, _NULLS[null])})
            texts.append(_NULLS[null])
        elif shown:
            texts.append(shown)
    if not texts:
        return None
    parts.append({"url": "text", "valueString": ", ".join(dict.fromkeys(texts))})
    return {"url": url(name), "extension": parts}


def _coding(system: str, code: str, display: str | None) -> Json:
    return {"system": system, "code": code, "display": display}


def _religion(scope: Scope, person: Node | None) -> Json | None:
    made = concept(scope, kid(person, "religiousAffiliationCode"))
    return (
        {"url": "http://hl7.org/fhir/StructureDefinition/patient-religion", "valueCodeableConcept": made}
        if made
        else None
    )


def _birthplace(scope: Scope, person: Node | None) -> Json | None:
    spots = addresses(scope, kids(down(person, "birthplace", "place"), "addr"))
    return (
        {"url": "http://hl7.org/fhir/StructureDefinition/patient-birthPlace", "valueAddress": spots[0]}
        if spots
        else None
    )


_PAIRS = (
    "amh:am ara:ar ben:bn bos:bs bul:bg cat:ca ces:cs cze:cs chi:zh zho:zh cym:cy wel:cy dan:da deu:de ger:de"
    " dut:nl nld:nl ell:el gre:el eng:en est:et fas:fa per:fa fin:fi fra:fr fre:fr gle:ga guj:gu hat:ht hau:ha"
    " heb:he hin:hi hrv:hr hun:hu hye:hy arm:hy ibo:ig ind:id isl:is ice:is ita:it jpn:ja kan:kn kat:ka geo:ka"
    " khm:km kor:ko kur:ku lao:lo lit:lt lav:lv mal:ml mar:mr msa:ms may:ms mya:my bur:my nav:nv nep:ne nor:no"
    " orm:om pan:pa pol:pl por:pt pus:ps ron:ro rum:ro rus:ru slk:sk slo:sk slv:sl som:so spa:es sqi:sq alb:sq"
    " srp:sr swa:sw swe:sv tam:ta tel:te tgl:tl tha:th tir:ti tur:tr ukr:uk urd:ur uzb:uz vie:vi yid:yi yor:yo"
    " zul:zu"
)
_SHORT = dict(pair.split(":") for pair in _PAIRS.split())
"""Languages of three letters (ISO 639-2) that have two (ISO 639-1): BCP 47 takes the shorter, RFC 5646 2.2.1."""


def tag(code: str) -> str:
    """A language code as BCP 47 writes it: `eng` as `en`, `eng-US` as `en-US`."""
    language, dash, rest = code.partition("-")
    return _SHORT.get(language.lower(), language) + dash + rest


def _language(node: Node) -> Json | None:
    code = tag(attr(kid(node, "languageCode"), "code"))
    if not code:
        return None
    preferred = attr(kid(node, "preferenceInd"), "value")
    return {
        "language": {"coding": [{"system": "urn:ietf:bcp:47", "code": code}]},
        "preferred": preferred == "true" if preferred in ("true", "false") else None,
    }


def _guardian(scope: Scope, node: Node) -> Json | None:
    called = names(scope, kids(kid(node, "guardianPerson"), "name"))
    company = scope.calmly(kid(node, "guardianOrganization"), organization)
    if not called and not company:
        return None
    relation = concept(scope, kid(node, "code")) or {"text": "Guardian"}
    spots = addresses(scope, kids(node, "addr"))
    return {
        "relationship": [relation], "name": called[0] if called else None, "telecom": telecoms(kids(node, "telecom")),
        "address": spots[0] if spots else None, "organization": company,
    }  # fmt: skip


def _death(scope: Scope, person: Node | None, made: Json) -> None:
    at = time(scope, ext(person, "deceasedTime"))
    dead = attr(ext(person, "deceasedInd"), "value")
    if at:
        made["deceasedDateTime"] = at
    elif dead in ("true", "false"):
        made["deceasedBoolean"] = dead == "true"
    order = whole(attr(kid(person, "multipleBirthOrderNumber"), "value"))
    if order is not None:
        made["multipleBirthInteger"] = order


def birth_sex(code: str) -> Json:
    """The birth sex extension; `code` is M, F, OTH, UNK or ASKU."""
    return {"url": url("birthsex"), "valueCode": code}


def gender_identity(made: Json) -> Json:
    """The gender identity extension."""
    return {"url": url("genderIdentity"), "valueCodeableConcept": made}


def is_nobody(role: Node | None) -> bool:
    """Whether a patientRole tells neither name, number nor birth date."""
    person = kid(role, "patient")
    number = any(attr(i, "extension") or (attr(i, "root") and not flavor(i)) for i in kids(role, "id"))
    called = any(words(n) for n in kids(person, "name"))
    return not number and not called and not attr(kid(person, "birthTime"), "value")
