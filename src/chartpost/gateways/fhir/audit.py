"""AuditEvent: the ledger as FHIR, read-only (https://hl7.org/fhir/R4/auditevent.html).

A person's app sees who looked at the record and what happened to it, where the policy of the log lets its user see
that and without naming what is kept from the app; each entry is one of the ledger, so that its id can be proved
against the ledger's tree.
"""

import re
from collections.abc import Sequence, Set
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from chartpost.formats.fhirjson.canonical import dump, instant
from chartpost.formats.fhirjson.dates import bounds
from chartpost.gateways.fhir import auth, bundles, cursor, paging
from chartpost.gateways.fhir.http import FhirError, Request, Response, asked_by_form, json
from chartpost.gateways.fhir.noting import noted
from chartpost.gateways.fhir.read import not_there
from chartpost.identity import policies
from chartpost.identity import queries as identity
from chartpost.identity.aliases import canonical_patient, one_person, person_of, who_now
from chartpost.identity.types import Access, Subject
from chartpost.kernel import clock
from chartpost.kernel.db import raw
from chartpost.ledger import queries as ledger
from chartpost.ledger.actions import INNER
from chartpost.ledger.types import EntryView, Filter
from chartpost.records.search import by_reference
from chartpost.records.search.reach import Reach

TYPE = "AuditEvent"
PAGE, LARGEST = 50, 500
_CODES = {
    "C": "add create import submit make file upload begin arrive intake register message.send code.password",
    "R": "read open download export grants notify take export.file shl.use delivery.send delivery.post"
    " delivery.hand_over letter.send share.send share.link_seen",
    "D": "delete end revoke package.expire package.recall package.withdraw share.expire",
    "E": "search sign_in sign_in_failed sign_out end_session refuse call ask tell receipt receive"
    " export.start export.stop invitation.use backup.make backup.restore ledger.verify share.pages",
}
_ACTIONS = {word: code for code, words in _CODES.items() for word in words.split()}
"""What the actions of the ledger are, by their last word or whole where that is not enough; others change something.

What goes out to somebody is read; a search, a sign-in and a question are executed.

https://hl7.org/fhir/R4/valueset-audit-event-action.html
"""
_REFERENCE = re.compile(r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})")
_ALLOWED = {"patient", "date", "_id", "_count", "_format", "_pretty"}


def read(request: Request, access: Access) -> Response:
    """GET AuditEvent/id."""
    reach = auth.require(access, TYPE, "r")
    entry = ledger.entry(request.path[1])
    person = _person_of(entry)
    if entry is None or person is None or not _open(access, reach, person) or not _told(entry, person, access):
        raise not_there()
    noted(access, "access_log.read", (person,), TYPE, TYPE)
    return json(200, resource(entry, _patient(person), _office(), _named([entry], access)))


def by_get(request: Request, access: Access) -> Response:
    """GET AuditEvent?patient=."""
    return _search(request, access, request.query)


def by_post(request: Request, access: Access) -> Response:
    """POST AuditEvent/_search."""
    return _search(request, access, asked_by_form(request))


def _search(request: Request, access: Access, query: Sequence[tuple[str, str]]) -> Response:
    reach = auth.require_search(access, TYPE)
    pairs, before = _asked(query, access)
    given = dict(pairs)
    person = _person(given.get("patient", "").removeprefix(f"{request.base_url}/"), access, reach)
    limit = paging.size(given.get("_count"), PAGE, LARGEST)
    found: list[EntryView] = []
    if person is not None:
        since, until = _period([value for name, value in pairs if name == "date"])
        wanted = Filter(person_id=person, merged=one_person(person, raw.current()), since=since, until=until)
        tells = partial(_told, person_id=person, access=access)
        if "_id" in given:
            found = [one for ref in given["_id"].split(",") for one in filter(tells, _one(ref, wanted))]
        else:
            found = ledger.told(wanted, before, limit + 1, tells)
        noted(access, "access_log.read", (person,), TYPE, TYPE)
    shown = found[:limit]
    address = f"{request.base_url}/{TYPE}"
    links = [("self", f"{address}?{urlencode(paging.said(pairs), quote_via=quote, safe='/')}")]
    if len(found) > limit:
        place = cursor.seal({"pairs": pairs, "before": shown[-1].ref}, access.grant_ref, TYPE)
        links.append(paging.following(request, address, place))
    base, office, named = request.base_url.encode(), _office(), _named(shown, access)
    patient = _patient(person) if person is not None else ""
    entries = (bundles.entry(base, f"{TYPE}/{e.ref}", dump(resource(e, patient, office, named))) for e in shown)
    return bundles.answered(bundles.bundle("searchset", entries, links))


def _asked(query: Sequence[tuple[str, str]], access: Access) -> tuple[list[tuple[str, str]], str | None]:
    """What is asked for, and behind which entry the page begins."""
    place = next((value for name, value in query if name == "_cursor"), None)
    if place is not None:
        kept = cursor.unseal(place, access.grant_ref, TYPE)
        return [(name, value) for name, value in kept["pairs"]], str(kept["before"])
    names = [name for name, _ in query]
    for name in names:
        if name not in _ALLOWED:
            raise FhirError(400, "not-supported", "AuditEvent is searched by patient, date, _id and _count.")
        if name != "date" and names.count(name) > 1:
            raise FhirError(400, "invalid", f"{name} is there more than once. Send it once.")
    return list(query), None


