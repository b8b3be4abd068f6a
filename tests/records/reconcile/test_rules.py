"""Two entries side by side: the same, a question, a contradiction, or nothing."""

from typing import Any

import pytest

from chartpost.records.reconcile.facts import facts, stem
from chartpost.records.reconcile.rules import compare
from chartpost.records.reconcile.types import Facts, Finding

from .making import (
    ASTHMA,
    DIABETES,
    ICD10,
    LOINC,
    RXNORM,
    SNOMED,
    allergy,
    coded,
    fill,
    listed,
    medicine,
    number,
    problem,
)
from .making import reading as measured

A1C = (LOINC, "4548-4")
METFORMIN = (RXNORM, "860975")
PENICILLIN = (RXNORM, "70618")


def both(one: dict[str, Any], other: dict[str, Any]) -> Finding | None:
    a, b = facts(one, 1), facts(other, 2)
    assert a is not None
    assert b is not None
    found = compare(a, b)
    assert compare(b, a) == found, "which comes first makes no difference"
    return found


def shot(name: str, day: str, status: str = "completed", **more: Any) -> dict[str, Any]:
    code = {"vaccineCode": coded(("http://hl7.org/fhir/sid/cvx", "140"))}
    about = {"resourceType": "Immunization", "id": name, "patient": {"reference": "Patient/p1"}}
    return {**about, "status": status, "occurrenceDateTime": day, **code, **more}


