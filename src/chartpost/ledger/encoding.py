"""The canonical bytes of an entry, and what an event may hold.

An entry is one JSON object in UTF-8 without spaces, keys sorted by code point: `action`, `actor`, `actor_kind`,
`actor_name`, `at` (milliseconds since 1970 UTC), `detail`, `object`, `person` (integer or null), `ref`, `v` (1),
`where`, `why`. The leaf of the tree is the hash of these bytes. The 80 random bits of `ref` keep anybody from
guessing an entry from its hash.
"""

import re
from dataclasses import dataclass
from typing import Any

import orjson

from chartpost.kernel import clock
from chartpost.kernel.ids import new_id
from chartpost.ledger.errors import EventRefusedError
from chartpost.ledger.types import NAMED_AT_MOST, NAMES_BETWEEN, Event

VERSION = 1
_KEYS = (
    "basis bytes categories category cents channel clock code count days decision direction door due "
    "entries event facility fee fields filter format formats from ground hash how kind labels language letter "
    "level lines method number outcome pages part parts purpose reason receipt refused resource "
    "result role rows rule scope section sections size skipped source state states status step "
    "template to total type types unit version "
)
DETAIL_KEYS = frozenset(_KEYS.split())
LONGEST = {"actor": 120, "actor_name": 200, "actor_kind": 24, "why": 200, "where": 120}
_ACTION = re.compile(r"[a-z][a-z_]{0,31}(\.[a-z][a-z_]{0,31}){1,2}")
_OBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+\-]{0,159}|")
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+,\-]{0,63}|")
_ENTRIES = re.compile(r"[A-Za-z]{1,64}/[A-Za-z0-9.\-]{1,64}(,[A-Za-z]{1,64}/[A-Za-z0-9.\-]{1,64})*")
_NUMBER = 2**53


def entry(event: Event) -> dict[str, Any]:
    """The entry for an event that happens now; raises EventRefusedError. Long texts are cut at `LONGEST`."""
    _check(event)
    return {
        "action": event.action,
        "actor": event.actor[: LONGEST["actor"]],
        "actor_kind": event.actor_kind[: LONGEST["actor_kind"]],
        "actor_name": event.actor_name[: LONGEST["actor_name"]],
        "at": clock.now_ms(),
        "detail": dict(event.detail),
        "object": event.object,
        "person": event.person_id,
        "ref": new_id(),
        "v": VERSION,
        "where": event.where[: LONGEST["where"]],
        "why": event.why[: LONGEST["why"]],
    }


@dataclass(frozen=True, slots=True)
class Form:
    """An entry with everything but its moment, its object and its reference, as pieces of its canonical bytes."""

    before_at: bytes
    before_object: bytes
    before_ref: bytes
    after_ref: bytes

    def filled(self, thing: str) -> bytes:
        """The canonical bytes of an entry about `thing` that happens now; raises EventRefusedError."""
        if not _OBJECT.fullmatch(thing):
            raise _refused("an object that is not kind:reference", "kind:reference, 160 characters")
        moment = clock.now_ms()
        said = b"%d" % moment, self.before_object, thing.encode(), self.before_ref, new_id(moment).encode()
        return b"".join((self.before_at, *said, self.after_ref))


def form(event: Event) -> Form:
    """What entries like this one about other objects at other moments have in common; raises EventRefusedError."""
    values = entry(event)
    pieces = {name: b'"%b":%b' % (name.encode(), orjson.dumps(values[name])) for name in values}
    names = sorted(values)
    at, thing, ref = (names.index(name) for name in ("at", "object", "ref"))

    def joined(some: list[str]) -> bytes:
        return b",".join(pieces[name] for name in some)

    return Form(
        b"{" + joined(names[:at]) + b',"at":',
        b"," + b'"detail":' + orjson.dumps(values["detail"], option=orjson.OPT_SORT_KEYS) + b',"object":"',
        b'",' + joined(names[thing + 1 : ref]) + b',"ref":"',
        b'",' + joined(names[ref + 1 :]) + b"}",
    )


def canonical(values: dict[str, Any]) -> bytes:
    """The canonical bytes of an entry."""
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS)


def _check(event: Event) -> None:
    if not _ACTION.fullmatch(event.action):
        raise _refused("an action that is not dotted lower-case words", "one of ledger/actions.py")
    if not _OBJECT.fullmatch(event.object):
        raise _refused(f"an object of {event.action} that is not kind:reference", "kind:reference, 160 characters")
    for key, value in event.detail.items():
        if key not in DETAIL_KEYS:
            raise _refused(f"the detail {key!r} of {event.action}", "a key of ledger.encoding.DETAIL_KEYS")
        if not _plain(key, value):
            raise _refused(f"a value of the detail {key!r} of {event.action} that is no code", "a short code or number")


def _plain(key: str, value: object) -> bool:
    """Whether a value is a short code, a number or names of entries; texts could carry something about a person."""
    if isinstance(value, int):
        return -_NUMBER < value < _NUMBER
    if not isinstance(value, str):
        return False
    if key == "entries":
        return value.count(NAMES_BETWEEN) < NAMED_AT_MOST and _ENTRIES.fullmatch(value) is not None
    return _CODE.fullmatch(value) is not None


def _refused(seen: str, expected: str) -> EventRefusedError:
    return EventRefusedError(seen=seen, expected=expected, todo="Mend the call; the ledger takes no free text here.")
