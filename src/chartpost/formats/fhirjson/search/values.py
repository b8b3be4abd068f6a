"""What is asked for of tokens, strings, references, URIs and composites, and how a JSON value is tested against it.

Every value has `test(raw, modifier)`; it never raises, whatever the JSON. https://hl7.org/fhir/R4/search.html
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chartpost.formats.fhirjson.index import fold, reference_text, string_parts, string_texts, token_forms

_MARKUP = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class TokenValue:
    """A code asked for. `system` None: any; '': none; `code` '': any of the system.

    `text` is the value as asked, for `:text`; `codes` what a value set holds, for `:in`, what `:above` and `:below`
    come to, or what the system has, where elements state a code alone; `of` the identifier's (type system, type code),
    for `:of-type`.
    """

    code: str
    system: str | None = None
    text: str = ""
    codes: frozenset[tuple[str, str]] = frozenset()
    of: tuple[str, str] | None = None

    def test(self, raw: Any, modifier: str = "") -> bool:
        """Whether a Coding, CodeableConcept, Identifier, ContactPoint, code, id or boolean is as asked."""
        if modifier == "text":
            return any(text.startswith(self.text) for text in _displays(raw))
        if modifier == "of-type":
            return self._of_type(raw)
        if modifier in ("in", "not-in", "above", "below"):
            known = self.codes
            return any(
                (system or "", code) in known or self._stateless(system, code) for system, code in token_forms(raw)
            )
        return any(self._is(system, code) for system, code in token_forms(raw))

    def _is(self, system: str | None, code: str) -> bool:
        if self.system is None:
            return code == self.code
        if self.codes:
            return (self.system, code) in self.codes
        return system == self.system and (not self.code or code == self.code)

    def _stateless(self, system: str | None, code: str) -> bool:
        """A code without a stated system is in a value set that has the code in any system."""
        return system is None and any(code == known for _, known in self.codes)

    def _of_type(self, raw: Any) -> bool:
        if not isinstance(raw, dict) or raw.get("value") != self.code:
            return False
        return self.of in token_forms(raw.get("type"))


@dataclass(frozen=True)
class StringValue:
    """A text asked for, as given and folded."""

    text: str
    folded: str

    def test(self, raw: Any, modifier: str = "") -> bool:
        """Whether a string, or a part of a HumanName or Address, begins with it, contains it or is it."""
        if modifier == "exact":
            return self.text in string_texts(raw)
        if modifier == "contains":
            return any(self.folded in part for part in string_parts(raw))
        return any(part.startswith(self.folded) for part in string_parts(raw))


@dataclass(frozen=True)
class UriValue:
    """A URI asked for; `|version` counts where it is given."""

    uri: str

    def test(self, raw: Any, modifier: str = "") -> bool:
        """Whether a uri, url or canonical is it, is below it, or above it."""
        if not isinstance(raw, str):
            return False
        if modifier == "below":
            return raw == self.uri or raw.startswith(self.uri.rstrip("/") + "/")
        if modifier == "above":
            return raw == self.uri or self.uri.startswith(raw.rstrip("/") + "/")
        return raw == self.uri or ("|" not in self.uri and raw.partition("|")[0] == self.uri)


@dataclass(frozen=True)
class ReferenceValue:
    """A reference asked for: `Type/id`, an id, or an absolute address, without its version.

    `kinds` are the types a bare id may stand for (none: any); `text` is folded for `:text`, `token` what
    `:identifier` asks.
    """

    reference: str
    version: str = ""
    kinds: tuple[str, ...] = ()
    text: str = ""
    token: TokenValue | None = None

    def test(self, raw: Any, modifier: str = "") -> bool:
        """Whether a Reference or canonical is as asked."""
        if modifier == "text":
            display = raw.get("display") if isinstance(raw, dict) else None
            return isinstance(display, str) and fold(display).startswith(self.text)
        if self.token is not None:
            return isinstance(raw, dict) and self.token.test(raw.get("identifier"))
        whole = reference_text(raw, "")
        if not whole or (self.version and _version(raw) != self.version):
            return False
        if "/" in self.reference or ":" in self.reference:
            return whole == self.reference
        kind, _, identity = whole.rpartition("/")
        return identity == self.reference and "/" not in kind and (not self.kinds or kind in self.kinds)


@dataclass(frozen=True)
class CompositeValue:
    """One value for each component of a composite."""

    parts: tuple[Any, ...]

    def holds(self, found: Sequence[Sequence[Any]]) -> bool:
        """Whether an element has a fitting value of each component."""
        return all(any(part.test(raw) for raw in some) for part, some in zip(self.parts, found, strict=True))


@dataclass(frozen=True)
class WordsValue:
    """Words asked for in a text, all of them (`_text`, `_content`)."""

    words: tuple[str, ...]

    def test(self, raw: Any, _modifier: str = "") -> bool:
        """Whether a text has every word, markup and case aside."""
        if not isinstance(raw, str):
            return False
        text = fold(_MARKUP.sub(" ", raw))
        return all(word in text for word in self.words)


@dataclass(frozen=True)
class MissingValue:
    """`:missing`: whether the value is to be absent."""

    missing: bool


def _displays(raw: Any) -> list[str]:
    """The words beside a code, folded: text and displays, or the type's text of an Identifier."""
    if isinstance(raw, str):
        return [fold(raw)]
    if not isinstance(raw, dict):
        return []
    kind = raw.get("type")
    coding = raw.get("coding")
    found = [raw.get("text"), raw.get("display"), kind.get("text") if isinstance(kind, dict) else None]
    found += [c.get("display") for c in coding if isinstance(c, dict)] if isinstance(coding, list) else []
    return [fold(text) for text in found if isinstance(text, str)]


def _version(raw: Any) -> str:
    text = raw.get("reference") if isinstance(raw, dict) else raw
    if not isinstance(text, str):
        return ""
    return text.partition("/_history/")[2] or text.partition("|")[2]