def _one(ref: str, wanted: Filter) -> list[EntryView]:
    """The entry of this id, if it is as asked, however long ago it was."""
    entry = ledger.entry(ref)
    if entry is None or entry.person_id not in (wanted.persons or ()):
        return []
    late, early = wanted.until and entry.at >= wanted.until, wanted.since and entry.at < wanted.since
    return [] if late or early else [entry]


def resource(entry: EntryView, patient: str, office: str, named: Set[str]) -> dict[str, Any]:
    """One entry of the ledger as an AuditEvent; `patient` is whom it is about, `named` what it may point at."""
    whom = f"Patient/{patient}"
    about = [{"what": {"reference": whom}, "type": _code("audit-entity-type", "1", "Person")}]
    about += [
        {"what": {"reference": name}, "type": _code("audit-entity-type", "2", "System Object")}
        for name in entry.objects
        if name in named and name != whom
    ]
    agent: dict[str, Any] = {
        "type": {"text": entry.role},
        "who": {"display": entry.who or entry.role},
        "requestor": True,
    }
    return {
        "resourceType": TYPE,
        "id": entry.ref,
        "meta": {"versionId": "1", "lastUpdated": instant(entry.at)},
        "type": _code("audit-event-type", "rest", "RESTful Operation"),
        "subtype": [{"system": "urn:chartpost:action", "code": entry.action, "display": entry.what}],
        "action": code_of(entry.action),
        "recorded": instant(entry.at),
        "outcome": "0",
        **({"purposeOfEvent": [{"text": entry.why}]} if entry.why else {}),
        "agent": [agent],
        "source": {"observer": {"display": office}},
        "entity": about,
    }


def code_of(action: str) -> str:
    """What an action of the ledger is: C, R, U, D or E."""
    return _ACTIONS.get(action) or _ACTIONS.get(action.rpartition(".")[2], "U")


def _code(system: str, code: str, display: str) -> dict[str, str]:
    return {"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code, "display": display}


def _person(patient: str, access: Access, reach: Reach) -> int | None:
    """The person asked about: whom the parameter names, else the one in context; 400 when there is neither."""
    text = patient.removeprefix("Patient/")
    person = person_of(text, raw.current()) if text else access.person_id
    if not text and person is None:
        raise FhirError(400, "required", "Give patient: the log is read one person at a time.")
    return person if person is not None and _open(access, reach, person) else None


def _named(entries: Sequence[EntryView], access: Access) -> frozenset[str]:
    """What these entries are about, as far as the token may read it: the rest is not named."""
    about = [name for entry in entries for name in entry.objects if _REFERENCE.fullmatch(name)]
    return frozenset(row.key for row in by_reference(about, access, raw.current()))


def _open(access: Access, reach: Reach, person_id: int) -> bool:
    """The log names staff and apps: it is for whom its policy lets, and no part of a granular or partial grant."""
    subject = Subject("record", person_id=person_id)
    if not policies.decide(access.actor, "access_log.read", subject).allow:
        return False
    filters = (part.filter_for(person_id) for part in reach.parts if not part.only)
    return any(rows is not None and rows.all_but_labels for rows in filters)


def _person_of(entry: EntryView | None) -> int | None:
    """Whom an entry is about by now: it was written about somebody who may have been merged since."""
    if entry is None or entry.person_id is None:
        return None
    return who_now([entry.person_id], raw.current())[entry.person_id]


def _told(entry: EntryView, person_id: int, access: Access) -> bool:
    """Whether the token's user is told of an entry: inner work is nobody's, and who acts for a part hears less."""
    mine = entry.actor == access.actor.label
    told = mine or policies.hears_of(access.actor, person_id, entry.action, entry.by_own_app)
    return told and entry.action not in INNER


def _period(dates: Sequence[str]) -> tuple[datetime | None, datetime | None]:
    since: datetime | None = None
    until: datetime | None = None
    for value in dates:
        prefix, rest = (value[:2], value[2:]) if value[:2].isalpha() else ("eq", value)
        span = bounds(rest.replace(" ", "+"))
        if span is None or prefix not in ("eq", "ge", "gt", "le", "lt", "sa", "eb"):
            raise FhirError(400, "invalid", "date is a FHIR date with eq, ge, gt, le or lt before it.")
        start, end = (clock.of_ms(clock.bounded(moment)) for moment in span)
        if prefix in ("eq", "ge", "gt", "sa"):
            first = start if prefix in ("eq", "ge") else end
            since = first if since is None else max(since, first)
        if prefix in ("eq", "le", "lt", "eb"):
            last = end if prefix in ("eq", "le") else start
            until = last if until is None else min(until, last)
    return since, until


def _patient(person_id: int) -> str:
    return canonical_patient(person_id, raw.current())


def _office() -> str:
    office = identity.office()
    return office.name if office else "Records office"
