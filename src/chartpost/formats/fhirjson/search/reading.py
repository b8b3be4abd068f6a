"""From the text of one value to what it asks, by the type and modifier of its parameter."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chartpost.formats.fhirjson.errors import SearchError
from chartpost.formats.fhirjson.index import fold
from chartpost.formats.fhirjson.references import ID
from chartpost.formats.fhirjson.search import hierarchy
from chartpost.formats.fhirjson.search.dates import read_date
from chartpost.formats.fhirjson.search.definitions import Definition
from chartpost.formats.fhirjson.search.near import read_near
from chartpost.formats.fhirjson.search.numbers import QuantityValue, read_number
from chartpost.formats.fhirjson.search.text import plain, split
from chartpost.formats.fhirjson.search.values import (
    CompositeValue,
    MissingValue,
    ReferenceValue,
    StringValue,
    TokenValue,
    UriValue,
    WordsValue,
)
from chartpost.formats.fhirjson.tables import resource_types, table

ValueSets = Callable[[str], frozenset[tuple[str, str]] | None]
MODIFIERS = {
    "token": {"missing", "not", "text", "in", "not-in", "of-type", "above", "below"},
    "string": {"missing", "exact", "contains"},
    "reference": {"missing", "identifier", "text"},
    "uri": {"missing", "above", "below"},
    "date": {"missing"},
    "number": {"missing"},
    "quantity": {"missing"},
    "composite": {"missing"},
    "special": set[str](),
}
"""Modifiers by parameter type; a reference takes the name of a resource type as well."""
NOT_DONE = {"above", "below", "recurse"}
_PREFIX = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)(?=[\d+.-])")


@dataclass(frozen=True)
class Setting:
    """What reading needs beside the text: the server's own address and where value sets are looked up."""

    base_url: str
    value_sets: ValueSets


def known_value_set(url: str) -> frozenset[tuple[str, str]] | None:
    """(system, code) of a value set that R4 binds codes to; None when it is not known here."""
    found = table("bindings").get(url.partition("|")[0])
    return frozenset((system, code) for system, codes in found.items() for code in codes) if found else None


def check_modifier(definition: Definition, modifier: str) -> None:
    """Raise SearchError when a parameter does not take a modifier."""
    if not modifier or modifier in MODIFIERS[definition.type]:
        return
    if definition.type == "reference" and modifier in (definition.targets or resource_types()):
        return
    allowed = ", ".join(sorted(MODIFIERS[definition.type])) or "none"
    raise SearchError(
        f"the modifier :{_shown(modifier)} on {definition.name}",
        f"for a {definition.type} parameter one of: {allowed}",
        "leave the modifier out or use another",
        "not-supported" if modifier in NOT_DONE else "invalid",
    )


def read(definition: Definition, modifier: str, text: str, setting: Setting) -> Any:
    """One value, from its text with its escapes. Raises SearchError."""
    if modifier == "missing":
        if text not in ("true", "false"):
            raise _wrong(definition, "true or false after :missing")
        return MissingValue(text == "true")
    if not text:
        raise _wrong(definition, "a value")
    return _READERS[definition.type](definition, modifier, text, setting)


def _token(definition: Definition, modifier: str, text: str, setting: Setting) -> TokenValue:
    if modifier == "text":
        return TokenValue("", None, fold(plain(text)))
    parts = [plain(part) for part in split(text, "|")]
    if modifier in ("in", "not-in"):
        codes = setting.value_sets("|".join(parts))
        if codes is None:
            raise SearchError(
                f"a value set for {definition.name} that is not known here",
                "the canonical address of a known value set",
                "list the codes instead",
                "not-supported",
            )
        return TokenValue("", None, "", codes)
    if modifier in ("above", "below"):
        return TokenValue("", None, "", _ordered(definition, modifier, parts))
    if modifier == "of-type":
        if len(parts) != 3 or not all(parts):
            raise _wrong(definition, "system|code|value after :of-type")
        return TokenValue(parts[2], None, "", frozenset(), (parts[0], parts[1]))
    if len(parts) > 2 or not any(parts):
        raise _wrong(definition, "code, system|code, |code or system|")
    if len(parts) == 1 or (parts[1] and parts[0] in definition.systems):
        return TokenValue(parts[-1])
    if parts[0] in definition.systems:  # of an element that states a code alone
        return TokenValue("", parts[0], codes=frozenset(one for one in definition.codes if one[0] == parts[0]))
    return TokenValue(parts[1], parts[0])


def _ordered(definition: Definition, modifier: str, parts: list[str]) -> frozenset[tuple[str, str]]:
    """The codes at or above or below one, in the code systems whose order is held here."""
    if len(parts) == 1 and len(definition.systems) == 1:
        parts = [definition.systems[0], *parts]
    if len(parts) != 2 or not all(parts):
        raise _wrong(definition, f"system|code after :{modifier}")
    found = (hierarchy.above if modifier == "above" else hierarchy.below)(*parts)
    if found is None:
        raise SearchError(
            f":{modifier} on {definition.name} in a code system whose order is not held here",
            "one of " + ", ".join(hierarchy.held()),
            "list the codes instead, joined by commas",
            "not-supported",
        )
    return found


