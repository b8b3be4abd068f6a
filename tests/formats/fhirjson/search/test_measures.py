"""Dates, numbers, quantities with units, composites."""

import pytest
from tests.formats.fhirjson.search.support import asks, concept

from chartpost.formats.fhirjson.search.units import canonical
from chartpost.formats.fhirjson.tables import Json

UCUM = "http://unitsofmeasure.org"


def observed(**more: object) -> Json:
    return {"resourceType": "Observation", **more}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2020", True),
        ("2020-05", True),
        ("2020-05-14", True),
        ("2020-05-15", False),
        ("2020-05-14T10:00", True),
        ("2020-05-14T10:00:00Z", True),
        ("2020-05-14T12:00:00+02:00", True),
        ("2020-05-14T12:00:00 02:00", True),
        ("2020-05-14T10:00:01Z", False),
        ("ne2020-05-14", False),
        ("ne2021", True),
        ("gt2020-05-13", True),
        ("gt2020-05-14", False),
        ("gt2020", False),
        ("ge2020-05-14", True),
        ("ge2020-05-14T10:00:00Z", True),
        ("lt2020-05-14", False),
        ("lt2020-05-15", True),
        ("le2020-05-14", True),
        ("le2020-05-13", False),
        ("sa2020-05-13", True),
        ("sa2020-05-14", False),
        ("eb2020-05-15", True),
        ("eb2020", False),
        ("ap2020-05-15", True),
        ("ap2020-06-15", False),
    ],
)
def test_a_moment(value: str, expected: bool) -> None:
    assert asks(observed(effectiveDateTime="2020-05-14T10:00:00Z"), "date", value) is expected


@pytest.mark.parametrize(
    ("period", "value", "expected"),
    [
        ({"start": "2020-01-01", "end": "2020-12-31"}, "2020", True),
        ({"start": "2020-01-01", "end": "2020-12-31"}, "2020-05", False),
        ({"start": "2020-01-01", "end": "2020-12-31"}, "gt2020-05", True),
        ({"start": "2020-01-01", "end": "2020-12-31"}, "lt2020-05", True),
        ({"start": "2020-01-01", "end": "2020-12-31"}, "sa2019", True),
        ({"start": "2020-01-01", "end": "2020-12-31"}, "eb2020", False),
        ({"start": "2020-01-01"}, "gt2050", True),
        ({"start": "2020-01-01"}, "2020", False),
        ({"start": "2020-01-01"}, "eb2050", False),
        ({"end": "2020-01-01"}, "lt1900", True),
        ({"end": "2020-01-01"}, "gt2020-01-01", False),
    ],
)
def test_a_period(period: Json, value: str, expected: bool) -> None:
    assert asks(observed(effectivePeriod=period), "date", value) is expected


def test_a_timing_spans_its_events() -> None:
    resource = observed(effectiveTiming={"event": ["2020-01-01", "2020-03-01"]})
    assert asks(resource, "date", "gt2020-02-01")
    assert not asks(resource, "date", "2020-01")


def test_instants_and_last_updated() -> None:
    resource = observed(meta={"lastUpdated": "2024-02-03T04:05:06.789Z"})
    assert asks(resource, "_lastUpdated", "2024-02-03T04:05:06.789Z")
    assert asks(resource, "_lastUpdated", "2024-02-03T04:05:06Z")
    assert not asks(resource, "_lastUpdated", "gt2024-02-03T04:05:06.789Z")


@pytest.mark.parametrize(
    ("value", "stored", "expected"),
    [
        ("100", 100, True),
        ("100", 100.4, True),
        ("100", 100.5, False),
        ("100.00", 100.4, False),
        ("1e2", 96, True),
        ("1e2", 94, False),
        ("5.4", 5.44, True),
        ("5.40", 5.44, False),
        ("-5", -5.2, True),
        ("ne5", 5.1, False),
        ("gt5", 5.1, True),
        ("gt5", 5, False),
        ("ge5", 5, True),
        ("lt5", 4.99, True),
        ("le5", 5, True),
        ("sa5", 5.1, True),
        ("eb5", 5.1, False),
        ("ap100", 109, True),
        ("ap100", 111, False),
        ("100", "100", False),
        ("100", True, False),
        ("100", None, False),
    ],
)
def test_numbers_have_the_precision_of_their_digits(value: str, stored: object, expected: bool) -> None:
    resource = {"resourceType": "RiskAssessment", "prediction": [{"probabilityDecimal": stored}]}
    assert asks(resource, "probability", value) is expected


