"""Evaluate the law on plain JSON values: one operation, or a whole file of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import ops_dates, ops_decisions, ops_fees, ops_periods, ops_rights, ops_sharing
from .errors import LawError, LawInputError
from .given import Given

OPS: dict[str, Callable[[Given], dict[str, Any]]] = {
    **ops_dates.OPS,
    **ops_fees.OPS,
    **ops_decisions.OPS,
    **ops_periods.OPS,
    **ops_sharing.OPS,
    **ops_rights.OPS,
}


def evaluate(op: str, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Answer one operation on its facts, or None for an operation that is not known.

    Dates are ISO texts, money whole cents. Raises a LawError for facts that do not fit.
    """
    run = OPS.get(op)
    return None if run is None else run(Given(given))


def evaluate_file(document: object) -> list[dict[str, Any]]:
    """Answer every {id, op, given} of a list, or of the `vectors` of an object, as {id, result}.

    An unknown operation, or facts that do not fit, give a null result and a `note` that says why.
    Raises LawInputError when the document has another shape.
    """
    return [_answer(index, entry) for index, entry in enumerate(_entries(document))]


def _entries(document: object) -> list[Any]:
    entries = document.get("vectors") if isinstance(document, Mapping) else document
    if not isinstance(entries, list):
        seen = "an object without a list `vectors`" if isinstance(document, Mapping) else _kind(document)
        raise LawInputError(f"Document: saw {seen}, expected a list of {{id, op, given}} or an object with `vectors`.")
    return entries


def _answer(index: int, entry: object) -> dict[str, Any]:
    if not isinstance(entry, Mapping):
        raise LawInputError(f"Entry {index}: saw {_kind(entry)}, expected an object with id, op and given.")
    op, given = entry.get("op"), entry.get("given", {})
    if not isinstance(op, str) or not isinstance(given, Mapping):
        raise LawInputError(
            f"Entry {index}: saw {_kind(op)} as op and {_kind(given)} as given, expected text and object."
        )
    return {"id": entry.get("id"), **_result(op, given)}


def _result(op: str, given: Mapping[str, Any]) -> dict[str, Any]:
    if op not in OPS:
        return {"result": None, "note": f"unknown op {op!r}; known: {', '.join(sorted(OPS))}"}
    try:
        return {"result": evaluate(op, given)}
    except LawError as error:
        return {"result": None, "note": str(error)}


def _kind(value: object) -> str:
    names = {
        "NoneType": "nothing",
        "str": "a text",
        "list": "a list",
        "dict": "an object",
        "bool": "true or false",
    }
    return names.get(type(value).__name__, "a number")
