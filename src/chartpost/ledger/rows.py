"""Inserting entry rows on Django's connection, in the caller's transaction."""

from collections.abc import Sequence
from typing import Any

import orjson

from chartpost.kernel.db import raw

_COLUMNS = "ref, at_ms, actor, action, object, person_id, body"


def insert(bodies: Sequence[bytes]) -> None:
    """Insert entries given as canonical bytes; one that is there already (same `ref`) is left alone."""
    if not bodies:
        return
    marks = ",".join(["(?,?,?,?,?,?,?)"] * len(bodies))
    values = [value for body in bodies for value in _row(body)]
    sql = f"INSERT INTO ledger_entry ({_COLUMNS}) VALUES {marks} ON CONFLICT (ref) DO NOTHING"  # noqa: S608 - marks
    raw.django().run(sql, values)


def columns(body: bytes) -> tuple[str, int, str, str, str, int | None]:
    """The columns an entry is looked up by: ref, at_ms, actor, action, object, person_id."""
    values: dict[str, Any] = orjson.loads(body)
    return (
        values["ref"],
        values["at"],
        values["actor"],
        values["action"],
        values["object"],
        values["person"],
    )


def _row(body: bytes) -> tuple[Any, ...]:
    return (*columns(body), body)
