"""Who a person is beyond name and birthday: race, sex, gender, tribe, names and homes of earlier years."""

from chartpost.demo.generator.chart import Chart
from chartpost.demo.generator.claims import US_CORE
from chartpost.demo.generator.coding import SNOMED, TERMINOLOGY, Code
from chartpost.demo.generator.profile import Profile
from chartpost.demo.generator.values import Resource

OMB = "urn:oid:2.16.840.1.113883.6.238"
RACES = {
    "white": Code(OMB, "2106-3", "White"),
    "black": Code(OMB, "2054-5", "Black or African American"),
    "asian": Code(OMB, "2028-9", "Asian"),
    "native": Code(OMB, "1002-5", "American Indian or Alaska Native"),
}
ETHNICITIES = {
    True: Code(OMB, "2135-2", "Hispanic or Latino"),
    False: Code(OMB, "2186-5", "Not Hispanic or Latino"),
}
SEXES = {"female": "248152002", "male": "248153007"}
GENDERS = {
    "female": Code(SNOMED, "446141000124107", "Identifies as female gender (finding)"),
    "male": Code(SNOMED, "446151000124109", "Identifies as male gender (finding)"),
}
TRIBES = {"paiute-shoshone": ("187", "Paiute-Shoshone Tribe of the Fallon Reservation and Colony, Nevada")}


def identity_extensions(who: Profile) -> list[Resource]:
    """The extensions of US Core Patient that this person fills."""
    found = [
        _omb("race", RACES[who.race]),
        _omb("ethnicity", ETHNICITIES[who.hispanic]),
        {"url": f"{US_CORE}us-core-birthsex", "valueCode": who.gender[0].upper()},
        {"url": f"{US_CORE}us-core-sex", "valueCode": SEXES[who.gender]},
    ]
    if who.gender_identity:
        identity = GENDERS[who.gender_identity].concept()
        found.append({"url": f"{US_CORE}us-core-genderIdentity", "valueCodeableConcept": identity})
    if who.tribe:
        found.append(_tribe(*TRIBES[who.tribe]))
    return found


def _omb(kind: str, code: Code) -> Resource:
    parts = [
        {"url": "ombCategory", "valueCoding": code.coding()},
        {"url": "text", "valueString": code.display},
    ]
    return {"url": f"{US_CORE}us-core-{kind}", "extension": parts}


def _tribe(code: str, display: str) -> Resource:
    name = Code(f"{TERMINOLOGY}v3-TribalEntityUS", code, display).concept()
    parts = [{"url": "tribalAffiliation", "valueCodeableConcept": name}, {"url": "isEnrolled", "valueBoolean": True}]
    return {"url": f"{US_CORE}us-core-tribal-affiliation", "extension": parts}


def names(chart: Chart) -> list[Resource]:
    """The official name, and the one borne before it."""
    who = chart.profile
    given = list(who.given)
    official = {"use": "official", "text": who.full_name, "family": who.family, "given": given}
    if who.suffix:
        official["suffix"] = [who.suffix]
    if not who.former_family:
        return [official]
    before = {"use": "old", "text": " ".join((*given, who.former_family)), "family": who.former_family, "given": given}
    return [official, before | {"period": {"end": chart.years_ago(who.renamed).isoformat()}}]


def former_address(chart: Chart) -> list[Resource]:
    """The home left behind, if it is known."""
    who = chart.profile
    if who.former_address is None:
        return []
    line, city, postal_code = who.former_address
    where = {"use": "old", "line": [line], "city": city, "state": chart.facility.state, "postalCode": postal_code}
    return [where | {"country": "US", "period": {"end": chart.years_ago(who.renamed).isoformat()}}]
