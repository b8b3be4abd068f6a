"""From parameters to a query: what is read, what is refused, what a lenient search leaves out."""

import pytest
from tests.formats.fhirjson.search.support import BASE, asks, criterion

from chartpost.formats.fhirjson.search import Definition, Include, Query, SearchError, parse
from chartpost.formats.fhirjson.search.query import CRITERIA_AT_MOST, VALUES_AT_MOST
from chartpost.formats.fhirjson.search.text import plain, split
from chartpost.formats.fhirjson.tables import Json


def refused(resource_type: str, *pairs: tuple[str, str]) -> SearchError:
    with pytest.raises(SearchError) as error:
        parse(resource_type, pairs)
    assert error.value.message
    return error.value


@pytest.mark.parametrize(
    ("resource_type", "name", "value", "code"),
    [
        ("Nothing", "code", "1", "invalid"),
        ("Patient", "favourite-colour", "red", "not-supported"),
        ("Patient", "_list", "$current-allergies", "not-supported"),
        ("Patient", "_filter", "name eq x", "not-supported"),
        ("Patient", "", "x", "invalid"),
        ("Patient", "name", "", "invalid"),
        ("Patient", "name", ",x", "invalid"),
        ("Patient", "name:within", "x", "invalid"),
        ("Patient", "gender:exact", "x", "invalid"),
        ("Patient", "gender:missing", "maybe", "invalid"),
        ("Patient", "birthdate:exact", "2020", "invalid"),
        ("Patient", "birthdate", "yesterday", "invalid"),
        ("Patient", "birthdate", "2020-13-01", "invalid"),
        ("Patient", "birthdate", "2020-02-30", "invalid"),
        ("Patient", "birthdate", "xx2020", "invalid"),
        ("Patient", "birthdate", "2020-01-01T10", "invalid"),
        ("Patient", "birthdate", "2020-W01-1", "invalid"),
        ("Patient", "birthdate", "0000", "invalid"),
        ("Patient", "identifier", "a|b|c", "invalid"),
        ("Patient", "identifier", "|", "invalid"),
        ("Patient", "identifier:of-type", "a|b", "invalid"),
        ("Patient", "general-practitioner:Medication", "1", "invalid"),
        ("Patient", "name.given", "x", "invalid"),
        ("Patient", "general-practitioner.colour", "x", "not-supported"),
        ("Patient", "_has:Observation:patient", "x", "invalid"),
        ("Patient", "_has:Observation:code:status", "x", "invalid"),
        ("Patient", "_has:Nothing:patient:status", "x", "invalid"),
        ("Encounter", "_has:Patient:organization:name", "x", "invalid"),
        ("Condition", "code:above", "x", "invalid"),
        ("Condition", "code:above", "http://snomed.info/sct|1", "not-supported"),
        ("Condition", "code:in", "http://x.org/unknown", "not-supported"),
        ("Observation", "value-quantity", "high", "invalid"),
        ("Observation", "value-quantity", "5|mg", "invalid"),
        ("Observation", "value-quantity", "1e999", "invalid"),
        ("Observation", "value-quantity", "٥", "invalid"),
        ("Observation", "code-value-quantity", "718-7", "invalid"),
        ("Observation", "code-value-quantity", "718-7$gt5$6", "invalid"),
        ("RiskAssessment", "probability", "many", "invalid"),
        ("Location", "near", "42", "invalid"),
        ("Location", "near", "1e399|0", "invalid"),
        ("Location", "near", "42|-183", "invalid"),
        ("Location", "near", "42|-83|5|parsec", "invalid"),
        ("Location", "near", "42|-83|5|km|x", "invalid"),
        ("Provenance", "target.status", "final", "too-costly"),
        ("Patient", "_sort", "colour", "invalid"),
        ("Patient", "_sort", "", "invalid"),
        ("Patient", "_sort", "name,family,given,gender,birthdate,phone", "too-costly"),
        ("Patient", "_count", "-1", "invalid"),
        ("Patient", "_count", "many", "invalid"),
        ("Patient", "_summary", "yes", "invalid"),
        ("Patient", "_total", "yes", "invalid"),
        ("Patient", "_elements", "a b", "invalid"),
        ("Patient", "_contained", "true", "not-supported"),
        ("Patient", "_include", "Patient:name", "invalid"),
        ("Patient", "_include", "Nothing:name", "invalid"),
        ("Patient", "_include:recurse", "Patient:link", "not-supported"),
        ("Patient", "_revinclude", "*", "invalid"),
        ("Observation", "_include", "Observation:subject:Medication", "invalid"),
        ("Patient", "_sort:exact", "name", "invalid"),
    ],
)
def test_what_is_not_understood_is_refused(resource_type: str, name: str, value: str, code: str) -> None:
    assert refused(resource_type, (name, value)).code == code


def test_errors_name_the_parameter_and_not_the_value() -> None:
    message = refused("Patient", ("birthdate", "secret-text")).message
    assert "birthdate" in message
    assert "secret" not in message


