"""The public keys of clients: given at registration, or fetched from their address and kept as long as it allows."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from chartpost.kernel import outbound, transfers

LONGEST_SECONDS = 3600.0
USUAL_SECONDS = 300.0
"""How long a set without Cache-Control is kept."""

AGAIN_SECONDS = 60.0
"""How soon a set may be fetched again because a key was not in it."""

FAILED_SECONDS = 5.0
"""How soon an address that did not answer is asked again."""

MOST_KEPT, MOST_KEYS = 500, 20


@dataclass(frozen=True)
class _Kept:
    keys: tuple[dict[str, Any], ...]
    fetched: float
    until: float
    arrived: float


_sets: dict[str, _Kept] = {}
_fetching: dict[str, tuple[threading.Lock, int]] = {}
"""Addresses that are being asked, and how many threads want their answer."""
_guard = threading.Lock()


def keys(jwks_uri: str, jwks: dict[str, Any], kid: str) -> list[dict[str, Any]]:
    """The keys of a client that go by a `kid`; none when its address does not answer."""
    if not jwks_uri:
        return _named(_list(jwks), kid)
    kept, moment = _sets.get(jwks_uri), monotonic()
    if kept is None or moment >= kept.until:
        kept = _fetched(jwks_uri)
    found = _named(kept.keys, kid)
    if not found and moment - kept.fetched >= AGAIN_SECONDS:
        found = _named(_fetched(jwks_uri).keys, kid)
    return found


def _fetched(jwks_uri: str) -> _Kept:
    """The set as it is now: those who ask while one is being fetched wait for it and share it.

    Nobody holds a turn meanwhile, so that a server that never answers keeps no page waiting.
    """
    asked = monotonic()
    with transfers.elsewhere(), _one_of(jwks_uri):
        kept = _sets.get(jwks_uri)
        return kept if kept is not None and kept.arrived > asked else _fetch(jwks_uri)


@contextmanager
def _one_of(jwks_uri: str) -> Iterator[None]:
    """One thread at a time for each address; an address nobody waits for is forgotten."""
    with _guard:
        lock, waiting = _fetching.get(jwks_uri, (threading.Lock(), 0))
        _fetching[jwks_uri] = lock, waiting + 1
    try:
        with lock:
            yield
    finally:
        with _guard:
            waiting = _fetching[jwks_uri][1] - 1
            if waiting:
                _fetching[jwks_uri] = lock, waiting
            else:
                del _fetching[jwks_uri]


def _fetch(jwks_uri: str) -> _Kept:
    """Fetch a set; an address that fails is asked again after a while.

    Until then what it gave before is good for as long as it said (RFC 9111 4.2), else it counts as an empty set.
    """
    moment = monotonic()
    try:
        data, headers = outbound.get_json(jwks_uri)
        until = moment + lifetime(headers.get("cache-control", ""))
        kept = _Kept(_list(data), moment, until, monotonic())
    except outbound.FetchError:
        kept, before = _Kept((), moment, monotonic() + FAILED_SECONDS, monotonic()), _sets.get(jwks_uri)
        if before is not None and moment < before.until:
            kept = replace(before, fetched=moment - AGAIN_SECONDS + FAILED_SECONDS, arrived=monotonic())
    if len(_sets) >= MOST_KEPT:
        _sets.clear()
    _sets[jwks_uri] = kept
    return kept


def lifetime(cache_control: str) -> float:
    """Seconds a set may be kept by its Cache-Control (RFC 9111 5.2.2), an hour at most."""
    if re.search(r"\bno-(store|cache)\b", cache_control, re.IGNORECASE):
        return 0.0
    found = re.search(r"\bmax-age\s*=\s*\"?(\d{1,9})", cache_control, re.IGNORECASE)
    return min(float(found[1]), LONGEST_SECONDS) if found else USUAL_SECONDS


def _list(data: Any) -> tuple[dict[str, Any], ...]:
    found = data.get("keys") if isinstance(data, dict) else None
    return tuple(key for key in found[:MOST_KEYS] if isinstance(key, dict)) if isinstance(found, list) else ()


def _named(found: tuple[dict[str, Any], ...], kid: str) -> list[dict[str, Any]]:
    return [key for key in found if key.get("kid") == kid]
