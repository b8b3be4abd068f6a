"""What a person can choose about what an app asked for, and what follows from the choice. Pure.

An app asks for scopes; the page shows one line for each resource type, with finer kinds under Condition and
Observation, and where an app asks for everything one more for all types without words of their own. All ticked is what
the app asked for; some ticked is narrower scopes (SMART 2.2, 'Finer-grained resource constraints'; US Core 6.1.0,
'Scopes').
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from chartpost.identity import app_words, scopes
from chartpost.identity.app_words import Word
from chartpost.identity.types import Scope

OFFLINE, USER = scopes.OFFLINE, "fhirUser"
SIGN_IN = frozenset({"openid", USER})
DOCUMENT, FILE = "DocumentReference", "Binary"
Only = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Part:
    """A finer kind under a type: what is posted for it, its words, and the restriction it stands for."""

    key: str
    name: Word
    only: Only


@dataclass(frozen=True)
class Line:
    """One type an app asked for: `asked` are its scopes, those for everything narrowed to the type.

    `beside` are scopes that go with any tick of the line: a document is no use without its file, nor kept from an app
    by keeping the file (a scope for DocumentReference reads it too).
    """

    key: str
    name: Word
    hint: Word
    group: str
    asked: tuple[Scope, ...]
    parts: tuple[Part, ...] = ()
    beside: tuple[Scope, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether the app asked to change entries too."""
        return any(scope.actions & scopes.WRITE for scope in (*self.asked, *self.beside))


def readable(asked: Iterable[str]) -> tuple[str, ...]:
    """What of the scopes asked for a person can grant: no letters for writing, no system level."""
    kept = (scopes.readable(text) for text in asked)
    return tuple(dict.fromkeys(text for text in kept if text and not text.startswith("system/")))


def nothing(wanted: Iterable[str], kept: Collection[str], actor_kind: str) -> bool:
    """Whether an app would see nothing: no entries, though it asked for some or did not ask who signs in.

    `wanted` is what it wrote, `kept` what this server knows of it and the app may have. Only people are known to let
    nothing be changed; until it is known who signs in, letters for writing count.
    """
    if scopes.resources(readable(kept) if actor_kind == "person" else kept):
        return False
    return not SIGN_IN & set(kept) or any(text.startswith(("patient/", "user/", "system/")) for text in wanted)


def lines(asked: Iterable[str]) -> list[Line]:
    """The lines of the page, in the order of the groups."""
    found = scopes.resources(asked)
    wide = [scope for scope in found if scope.type == "*"]
    types = dict.fromkeys([*(app_words.EVERY if wide else ()), *(s.type for s in found if s.type != "*")])
    made = {name: _line(name, [s for s in found if s.type == name], wide) for name in types}
    if DOCUMENT in made and FILE in made:
        made[DOCUMENT] = replace(made[DOCUMENT], beside=made.pop(FILE).asked)
    if wide:
        made[app_words.REST] = _rest(wide, made)
    order, known = list(app_words.GROUPS), [*app_words.KINDS]
    place = {name: number for number, name in enumerate(known)} | {app_words.REST: len(known) + 1}
    return sorted(made.values(), key=lambda line: (order.index(line.group), place.get(line.key, len(known))))


def _rest(wide: list[Scope], named: Collection[str]) -> Line:
    """The line for every type that has none of its own."""
    kind = app_words.kind_of(app_words.REST)
    types = [name for name in app_words.rest() if name not in named]
    asked = tuple(replace(scope, type=name) for name in types for scope in wide)
    return Line(app_words.REST, kind.name, kind.hint, kind.group, asked)


def _line(name: str, own: list[Scope], wide: list[Scope]) -> Line:
    asked = (*own, *(replace(scope, type=name) for scope in wide))
    kind = app_words.kind_of(name)
    whole = any(not scope.only for scope in asked)
    parts: list[Only] = [(("category", value),) for value in app_words.FINER.get(name, {})]
    shown = parts if whole else dict.fromkeys(scope.only for scope in asked)
    named = tuple(Part(_key(name, only), app_words.finer_name(name, only), only) for only in shown)
    return Line(name, kind.name, kind.hint, kind.group, asked, named)


def _key(name: str, only: Only) -> str:
    return ":".join([name, *(value for _parameter, value in only)])


def granted(asked: Collection[str], ticked: Collection[str]) -> list[str]:
    """The scopes that follow from the ticks, as written where a type is given whole.

    `ticked` holds the keys of lines without parts and the keys of parts; `offline_access` counts like a line.
    """
    shown = lines(asked)
    plain = [text for text in asked if scopes.parse(text) is None and (text != OFFLINE or OFFLINE in ticked)]
    if shown and all(_whole(line, ticked) for line in shown):
        return plain + [text for text in asked if scopes.parse(text) is not None]
    return plain + list(dict.fromkeys(text for line in shown for text in _of_line(line, ticked)))


def _whole(line: Line, ticked: Collection[str]) -> bool:
    return all(part.key in ticked for part in line.parts) if line.parts else line.key in ticked


def without_user(granted: Collection[str], asked: Collection[str], user: str) -> list[str]:
    """The scopes without `fhirUser` where that resource, `Patient/1`, is of a type asked for and not ticked.

    An app told of its user may read that resource with no scope for its type (`gateways.fhir.auth`).
    """
    kind = user.partition("/")[0]
    given = {scope.type for scope in scopes.resources(granted)}
    kept_back = kind in {line.key for line in lines(asked)} and not given & {kind, "*"}
    return [text for text in granted if text != USER or not kept_back]


def _of_line(line: Line, ticked: Collection[str]) -> list[str]:
    if _whole(line, ticked):
        return [scopes.render(scope) for scope in (*line.asked, *line.beside)]
    chosen = [part.only for part in line.parts if part.key in ticked]
    narrowed = [
        scope if scope.only else replace(scope, only=only)
        for only in chosen
        for scope in line.asked
        if scope.only in ((), only)
    ]
    return [scopes.render(scope) for scope in (*narrowed, *(line.beside if narrowed else ()))]


def hidden_labels(shared: Collection[str]) -> int:
    """The mask of labels kept from the app: those of every sensitive group that is not ticked."""
    mask = 0
    for key, (_name, labels) in app_words.SENSITIVE.items():
        mask |= 0 if key in shared else int(labels)
    return mask


def needs_person(asked: Iterable[str], actor_kind: str) -> bool:
    """Whether the request is about one person's record, so that somebody must say whose."""
    texts = tuple(asked)
    levels = {scope.level for scope in scopes.resources(texts)}
    return "launch/patient" in texts or "patient" in levels or (actor_kind == "person" and "user" in levels)