def test_caps() -> None:
    some = ",".join(str(n) for n in range(VALUES_AT_MOST))
    assert len(criterion("Patient", "_id", some).values) == VALUES_AT_MOST
    assert refused("Patient", ("_id", some + ",x")).code == "too-costly"
    pairs = [("name", f"n{n}") for n in range(CRITERIA_AT_MOST)]
    assert len(parse("Patient", pairs).criteria) == CRITERIA_AT_MOST
    assert refused("Patient", *pairs, ("name", "x")).code == "too-costly"
    assert refused("Patient", *[("_include", "Patient:link")] * 41).code == "too-costly"
    assert refused("Encounter", ("part-of:Encounter." * 9 + "status", "x")).code == "too-costly"
    assert refused("Observation", ("based-on." * 5 + "status", "x")).code == "too-costly"
    assert refused("Encounter", ("_has:Encounter:part-of:" * 9 + "status", "x")).code == "too-costly"


def test_a_lenient_search_leaves_unknown_parameters_out_and_says_so() -> None:
    pairs = [("name", "x"), ("colour", "red"), ("_format", "json"), ("_sort", "-birthdate"), ("_cursor", "abc")]
    found = parse("Patient", pairs, lenient=True)
    assert found.ignored == (("colour", "red"),)
    assert found.applied == (("name", "x"), ("_format", "json"), ("_sort", "-birthdate"))
    with pytest.raises(SearchError):
        parse("Patient", [("name:within", "x")], lenient=True)


def test_escapes() -> None:
    assert [value.code for value in criterion("Patient", "identifier", r"a\,b,c\|d,e\\,f\$").values] == [
        "a,b",
        "c|d",
        "e\\",
        "f$",
    ]
    assert split(r"a\\,b\,c", ",") == [r"a\\", r"b\,c"]
    assert plain(r"a\,b\|c\$d\\e\f") == r"a,b|c$d\e\f"


def test_result_parameters() -> None:
    found = parse(
        "Observation",
        [
            ("_sort", "-date,_id"),
            ("_count", "0"),
            ("_include", "Observation:subject:Patient"),
            ("_include:iterate", "Patient:general-practitioner"),
            ("_include", "*"),
            ("_revinclude", "Provenance:target"),
            ("_summary", "true"),
            ("_elements", "code, status"),
            ("_total", "accurate"),
            ("_contained", "false"),
        ],
    )
    assert [(one.name, descending) for one, descending in found.sort] == [("date", True), ("_id", False)]
    assert found.count == 0
    assert found.include == (
        Include("Observation", "subject", "Patient", False),
        Include("Patient", "general-practitioner", "", True),
        Include("*", "*", "", False),
    )
    assert found.revinclude == (Include("Provenance", "target", "", False),)
    assert (found.summary, found.elements, found.total) == ("true", ("code", "status"), "accurate")
    assert parse("Observation", []).count is None


def test_a_chain_is_a_search_of_each_possible_type() -> None:
    found = criterion("Observation", "subject.name", "peter")
    assert found.chain is not None
    assert [query.resource_type for query in found.chain] == ["Location", "Patient"]
    assert all(query.criteria[0].definition.name == "name" for query in found.chain)
    assert not found.matches({"resourceType": "Observation", "subject": {"reference": "Patient/p1"}})
    followed = found.to_references(["Patient/p1"])
    assert followed.matches({"resourceType": "Observation", "subject": {"reference": "Patient/p1"}})


def test_a_chain_of_one_type_goes_on() -> None:
    found = criterion("Observation", "encounter:Encounter.service-provider.name:contains", "north")
    assert found.chain is not None
    (encounter,) = found.chain
    (provider,) = encounter.criteria
    assert provider.chain is not None
    (organisation,) = provider.chain
    assert organisation.resource_type == "Organization"
    assert organisation.criteria[0].modifier == "contains"


def test_reverse_chains_nest() -> None:
    found = parse("Patient", [("_has:Observation:patient:_has:AuditEvent:entity:agent:Practitioner.name", "x")])
    (has,) = found.has
    assert (has.definition.name, has.query.resource_type) == ("patient", "Observation")
    (inner,) = has.query.has
    assert (inner.definition.name, inner.query.resource_type) == ("entity", "AuditEvent")
    assert isinstance(inner.query, Query)
    assert inner.query.criteria[0].chain is not None


@pytest.mark.parametrize(
    "own",
    [
        Definition("colour", "token", ("extension[colour].valueCode",)),
        Definition("colour", "token", extract=lambda patient: [e["valueCode"] for e in patient["extension"]]),
    ],
)
def test_parameters_of_this_home(own: Definition) -> None:
    patient: Json = {"resourceType": "Patient", "extension": [{"url": "http://x.org/colour", "valueCode": "red"}]}
    assert asks(patient, "colour", "red", custom={"colour": own})
    assert not asks(patient, "colour", "blue", custom={"colour": own})
    assert criterion("Patient", "colour", "red", custom={"colour": own}).probes("Patient") is None
    assert parse("Patient", [("_sort", "colour")], custom={"colour": own}).sort == ((own, False),)


def test_references_are_read_against_the_address_of_this_server() -> None:
    def reads(name: str, value: str) -> list[str]:
        return [v.reference for v in criterion("Observation", name, value).values]

    assert reads("patient", "1,Patient/2") == ["Patient/1", "Patient/2"]
    assert reads("subject", f"{BASE}/Patient/1,http://other.org/Patient/1") == [
        "Patient/1",
        "http://other.org/Patient/1",
    ]
    assert reads("subject:Group", "7") == ["Group/7"]
    assert reads("performer", "8,urn:uuid:5") == ["8", "urn:uuid:5"]