def born(name: str, day: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": name, "birthDate": day}


SAME = [
    (problem("a", ASTHMA, day="2019-03-05"), problem("b", ASTHMA, day="2019-03-05"), "day"),
    (problem("a", ASTHMA, day="2019-03-05"), problem("b", ASTHMA, day="2019-03"), "period"),
    (problem("a", ASTHMA, day="2019-03-05"), problem("b", ASTHMA, day="2019"), "period"),
    (problem("a", ASTHMA, day="2019-03-05T09:30:00Z"), problem("b", ASTHMA, day="2019-03-05"), "day"),
    (problem("a", ASTHMA, day="2019-03-05T23:30:00-05:00"), problem("b", ASTHMA, day="2019-03-06T04:30:00Z"), "day"),
    (problem("a", ASTHMA, day="2019", **number("7")), problem("b", ASTHMA, day="2021", **number("7")), "id"),
    (problem("a", text="Gout", **number("7")), problem("b", text="gout ", **number("7")), "id"),
    (problem("a", ASTHMA, (ICD10, "J45"), day="2019"), problem("b", (ICD10, "J45"), day="2019"), "period"),
    (measured("a", A1C, "2024-05-06", 6.1), measured("b", A1C, "2024-05-06", 6.1), "day"),
    (measured("a", A1C, "2024-05-06T08:00:00Z", 6.1), measured("b", A1C, "2024-05-06T08:00:30-07:00", 6.1), "day"),
    (medicine("a", METFORMIN, day="2024-01-02"), medicine("b", METFORMIN, day="2024-01-02"), "day"),
    (shot("a", "2021-10-01"), shot("b", "2021-10"), "period"),
    (fill("a", METFORMIN, day="2024-01-02"), fill("b", METFORMIN, day="2024-01-02"), "day"),
]
ASKED = [
    (problem("a", ASTHMA, day="2019"), problem("b", ASTHMA, day="2021"), "code"),
    (problem("a", ASTHMA), problem("b", ASTHMA), "undated"),
    (problem("a", ASTHMA, text="Asthma"), problem("b", text="ASTHMA"), "words"),
    (problem("a", ASTHMA, **number("7")), problem("b", DIABETES, **number("7")), "number"),
    (problem("a", ASTHMA, (ICD10, "J45")), problem("b", DIABETES, (ICD10, "J45")), "mixed"),
    (medicine("a", text="Metformin 500 mg tablet"), medicine("b", text="Metformin hydrochloride 1000 mg"), "status"),
    (measured("a", A1C, "2024-05-06", 6.1), measured("b", A1C, "2024-05-06", 7.9), "value"),
    (measured("a", A1C, "2023", 6.1, **number("7")), measured("b", A1C, "2024", 6.1, **number("7")), "number"),
    (shot("a", "2021-10-01"), shot("b", "2021-10-04"), "code"),
    (born("a", "1980-01-02"), born("b", "1980-02-01"), "value"),
    (allergy("a", (SNOMED, "716186003"), day="2019"), allergy("b", PENICILLIN, day="2010"), "none"),
]
NOTHING = [
    (problem("a", ASTHMA, day="2019"), problem("b", DIABETES, day="2019")),
    (problem("a", ASTHMA, day="2019", abatementDateTime="2020"), problem("b", ASTHMA, day="2022")),
    (problem("a", ASTHMA), allergy("b", ASTHMA)),
    (medicine("a", METFORMIN, day="2024-01-02"), fill("b", METFORMIN, day="2024-01-02")),
    (medicine("a", text="Vitamin D 1000 units"), medicine("b", text="Vitamin C 500 mg")),
    (medicine("a", text="Metformin 500 mg", status="completed"), medicine("b", text="Metformin 850 mg")),
    (measured("a", A1C, "2024-05-06", 6.1), measured("b", A1C, "2024-08-06", 6.1)),
    (measured("a", A1C, "2024-05-06T08:00:00Z", 6.1), measured("b", A1C, "2024-05-06T20:15:00Z", 6.1)),
    (shot("a", "2021-10-01"), shot("b", "2022-10-01")),
    (born("a", "1980-01-02"), born("b", "1980-01-02")),
    (allergy("a", (SNOMED, "716186003")), allergy("b", PENICILLIN, verified="refuted")),
]


@pytest.mark.parametrize(("one", "other", "how"), SAME)
def test_the_same(one: dict[str, Any], other: dict[str, Any], how: str) -> None:
    found = both(one, other)
    assert found is not None
    assert (found.same, found.how) == (True, how)


@pytest.mark.parametrize(("one", "other", "how"), ASKED)
def test_asked(one: dict[str, Any], other: dict[str, Any], how: str) -> None:
    found = both(one, other)
    assert found is not None
    assert (found.same, found.how) == (False, how)


@pytest.mark.parametrize(("one", "other"), NOTHING)
def test_nothing_to_say(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert both(one, other) is None


REFUTED = {"verificationStatus": listed("condition-ver-status", "refuted")}
CONTRADICTIONS = [
    (allergy("a", PENICILLIN, day="2010"), allergy("b", PENICILLIN, day="2010", verified="refuted"), ("refuted",)),
    (
        allergy("a", PENICILLIN, day="2010", criticality="high"),
        allergy("b", PENICILLIN, day="2010", criticality="low"),
        ("risk",),
    ),
    (
        medicine("a", METFORMIN, day="2024", dose="1 a day"),
        medicine("b", METFORMIN, day="2024", status="stopped", dose="2 a day"),
        ("status", "dose"),
    ),
    (
        problem("a", ASTHMA, day="2019", status="active"),
        problem("b", ASTHMA, day="2019", status="resolved"),
        ("status",),
    ),
    (problem("a", ASTHMA, day="2019", status="active"), problem("b", ASTHMA, day="2019", **REFUTED), ("refuted",)),
    (problem("a", ASTHMA, day="2019", status="active"), problem("b", ASTHMA, day="2019"), ()),
    (shot("a", "2021-10-01"), shot("b", "2021-10-01", "not-done"), ("refuted",)),
    (medicine("a", text="Metformin 500 mg"), medicine("b", text="Metformin 850 mg"), ("dose",)),
    (born("a", "1980-01-02"), born("b", "1980-02-01"), ("birth_date",)),
    (allergy("a", (SNOMED, "716186003")), allergy("b", PENICILLIN), ("refuted",)),
]


@pytest.mark.parametrize(("one", "other", "conflicts"), CONTRADICTIONS)
def test_contradictions_surface(one: dict[str, Any], other: dict[str, Any], conflicts: tuple[str, ...]) -> None:
    found = both(one, other)
    assert found is not None
    assert found.conflicts == conflicts


@pytest.mark.parametrize("kind", [problem, allergy, medicine])
def test_what_no_source_says_is_not_read_as_active(kind: Any) -> None:
    silent = kind("a", ASTHMA)
    for name in ("clinicalStatus", "status"):
        silent.pop(name, None)
    read = facts(silent)
    assert isinstance(read, Facts)
    assert read.status == ""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("metformin hydrochloride 500 mg oral tablet", "metformin"),
        ("insulin glargine 100 units ml", "insulin glargine"),
        ("24 hr metformin hydrochloride 500 mg", "metformin"),
        ("", ""),
    ],
)
def test_the_ingredient_a_name_begins_with(words: str, expected: str) -> None:
    assert stem(words) == expected


def test_what_is_not_compared_has_no_facts() -> None:
    assert facts({"resourceType": "CarePlan"}) is None
