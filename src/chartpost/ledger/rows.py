"""Inserting entry rows on Django's connection, in the caller's transaction."""

from collections.abc import Sequence
from typing import Any

import orjson
from django.db import connection

_COLUMNS = "ref, at_ms, actor, action, object, person_id, body"


def insert(bodies: Sequence[bytes]) -> None:
    """Insert entries given as canonical bytes; one that is there already (same `ref`) is left alone."""
    if not bodies:
        return
    marks = ",".join(["(%s,%s,%s,%s,%s,%s,%s)"] * len(bodies))
    values = [value for body in bodies for value in _row(body)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO ledger_entry ({_COLUMNS}) VALUES {marks} ON CONFLICT (ref) DO NOTHING",  # noqa: S608 - marks
            values,
        )


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
