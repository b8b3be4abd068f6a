"""Changes that doors want made, and what became of them (`writing` makes them)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chartpost.records import store

Json = dict[str, Any]


ANY: frozenset[int] = frozenset()
"""Whichever version is there."""


@dataclass(frozen=True)
class Precondition:
    """Versions of which the current one must be one (`match`), or none (`none_match`); None where it does not matter.

    https://www.rfc-editor.org/rfc/rfc9110#section-13.1
    """

    match: frozenset[int] | None = None
    none_match: frozenset[int] | None = None

    def broken(self, version: int, there: bool) -> str:
        """What a resource does not keep: `If-Match`, `If-None-Match`, or nothing; `there` is whether it can be read.

        `version` is the current one, that of a deletion too, 0 where there never was one.
        """
        if self.match is not None and version not in self.match and (self.match or not there):
            return "If-Match"
        if self.none_match is not None and there and (not self.none_match or version in self.none_match):
            return "If-None-Match"
        return ""


@dataclass(frozen=True)
class Finding:
    """What a change was worked out for: a resource in this version; `still` is asked about it in a later one.

    Without `still` a change is for no other version, as what a patch leaves is.
    """

    version: int
    still: Callable[[], bool] = lambda: False


@dataclass
class Change:
    """One change wanted: `method` POST, PUT or DELETE; `id` is final; `place` names it in errors (a FHIRPath).

    `condition` is what must be so of the version it meets. `unless` looks whether a conditional create
    is needed: it gives what is found, and is asked again inside the transaction. `finding` is what a search found to
    be changed, or what a patch was applied to, and must still be so inside the transaction. `points` is what must be
    stored for the change to be made, by type and id, with the reference to it.
    """

    method: str
    type: str
    id: str
    place: str
    resource: Json | None = None
    condition: Precondition = Precondition()
    unless: Callable[[], Sequence[object]] | None = None
    finding: Finding | None = None
    may_create: bool = True
    points: Mapping[tuple[str, str], str] = field(default_factory=dict)
    person_id: int = 0
    facts: store.Old | None = None


@dataclass(frozen=True)
class Written:
    """What became of a change; `status` is 201, 200 or 204, `body` the resource as stored."""

    type: str
    id: str
    status: int
    version: int
    updated_ms: int
    body: bytes
