"""New results a state holds back from electronic release for some days (Tex. Occ. Code 159.0062; rulebook LBL-8).

A hold is no refusal and does not answer a request: what it keeps back follows as soon as it ends.
"""

from datetime import UTC, date, datetime
from typing import Any

from chartpost.formats.fhirjson.canonical import parse
from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity import queries as identity
from chartpost.identity.types import RowFilter
from chartpost.kernel import clock
from chartpost.law import clock as law
from chartpost.records import queries as records
from chartpost.records.types import Selection, Stored
from chartpost.rights.models import AccessRequest, ItemDecision

ELECTRONIC = frozenset({"portal", "access_code", "sealed", "media"})
"""Ways by which copies leave as files; what is mailed or handed over leaves on paper."""
SENSITIVE = int(Label.GENETIC | Label.TABOO)
"""Results a state may hold: genetic ones, and those staff marked to be talked over first."""


def waiting(request: AccessRequest, selection: Selection) -> list[ItemDecision]:
    """One decision (not stored yet) for each result of the selection that may not go out electronically today."""
    facility = identity.facility(request.facility_id)
    if facility.state not in law.RESULT_HOLD_DAYS or request.delivery_channel not in ELECTRONIC:
        return []
    if request.person_id is None or (selection.categories and Category.RESULTS not in selection.categories):
        return []
    results = Selection(frozenset({Category.RESULTS}), selection.date_from, selection.date_to, selection.exclude)
    today = clock.today(facility.zone)
    found = []
    for row in records.select(request.person_id, results, RowFilter()):
        if row.labels & SENSITIVE:
            until = law.result_hold(_final_on(row, facility.zone), facility.state).earliest_electronic_release
            if until > today:
                found.append(_decision(request, row, until))
    return found


def _decision(request: AccessRequest, row: Stored, until: date) -> ItemDecision:
    return ItemDecision(
        request=request, key=f"{row.type}/{row.id}", labels=row.labels, decision="hold", release_on=until
    )


def _final_on(row: Stored, zone: str) -> date:
    """The local day a result was issued; the day it is about where the resource does not say."""
    body: dict[str, Any] = parse(row.body)
    issued = body.get("issued")
    moment = datetime.fromisoformat(str(issued)) if issued else datetime.fromtimestamp(row.date_ms / 1000, tz=UTC)
    return clock.local_date(moment, zone)
