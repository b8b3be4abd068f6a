"""The person a record is about, as its first page names them."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from chartpost.formats.fhirjson.dates import parse_date
from chartpost.formats.fhirjson.values import address, get, name
from chartpost.formats.pdf.types import Person
from chartpost.formats.readable.language import get_language
from chartpost.formats.readable.language import gettext as _
from chartpost.formats.readable.language import gettext_lazy as lazy
from chartpost.formats.readable.words import full_date, known_date

UNPRINTED_NUMBERS = ("us-ssn", "2.16.840.1.113883.4.1", "passport", "us-dl", "4.3.25")
"""Identifier systems (social security number, passport, driver's licence) that paper need not carry."""
ADDRESSES = "urn:ietf:rfc:3986"
"""System of identifiers that are addresses; people are not known by them."""
SEXES = {"male": lazy("Male"), "female": lazy("Female"), "other": lazy("Other")}
NUMBERS_SHOWN = 2
_NAMES = ("official", "usual")


def person(name: str, birth: date | str, sex: str, address: str, numbers: Iterable[tuple[str, str]]) -> Person:
    """What a first page says; `birth` as a date, or as it reads; `numbers` are (system, value)."""
    free = (value for system, value in numbers if not any(part in system for part in UNPRINTED_NUMBERS))
    shown = list(dict.fromkeys(free))
    born = full_date(birth, get_language()) if isinstance(birth, date) else birth
    return Person(
        name=name,
        birth_date=born or _("not given"),
        sex=str(SEXES[sex]) if sex in SEXES else "",
        address=address,
        identifiers=tuple((_("Record number"), value) for value in shown[:NUMBERS_SHOWN]),
    )


def person_of(patient: dict[str, Any]) -> Person:
    """The same of a FHIR Patient."""
    born = parse_date(patient.get("birthDate"))
    given = [i for i in _dicts(patient, "identifier") if i.get("value") and i.get("system") != ADDRESSES]
    numbers = [(str(i.get("system", "")), str(i["value"])) for i in given]
    return person(
        name=_name(patient) or _("not given"),
        birth=known_date(born, get_language()) if born else "",
        sex=str(patient.get("gender", "")),
        address=next(filter(None, map(address, _dicts(patient, "address"))), ""),
        numbers=numbers,
    )


def _name(patient: dict[str, Any]) -> str:
    """The official name first, then the usual one, then any that is not an old one."""
    names = sorted(_dicts(patient, "name"), key=_rank)
    return next(filter(None, map(name, names)), "")


def _rank(value: dict[str, Any]) -> int:
    use = value.get("use")
    if use in _NAMES:
        return _NAMES.index(use)
    return len(_NAMES) + (use in {"old", "maiden"})


def _dicts(resource: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [value for value in get(resource, key) if isinstance(value, dict)]
