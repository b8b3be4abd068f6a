"""Reason for referral (42349-1): the caller's words and each referral as Patient Referral Act 4.140."""

from collections.abc import Iterator

from lxml import etree

from chartpost.formats.ccda.allot import is_referral
from chartpost.formats.ccda.codesystems import LOINC, SNOMED
from chartpost.formats.ccda.datatypes import coded, point, text_ref
from chartpost.formats.ccda.fhirvalues import Fhir, concept_text, long_date, span
from chartpost.formats.ccda.model import Context, Entry, Row, Section, templates
from chartpost.formats.ccda.sections.common import author, indications, reason_text, status
from chartpost.formats.ccda.sections.texts import written
from chartpost.formats.ccda.xmlnode import el

REFERRING = ("referral", "transfer")
"""Kinds of documents that say why somebody is sent on; others list referrals in their plan."""


def _entries(ctx: Context) -> Iterator[Entry]:
    if ctx.wish.reason:
        yield Entry((ctx.row(ctx.wish.reason),), None)
    yield from written(ctx, "42349-1")
    for order in referrals(ctx):
        when = _when(order)
        words = (concept_text(order.get("code")) or "Referral", reason_text(ctx, order), long_date(when))
        row = ctx.row(": ".join(word for word in words[:2] if word) + (f" ({words[2]})" if words[2] else ""))
        yield Entry((row,), _act(ctx, order, row))


def referrals(ctx: Context) -> list[Fhir]:
    """The referrals that this document's reason is made of; none in a document that refers nobody."""
    if ctx.wish.kind not in REFERRING:
        return []
    return [o for o in ctx.record.of("ServiceRequest") if o.get("status") == "active" and is_referral(o)]


def _when(order: Fhir) -> str | None:
    return span(order, "occurrence", "authoredOn")[0]


def _act(ctx: Context, order: Fhir, row: Row) -> etree._Element:
    return el(
        "act",
        {"classCode": "PCPR", "moodCode": "RQO"},
        templates("2.16.840.1.113883.10.20.22.4.140"),
        ctx.id(order),
        coded("code", order.get("code"), (SNOMED, LOINC), ref=row.ref),
        text_ref(row.ref),
        status("active"),
        point("effectiveTime", _when(order)),
        author(ctx, order, "requester"),
        indications(ctx, order),
    )


REFERRAL = Section(
    prefix="referral",
    title="Reason for Referral",
    loinc="42349-1",
    display="Reason for referral (narrative)",
    template="1.3.6.1.4.1.19376.1.5.3.1.3.1",
    version="2014-06-09",
    columns=(),
    entries=_entries,
    empty="No reason for the referral is on file.",
)
