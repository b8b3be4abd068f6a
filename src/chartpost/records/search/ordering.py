"""Orders the index does not have: rows put in order here, and places in such an order that stay when rows go.

A place is what a row is put in order by, so that the next page begins behind it whether the row is there or not.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import orjson

from chartpost.formats.fhirjson.search import Query, sort_value
from chartpost.records.errors import TooCostly
from chartpost.records.search.plan import Order
from chartpost.records.search.rows import Found

Place = tuple[Any, ...]
"""The values of the keys of an order, then clinical date and row, all as JSON."""
_LEAST = -(2**62)


class Standing(NamedTuple):
    """What a row is put in order by, and the row; none for a place without one."""

    values: tuple[Any, ...]
    date_ms: int
    rid: int
    row: Found | None = None

    @property
    def place(self) -> Place:
        """Where it stands."""
        return (*map(_plain, self.values), self.date_ms, self.rid)


def standing(row: Found, query: Query, order: Order | None) -> Standing:
    """Where a row stands in the order of a query; its first key is that of the index, where the index has `order`."""
    indexed = 1 if order and query.sort else 0
    values = [order.place(row)[0]] if order and indexed else []
    further = query.sort[indexed:]
    resource = orjson.loads(row.body) if further else {}
    values += [sort_value(resource, definition, descending) for definition, descending in further]
    return Standing(tuple(values), row.date_ms, row.rid, row)


def in_order(found: Sequence[Standing], query: Query) -> list[Standing]:
    """Rows by the keys of a query; those without a value come last, and equal ones newest first."""
    some = sorted(found, key=lambda one: (-one.date_ms, -one.rid))
    for number, (_, descending) in reversed([*enumerate(query.sort)]):
        having = [one for one in some if one.values[number] is not None]
        having.sort(key=lambda one: one.values[number], reverse=descending)
        some = having + [one for one in some if one.values[number] is None]
    return some


def following(found: Sequence[Standing], place: Place | None, query: Query) -> list[Standing]:
    """Rows in order, of them those behind a place."""
    place = known(place, query)
    if place is None:
        return in_order(found, query)
    *values, date_ms, rid = place
    mark = Standing(tuple(map(_valued, values)), date_ms, rid)
    some = in_order([*found, mark], query)
    return some[some.index(mark) + 1 :]


def end_of(value: int, query: Query) -> Place:
    """The place behind all rows whose first key has this value."""
    return (value, *(None for _ in query.sort[1:]), _LEAST, 0)


def known(place: Place | None, query: Query) -> Place | None:
    """The place, if it is one of this order; those of earlier releases counted rows, and lead nowhere."""
    if place is not None and (len(place) != len(query.sort) + 2 or place[1:] == (0,)):
        raise TooCostly(seen="a page link of an earlier release", expected="a new one", todo="Begin the search again.")
    return place


def _plain(value: Any) -> Any:
    """A value as JSON: of an amount its unit and its fraction as text."""
    return [value[0], str(value[1])] if isinstance(value, tuple) else value


def _valued(value: Any) -> Any:
    return (value[0], Fraction(value[1])) if isinstance(value, list) else value