@pytest.mark.parametrize(
    ("value", "quantity", "expected"),
    [
        ("5.4", {"value": 5.4, "unit": "mg"}, True),
        (f"5.4|{UCUM}|mg", {"value": 5.4, "system": UCUM, "code": "mg"}, True),
        (f"5.4|{UCUM}|mg", {"value": 0.0054, "system": UCUM, "code": "g"}, True),
        (f"5.4|{UCUM}|mg", {"value": 5.4, "system": UCUM, "code": "g"}, False),
        ("5.4||mg", {"value": 5.4, "unit": "mg"}, True),
        ("5.4||mg", {"value": 5.4, "unit": "milligrams", "system": UCUM, "code": "mg"}, True),
        ("5.4||widgets", {"value": 5.4, "unit": "widgets"}, True),
        ("5.4||widgets", {"value": 5.4, "unit": "mg"}, False),
        ("5.4|http://other|mg", {"value": 5.4, "system": UCUM, "code": "mg"}, False),
        (f"gt37|{UCUM}|Cel", {"value": 100, "system": UCUM, "code": "[degF]"}, True),
        (f"gt38|{UCUM}|Cel", {"value": 100, "system": UCUM, "code": "[degF]"}, False),
        (f"70|{UCUM}|kg", {"value": 154.3, "system": UCUM, "code": "[lb_av]"}, True),
        (f"16|{UCUM}|kPa", {"value": 120, "system": UCUM, "code": "mm[Hg]"}, True),
        (f"5.5|{UCUM}|mmol/L", {"value": 5500, "system": UCUM, "code": "umol/L"}, True),
        (f"5.5|{UCUM}|mmol/L", {"value": 5.5, "system": UCUM, "code": "mg/dL"}, False),
        (f"ge12|{UCUM}|g/dL", {"value": 120, "system": UCUM, "code": "g/L"}, True),
        (f"180|{UCUM}|cm", {"value": 70.87, "system": UCUM, "code": "[in_i]"}, True),
        ("gt5", {"value": 3, "comparator": ">"}, True),
        ("lt2", {"value": 3, "comparator": ">"}, False),
        ("lt2", {"value": 3, "comparator": "<="}, True),
        ("5", {"unit": "mg"}, False),
        ("5", {"value": "5"}, False),
    ],
)
def test_quantities_are_compared_in_the_unit_asked_for(value: str, quantity: Json, expected: bool) -> None:
    assert asks(observed(valueQuantity=quantity), "value-quantity", value) is expected


def test_ranges_and_money_count_as_quantities() -> None:
    condition = {"resourceType": "Condition", "onsetRange": {"low": {"value": 30}, "high": {"value": 40}}}
    assert asks(condition, "onset-age", "gt35")
    assert not asks(condition, "onset-age", "sa35")
    invoice = {"resourceType": "Invoice", "totalGross": {"value": 12.5, "currency": "USD"}}
    assert asks(invoice, "totalgross", "12.5|urn:iso:std:iso:4217|USD")
    assert not asks(invoice, "totalgross", "12.5|urn:iso:std:iso:4217|EUR")


@pytest.mark.parametrize(
    ("one", "other"),
    [("10*3/uL", "10*9/L"), ("/min", "{beats}/min"), ("mL", "cm3"), ("mo", "mo"), ("m2", "m2"), ("mg/dL", "mg/(dL)")],
)
def test_units_have_dimensions(one: str, other: str) -> None:
    first, second = canonical(one), canonical(other)
    assert first is not None
    assert (second is None) == ("(" in other)
    assert second is None or second == first


def test_composites_hold_on_one_element() -> None:
    def part(code: str, value: int) -> Json:
        return {"code": concept(("http://loinc.org", code)), "valueQuantity": {"value": value, "unit": "mmHg"}}

    pressure = observed(code=concept(("", "85354-9")), component=[part("8480-6", 140), part("8462-4", 80)])
    assert asks(pressure, "component-code-value-quantity", "http://loinc.org|8480-6$gt130")
    assert not asks(pressure, "component-code-value-quantity", "8462-4$gt130")
    assert asks(pressure, "combo-code-value-quantity", "8462-4$80||mmHg")
    assert not asks(pressure, "code-value-quantity", "8480-6$gt130")
    assert asks(pressure, "code-value-quantity:missing", "true")
    assert asks(pressure, "component-code-value-quantity:missing", "false")


def test_composites_may_look_at_the_whole_resource() -> None:
    sequence = {
        "resourceType": "MolecularSequence",
        "referenceSeq": {"chromosome": concept(("http://c", "1"))},
        "variant": [{"start": 5, "end": 9}],
    }
    assert asks(sequence, "chromosome-variant-coordinate", "1$ge5$le9")
    assert not asks(sequence, "chromosome-variant-coordinate", "2$ge5$le9")
