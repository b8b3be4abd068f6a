"""Requests made to cost very much: each is refused or answered soon."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.gateways.fhir.conftest import Pair
from tests.gateways.fhir.test_writes import everyone

SECONDS = 5.0
BOMBS = [
    "Patient.id" + ".select($this.combine($this))" * 26,
    "Patient.id" + ".select($this & $this)" * 30,
    "Patient.id" + ".select($this | $this)" * 26,
    "Patient" + ".children()" * 60,
    "Patient.id.aggregate($this & $total & $total & $total, 'aaaa')",
    "Patient.id.select(" * 40 + "$this" + ")" * 40,
    "(" * 400 + "Patient.id" + ")" * 400,
    "Patient.where(" * 60 + "true" + ")" * 60,
    "-" * 900 + "1",
    "Patient.id" + " | Patient.id" * 70,
    "%resource.where(%resource.where(%resource.where(%context.id = 'x')))",
    "Patient.id.replace('x', 'xxxxxxxxxxxxxxxxx')" + ".replace('x', 'xxxxxxxxxxxxxxxxx')" * 20,
    "Patient.id.toChars()" + ".select($this.toChars())" * 20,
]


@contextmanager
def soon() -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < SECONDS


def parameter(expression: str) -> dict[str, Any]:
    return {
        "resourceType": "SearchParameter",
        "url": "https://example.org/sp",
        "name": "Bomb",
        "status": "active",
        "description": "Costs",
        "code": "bomb",
        "base": ["Patient"],
        "type": "string",
        "expression": expression,
    }


@pytest.mark.parametrize("expression", BOMBS)
def test_an_expression_that_costs_much_is_refused(pair: Pair, expression: str) -> None:
    with soon():
        answer = pair.door().post("SearchParameter/$validate", parameter(expression))
    assert answer.status == 200
    assert "not-supported" in answer.body.decode(), answer.body
    with soon():
        assert everyone().post("SearchParameter", parameter(expression)).status == 422


def test_expressions_of_the_standard_are_taken(pair: Pair) -> None:
    for expression in (
        "Patient.contact.name.family",
        "Patient.name.where(use = 'official').family | Patient.name.where(use='maiden').family",
        "Patient.extension.where(url = 'http://example.org/x').value.as(string)",
        "Patient.extension('http://example.org/x').extension('y').value",
        "(Patient.deceased as dateTime)",
        "Patient.communication.language.coding.first().code",
        "Patient.deceased.exists() and Patient.deceased != false",
        "Patient.contact.where(name.exists()).telecom.ofType(ContactPoint).value",
    ):
        answer = everyone().post("SearchParameter/$validate", parameter(expression))
        assert "not-supported" not in answer.body.decode(), (expression, answer.body)
