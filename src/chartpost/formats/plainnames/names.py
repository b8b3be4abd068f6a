"""Look up the plain name of a code. The recorded name stays with the record; this is what a person reads first."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
CVX = "http://hl7.org/fhir/sid/cvx"
VISIT_CLASS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
LANGUAGES = ("en", "es")

_FILES = {
    LOINC: ("labs", "more_labs", "vitals", "documents"),
    SNOMED: ("conditions", "care"),
    CVX: ("vaccines",),
    VISIT_CLASS: ("visit_classes",),
}


class Entry(NamedTuple):
    """The names of one code and what it tells, one text per language in the order of `LANGUAGES`."""

    names: tuple[str, str]
    tells: tuple[str, str] | None


def plain_name(system: str, code: str, language: str = "en") -> str | None:
    """The everyday name of a code ("Hemoglobin A1c (average blood sugar)"), or None when we know none.

    `system` is the FHIR system address; any language but Spanish reads English.
    """
    found = known(system).get(_same(system, code))
    return found.names[_place(language)] if found else None


def explain(system: str, code: str, language: str = "en") -> str | None:
    """One plain sentence about what a test shows, or None; it never says what a value means for a person."""
    found = known(system).get(_same(system, code))
    return found.tells[_place(language)] if found and found.tells else None


@cache
def known(system: str) -> dict[str, Entry]:
    """Every code of a system that has a plain name; empty for systems we have no names for."""
    result: dict[str, Entry] = {}
    for name in _FILES.get(system, ()):
        text = files(__package__).joinpath("data", f"{name}.toml").read_text(encoding="utf-8")
        for lines in tomllib.loads(text).values():
            for codes, words in lines.items():
                entry = _entry(codes, words)
                for code in codes.split():
                    if code in result:
                        raise ValueError(f"code {code} is named twice in {name}.toml; expected once: keep one line")
                    result[code] = entry
    return result


def _entry(codes: str, words: list[str]) -> Entry:
    match words:
        case [en, es]:
            return Entry((en, es), None)
        case [en, es, tells_en, tells_es]:
            return Entry((en, es), (tells_en, tells_es))
    raise ValueError(f"the line of {codes} has {len(words)} texts; expected 2 or 4: English and Spanish in pairs")


def _place(language: str) -> int:
    return 1 if language.partition("-")[0] == "es" else 0


def _same(system: str, code: str) -> str:
    """The code as the tables write it: CVX codes below 10 carry a zero in front."""
    return code.zfill(2) if system == CVX else code
