"""What a primitive value is, beyond what the R4 schema says of it (https://hl7.org/fhir/R4/datatypes.html#primitive).

Each rule is said twice: as a schema that only what keeps it fits, and as a function that says for sure.
"""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from chartpost.formats.fhirjson.tables import Json

ELEMENT_ID, LANGUAGE = "elementId", "languageCode"
"""Kinds of our own: the id of an element, and a code that names a language."""
_NO_SPACES = re.compile(r"\S+")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
_LETTERS = re.compile("[A-Za-z0-9+/]*={0,2}")
"""Base64 of any length: a pattern of groups of four would keep a place for each of them, forty times the text."""
_DAY = (
    "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_TIME = (
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
)
_YEAR = "(?:[0-9](?:[0-9](?:[0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)"
_MONTH = "-(?:0[1-9]|1[0-2])"


class Primitive(NamedTuple):
    """A rule: its name and words, the function that says whether a value keeps it, and its schema."""

    rule: str
    words: str
    keeps: Callable[[Any], bool]
    schema: Json


def kind_of(name: str, kind: str, attribute: object, of: str) -> str:
    """The kind of an element of the type `of` by its name: its primitive type, or one of our own.

    The language of an Expression is one of programs.
    """
    if attribute and name == "id":
        return ELEMENT_ID
    return LANGUAGE if (name, kind) == ("language", "code") and of != "Expression" else kind


class Whole:
    """The keyword `whole`: a number written without a point, which a schema cannot tell from one with `.0`."""

    def __init__(self, parent_schema: Json, value: object, schema_path: object) -> None:
        """There is nothing to know."""
        del parent_schema, value, schema_path

    def validate(self, instance: Any) -> None:
        """Raise ValueError for anything else."""
        if type(instance) is not int:
            raise ValueError


def _real_day(value: Any) -> bool:
    if type(value) is not str or len(value) < 10:
        return True
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return False
    return True


def _base64(value: Any) -> bool:
    if type(value) is not str:
        return True
    packed = "".join(value.split())
    return len(packed) % 4 == 0 and _LETTERS.fullmatch(packed) is not None


def _written_whole(value: Any) -> bool:
    """Whether a number has neither point nor exponent: one that would lose digits as a float is read as a Decimal."""
    return not isinstance(value, float | Decimal)


def _text(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: type(value) is not str or bool(pattern.fullmatch(value))


def _day(kind: str, pattern: str) -> Primitive:
    schema = {"type": "string", "pattern": f"^{pattern}$"}
    return Primitive(kind, "must be a day that the calendar has", _real_day, schema)


def _whole(kind: str, least: int) -> Primitive:
    schema = {"type": "integer", "minimum": least, "maximum": 2**31 - 1, "whole": True}
    return Primitive(kind, "must be a whole number, written without a point", _written_whole, schema)


PRIMITIVES: dict[str, Primitive] = {
    "date": _day("date", f"{_YEAR}(?:{_MONTH}|-{_DAY})?"),
    "dateTime": _day("dateTime", f"{_YEAR}(?:{_MONTH}|-{_DAY}(?:{_TIME})?)?"),
    "instant": _day("instant", f"{_YEAR}-{_DAY}{_TIME}"),
    "integer": _whole("integer", -(2**31)),
    "unsignedInt": _whole("unsignedInt", 0),
    "positiveInt": _whole("positiveInt", 1),
    "base64Binary": Primitive(
        "base64Binary", "must be base64", _base64, {"type": "string", "minLength": 1, "pattern": _BASE64}
    ),
    ELEMENT_ID: Primitive("id", "must have no spaces", _text(_NO_SPACES), {"pattern": r"^\S+$"}),
    LANGUAGE: Primitive(
        "language", "must be a language such as en or es-MX", _text(_LANGUAGE), {"pattern": f"^{_LANGUAGE.pattern}$"}
    ),
}
