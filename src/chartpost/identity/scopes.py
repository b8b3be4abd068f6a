"""The scopes of SMART App Launch: read, written, compared. Pure.

https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html. Version 1 (`patient/Observation.read`) and 2
(`patient/Observation.rs?category=system|code`) mean the same here and may stand side by side.
"""

import re
from collections.abc import Iterable, Sequence
from typing import cast
from urllib.parse import parse_qsl

from chartpost.formats.fhirjson.tables import resource_types
from chartpost.identity.types import Scope, ScopeLevel

LETTERS = "cruds"
READ = frozenset("rs")
WRITE = frozenset("cud")
PLAIN = frozenset({"openid", "fhirUser", "profile", "launch", "launch/patient", "offline_access", "online_access"})
"""Scopes that name no resources."""

OFFLINE = "offline_access"
"""Going on while nobody uses the app (SMART 2.2, 'Scopes for requesting a refresh token')."""

GRANULAR = frozenset({"category"})
"""Search parameters a scope may be narrowed by; the FHIR door applies them to every row."""

_ESCAPED = str.maketrans({"%": "%25", "&": "%26", "+": "%2B"})
_V1 = {"read": READ, "write": WRITE, "*": READ | WRITE}
_SHAPE = re.compile(r"(patient|user|system)/(\*|[A-Z][A-Za-z]{1,40})\.(read|write|\*|[cruds]{1,5})(?:\?(.{1,400}))?")


def parse(text: str) -> Scope | None:
    """One resource scope; None when the text is not one this server knows."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    level, kind, verbs, query = match.groups()
    actions = _V1.get(verbs) or _letters(verbs)
    if not actions or (kind != "*" and kind not in resource_types()):
        return None
    only = _only(query) if query else ()
    if only is None or (only and verbs in _V1):
        return None
    return Scope(cast(ScopeLevel, level), kind, actions, only)


def _letters(verbs: str) -> frozenset[str]:
    """The letters, when they stand in the order c, r, u, d, s and once each."""
    ordered = "".join(letter for letter in LETTERS if letter in verbs)
    return frozenset(verbs) if ordered == verbs else frozenset()


def _only(query: str) -> tuple[tuple[str, str], ...] | None:
    pairs = parse_qsl(query, keep_blank_values=True)
    return tuple(pairs) if pairs and all(name in GRANULAR and _is_token(value) for name, value in pairs) else None


def _is_token(value: str) -> bool:
    """Whether this is system|code, nothing in it that cannot be kept or read."""
    return value.isprintable() and re.fullmatch(r"[^|,\s]+\|[^|,\s]+", value) is not None


def render(scope: Scope) -> str:
    """The scope in the form of version 2."""
    verbs = "".join(letter for letter in LETTERS if letter in scope.actions)
    query = "&".join(f"{name}={value.translate(_ESCAPED)}" for name, value in scope.only)
    return f"{scope.level}/{scope.type}.{verbs}" + (f"?{query}" if query else "")


def resources(texts: Iterable[str]) -> tuple[Scope, ...]:
    """The resource scopes among some scopes."""
    return tuple(scope for text in texts if (scope := parse(text)) is not None)


def known(texts: Iterable[str]) -> tuple[str, ...]:
    """Those scopes this server knows, once each, as written (RFC 6749 3.3: others may be ignored)."""
    return tuple(dict.fromkeys(text for text in texts if text in PLAIN or parse(text) is not None))


def covers(wide: Scope, narrow: Scope) -> bool:
    """Whether everything `narrow` allows is allowed by `wide` too."""
    return (
        wide.level == narrow.level
        and wide.type in {"*", narrow.type}
        and narrow.actions <= wide.actions
        and set(wide.only) <= set(narrow.only)
    )


def within(asked: Iterable[str], granted: Iterable[str]) -> bool:
    """Whether scopes go no further than others (RFC 6749 6): each letter of each is covered."""
    held = tuple(granted)
    wide = resources(held)
    return all(text in held or _covered(parse(text), wide) for text in asked)


def _covered(scope: Scope | None, wide: tuple[Scope, ...]) -> bool:
    """Read and search may have been granted apart, so each letter is looked up alone."""
    if scope is None:
        return False
    singles = (Scope(scope.level, scope.type, frozenset({letter}), scope.only) for letter in scope.actions)
    return all(any(covers(w, single) for w in wide) for single in singles)


def readable(text: str) -> str:
    """A scope without its letters for writing, as a person may grant it; empty when nothing is left."""
    scope = parse(text)
    if scope is None or scope.actions <= READ:
        return text
    left = scope.actions & READ
    return render(Scope(scope.level, scope.type, left, scope.only)) if left else ""


def narrowed(asked: Iterable[str], allowed: Iterable[str]) -> tuple[str, ...]:
    """What of the scopes asked for an app may have: those within what it is registered for, or the part that is.

    Scopes that name no resources need no leave of their own, but for going on while nobody uses the app.
    """
    allowed = tuple(allowed)
    held = {text: found for text in allowed if (found := parse(text)) is not None}
    kept: list[str] = []
    for text in asked:
        scope = parse(text)
        if text == OFFLINE and text not in allowed:
            continue
        if scope is None or _covered(scope, tuple(held.values())):
            kept.append(text)
        else:
            kept += [part if covers(scope, one) else _both(scope, one) for part, one in held.items()]
    return tuple(dict.fromkeys(filter(None, kept)))


def permitted(asked: Iterable[str], allowed: Sequence[str]) -> tuple[str, ...]:
    """The same where an app that is registered for no scopes may have any."""
    return narrowed(asked, allowed) if allowed else tuple(asked)


def _both(one: Scope, other: Scope) -> str:
    """What two scopes allow alike, the conditions of each to be met; empty when that is nothing or cannot be said."""
    actions = one.actions & other.actions
    if one.level != other.level or not actions or (one.type != other.type and "*" not in (one.type, other.type)):
        return ""
    kind = other.type if one.type == "*" else one.type
    found = Scope(one.level, kind, actions, tuple(dict.fromkeys((*one.only, *other.only))))
    text = render(found)
    return text if parse(text) == found else ""