def _string(definition: Definition, _modifier: str, text: str, _setting: Setting) -> StringValue:
    asked = plain(text)
    folded = fold(asked)
    if not folded:
        raise _wrong(definition, "a text of at least one letter")
    return StringValue(asked, folded)


def _uri(_definition: Definition, _modifier: str, text: str, _setting: Setting) -> UriValue:
    return UriValue(plain(text))


def _date(definition: Definition, _modifier: str, text: str, _setting: Setting) -> Any:
    prefix, rest = _prefixed(plain(text))
    found = read_date(prefix, rest)
    if found is None:
        raise _wrong(
            definition, "a date such as 2020, 2020-05, 2020-05-31 or 2020-05-31T12:00:00Z, after a prefix or none"
        )
    return found


def _number(definition: Definition, _modifier: str, text: str, _setting: Setting) -> Any:
    prefix, rest = _prefixed(plain(text))
    found = read_number(prefix, rest)
    if found is None:
        raise _wrong(definition, "a number such as 5, 5.40 or 5.4e-3, after a prefix or none")
    return found


def _quantity(definition: Definition, _modifier: str, text: str, _setting: Setting) -> QuantityValue:
    parts = [plain(part) for part in split(text, "|")]
    prefix, rest = _prefixed(parts[0])
    found = read_number(prefix, rest)
    if found is None or len(parts) not in (1, 3):
        raise _wrong(definition, "a number, or number|system|code, after a prefix or none")
    system, code = (parts[1], parts[2]) if len(parts) == 3 else ("", "")
    return QuantityValue(found.prefix, found.number, found.lo, found.hi, system, code)


def _reference(definition: Definition, modifier: str, text: str, setting: Setting) -> ReferenceValue:
    if modifier == "identifier":
        token = _token(definition, "", text, setting)
        return ReferenceValue("", token=token)
    asked = plain(text)
    if modifier == "text":
        return ReferenceValue("", text=fold(asked))
    base = setting.base_url.rstrip("/")
    if base and asked.startswith(base + "/"):
        asked = asked[len(base) + 1 :]
    whole, _, version = asked.partition("/_history/")
    if not version and "|" in whole:
        whole, _, version = whole.partition("|")
    if not whole:
        raise _wrong(definition, "Type/id, an id or an address")
    kinds = (modifier,) if modifier else definition.targets
    if "/" not in whole and ":" not in whole and len(kinds) == 1:
        whole = f"{kinds[0]}/{whole}"
    if modifier and whole.rpartition("/")[0].rpartition("/")[2] not in (modifier, ""):
        raise _wrong(definition, f"an id or reference of a {modifier}")
    return ReferenceValue(whole, version, kinds)


def _composite(definition: Definition, _modifier: str, text: str, setting: Setting) -> CompositeValue:
    parts = split(text, "$")
    if len(parts) != len(definition.components):
        names = "$".join(part.name for part in definition.components)
        raise _wrong(definition, f"{len(definition.components)} values joined by $ ({names})")
    return CompositeValue(
        tuple(read(part, "", text, setting) for part, text in zip(definition.components, parts, strict=True))
    )


def _special(definition: Definition, _modifier: str, text: str, _setting: Setting) -> Any:
    if definition.name == "near":
        near = read_near([plain(part) for part in split(text, "|")])
        if near is None:
            raise _wrong(definition, "latitude|longitude|distance|units, units km, m or [mi_us]")
        return near
    if definition.name == "_list":
        if not ID.fullmatch(text):
            raise SearchError(
                "a _list that is no id",
                "the id of a List",
                "name a List; $current- lists are not kept",
                "not-supported",
            )
        return TokenValue(text)
    words = tuple(fold(plain(text)).split())
    if not words:
        raise _wrong(definition, "one or more words")
    return WordsValue(words)


_READERS: dict[str, Callable[[Definition, str, str, Setting], Any]] = {
    "token": _token,
    "string": _string,
    "uri": _uri,
    "date": _date,
    "number": _number,
    "quantity": _quantity,
    "reference": _reference,
    "composite": _composite,
    "special": _special,
}


def _prefixed(text: str) -> tuple[str, str]:
    matched = _PREFIX.match(text)
    return (matched[1], text[2:]) if matched else ("eq", text)


def _wrong(definition: Definition, expected: str) -> SearchError:
    return SearchError(f"a value of {definition.name} of another form", expected, "mend the value")


def _shown(name: str) -> str:
    """A name from outside, short and printable."""
    return "".join(c for c in name[:40] if c.isprintable())
