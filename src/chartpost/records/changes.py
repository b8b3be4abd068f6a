"""Changes that doors want made, and what became of them (`writing` makes them)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chartpost.records import store

Json = dict[str, Any]


@dataclass
class Change:
    """One change wanted: `method` POST, PUT or DELETE; `id` is final; `place` names it in errors (a FHIRPath).

    `match` is the version that must be the current one (None: any). `unless` looks whether a conditional create
    is needed: it gives the ids found, and is asked again inside the transaction. `points` is what must be stored for
    the change to be made, by type and id, with the reference to it.
    """

    method: str
    type: str
    id: str
    place: str
    resource: Json | None = None
    match: int | None = None
    unless: Callable[[], list[str]] | None = None
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
