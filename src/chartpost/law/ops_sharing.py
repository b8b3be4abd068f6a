"""The evaluations about disclosures to others: JSON values in, JSON values out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import sharing
from .errors import LawInputError
from .given import Given
from .labels import confidentiality, high_water

Answer = dict[str, Any]


def accounting_include(given: Given) -> Answer:
    """Answer op accounting_include (45 CFR 164.528(a)(1))."""
    return {"include": sharing.purpose(given.text("purpose")).in_accounting}


def minimum_necessary(given: Given) -> Answer:
    """Answer op minimum_necessary (45 CFR 164.502(b)(2))."""
    return {"applies": sharing.purpose(given.text("purpose")).minimum_necessary}


def third_party_directive(given: Given) -> Answer:
    """Answer op third_party_directive (45 CFR 164.524(c)(3)(ii))."""
    found = sharing.directive(
        sharing.DirectiveFacts(
            in_writing=given.flag("in_writing"),
            signed=given.flag("signed"),
            identifies_person=given.flag("identifies_person"),
            identifies_where=given.flag("identifies_where"),
            content=given.text("content"),
            profile=given.text("profile", "ciox_2020"),
        )
    )
    return {
        "result": found.result,
        "fee_limit_applies": found.fee_limit_applies,
        "missing": list(found.missing),
    }


def infoblock_map(given: Given) -> Answer:
    """Answer op infoblock_map (45 CFR part 171)."""
    found = sharing.blocking_exception(given.text("reason"), given.text("policy", "infeasibility_only"))
    return {"exception": found.exception, "written_10bd": found.written_10bd}


def label_high_water(given: Given) -> Answer:
    """Answer op label_high_water: a bundle is as confidential as its highest part and carries no controls."""
    parts = given.rows("items")
    if not all(isinstance(codes, list) and all(isinstance(code, str) for code in codes) for codes in parts):
        raise LawInputError.of("given.items", parts, "a list of lists of codes")
    return {"bundle_confidentiality": high_water(confidentiality(codes) for codes in parts), "bundle_controls": []}


OPS: dict[str, Callable[[Given], Answer]] = {
    "accounting_include": accounting_include,
    "minimum_necessary": minimum_necessary,
    "third_party_directive": third_party_directive,
    "infoblock_map": infoblock_map,
    "label_high_water": label_high_water,
}
