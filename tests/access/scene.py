"""An office where everybody has something to hide: three people, everyone who may come near them, and marked words.

Each word of `Marks` occurs in one place only, so that a page that shows it has shown that place.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from chartpost.delivery import packages
from chartpost.delivery import queries as delivery
from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity import models, policies, queries, queries_apps, services
from chartpost.identity.app_types import AppDraft, AuthorizeRequest
from chartpost.identity.types import ROLES, SYSTEM, Actor, PersonView, RowFilter
from chartpost.kernel import clock, jobs
from chartpost.records import queries as stored
from chartpost.records import services as records
from chartpost.records.models import ImportFile, InboxItem
from chartpost.records.types import Incoming, Selection
from chartpost.rights import letters
from chartpost.rights import queries as rights
from chartpost.rights import services as asking
from chartpost.rights.types import Ask
from chartpost.shares import ids
from chartpost.shares import services as shares
from tests.formats.ccda_show.documents import PNG, document, media, section

PASSWORD = "correct horse battery staple"
NARROW = policies.mask(Category.PROBLEMS)
"""What the narrow helper of Ana may see."""


@dataclass(frozen=True)
class Marks:
    """The marked words of one person."""

    name: str
    number: str
    problem: str
    medicine: str
    therapy: str
    private: str


@dataclass
class Owner:
    """A person with a record, an account, and everything addresses can name of theirs."""

    person: PersonView
    account: models.Account
    marks: Marks
    things: dict[str, Any] = field(default_factory=dict)


@dataclass
class Scene:
    """The office: whose things there are, and who may come."""

    owners: dict[str, Owner]
    accounts: dict[str, models.Account]
    office: dict[str, Any]

    def actor(self, name: str) -> Actor | None:
        """An actor by name; None for a stranger."""
        account = self.accounts.get(name)
        return queries.actor_of(account) if account else None


ACTORS = (
    "stranger",
    "unmatched",
    "ana",
    "ben",
    "mia",
    "narrow helper of ana",
    "ended helper of ana",
    "future helper of ana",
    "parent of mia",
    *ROLES,
)


def build() -> Scene:
    """Make everything through the rooms' own services."""
    services.save_office(
        {"name": "Lakeside", "phone": "510-555-0100", "complaint_name": "Pat", "complaint_phone": "510-555-0101"},
        SYSTEM,
    )
    services.save_facility({"name": "Main", "state": "CA", "zone": "America/Los_Angeles"}, SYSTEM)
    accounts = {role: _staff(role) for role in ROLES}
    accounts["unmatched"] = services.add_account("unmatched@people.example", "Un Matched", PASSWORD)
    owners = {
        "ana": _owner("ana", date(1980, 2, 3), "Quillmark"),
        "ben": _owner("ben", date(1975, 4, 5), "Vexbury"),
        "mia": _owner("mia", date(2012, 6, 7), "Zornhild"),
    }
    for name, owner in owners.items():
        accounts[name] = owner.account
    ana, mia = owners["ana"].person.id, owners["mia"].person.id
    today = clock.today(queries.office_zone())
    accounts["narrow helper of ana"] = _helper("narrow", ana, "caregiver", categories=NARROW)
    accounts["ended helper of ana"] = _helper("ended", ana, "caregiver", ends_on=today - timedelta(days=1))
    accounts["future helper of ana"] = _helper("future", ana, "caregiver", starts_on=today + timedelta(days=2))
    accounts["parent of mia"] = _helper("parent", mia, "parent")
    for owner in owners.values():
        _things(owner, accounts)
    owners["ana"].things["representation"] = queries.representations(ana)[0].authority.ref
    return Scene(owners, accounts, _office(accounts, owners["ana"]))


def _staff(role: str) -> models.Account:
    account = services.add_account(f"{role}@office.example", f"{role.title()} Staff", PASSWORD, staff=True)
    services.give_role(account, role, SYSTEM)
    return account


def _helper(word: str, person_id: int, basis: str, **terms: Any) -> models.Account:
    account = services.add_account(f"{word}@people.example", f"{word.title()} Helper", PASSWORD)
    services.represent(account, person_id, basis, SYSTEM, **terms)
    return account


def _owner(given: str, born: date, family: str) -> Owner:
    low = family.lower()
    marks = Marks(family, f"MRN{family.upper()}", f"Xanthoma {low}", f"Pill {low}", f"Couch {low}", f"Secret {low}")
    fields = {"given": given.title(), "family": family, "birth_date": born, "sex": "female", "state": "CA"}
    person = services.add_person(fields, [("urn:mrn", marks.number)], SYSTEM)
    account = services.add_account(f"{given}@people.example", f"{given.title()} Account", PASSWORD)
    services.link_own(account, person.id, "invitation_code", SYSTEM)
    subject = {"reference": f"Patient/{given}"}
    coded = {"resourceType": "Condition", "subject": subject, "recordedDate": "2024-05-01"}
    pill = {"resourceType": "MedicationStatement", "status": "active", "subject": subject}
    pill |= {"effectiveDateTime": "2024-05-02", "medicationCodeableConcept": {"text": marks.medicine}}
    rows = {
        "problem": {**coded, "code": {"text": marks.problem}},
        "medicine": pill,
        "therapy": {**coded, "code": {"text": marks.therapy}},
        "private": {**coded, "code": {"text": marks.private}},
    }
    incoming = [Incoming({**r, "id": f"{given}-{k}"}, f"{given}-{k}", person.id) for k, r in rows.items()]
    records.save(incoming, records.source_id("test", "Lakeside"), SYSTEM)
    records.label(person.id, "Condition", f"{given}-therapy", Label.PSYCHOTHERAPY, SYSTEM)
    records.label(person.id, "Condition", f"{given}-private", Label.MINOR_CONFIDENTIAL, SYSTEM)
    return Owner(
        person, account, marks, {"person": person.ref, "fhir": f"{given}-problem", "therapy": f"{given}-therapy"}
    )


def _things(owner: Owner, accounts: dict[str, models.Account]) -> None:
    person, things = owner.person, owner.things
    actor, clerk = queries.actor_of(owner.account, fresh=True), queries.actor_of(accounts["clerk"])
    drop, share = ids.new_id(), ids.new_id()
    keys = {"public_key": ids.encode(bytes(65)), "params": "1.1000000", "salt": ids.new_id()}
    things["drop"] = shares.make_drop({"drop": drop, "wrapped": ids.encode(bytes(60)), **keys}, actor)
    things["share"] = shares.make({"share": share}, actor).share
    source = records.source_id("test", "Lakeside")
    note = records.file_document(
        person.id, "Note", "text/plain", b"plain words", date(2024, 1, 1), Label.NONE, source, SYSTEM
    )
    things["rid"] = note.rid
    _clinical(owner, source)
    rows = policies.scope(actor, "record.download", person.id)
    things["package"] = packages.ask("", person.id, Selection(), rows, ["fhir"], "en", [], actor)
    ask = Ask(
        person.name, person.name, queries.facilities()[0].id, person.id, formats=("fhir",), signed_name=person.name
    )
    things["grant"] = _grant(person, actor)
    request = asking.submit(ask, actor)
    things["request"] = request.ref
    asking.write_message(request.ref, "Please hurry", actor)
    asking.verify_identity(request.ref, "portal sign-in", "", clerk)
    asking.choose_scope(request.ref, Selection(), clerk)
    asking.prepare(request.ref, clerk)
    jobs.run_waiting()
    asking.pass_qa(request.ref, {"person": True, "dates": True, "withheld": True}, clerk)
    for kind in ("grant", "partial_denial"):
        things["letter"] = letters.make(request.ref, kind, "en", clerk).ref
    asking.transition(request.ref, "release", queries.actor_of(accounts["approver"]))
    open_request = asking.submit(replace(ask, key=person.ref), actor).ref
    asking.verify_identity(open_request, "portal sign-in", "", clerk)
    asking.choose_scope(open_request, Selection(), clerk)
    things["open request"] = open_request
    made, released = delivery.package(things["package"]), rights.request(request.ref).package_ref
    assert made is not None
    things["part"] = made.parts[0].ref
    sent = delivery.package(released)
    assert sent is not None
    things["released part"] = sent.parts[0].ref


def _clinical(owner: Owner, source: int) -> None:
    """A clinical document with a picture, which tells of the person's medicine."""
    notes = section("10160-0", "Medicines", owner.marks.medicine, media("m1", "image/png", PNG))
    filed = records.file_document(
        owner.person.id, "Summary", "application/xml", document(notes), date(2024, 1, 1), Label.NONE, source, SYSTEM
    )
    owner.things["clinical rid"] = filed.rid
    owner.things["clinical"] = stored.stored(owner.person.id, filed.rid, RowFilter()).id


def _grant(person: PersonView, actor: Actor) -> str:
    """An app the person lets see everything."""
    back = "https://app.example/back"
    app, _secret = services.register_app(AppDraft("public", "Pocket", (back,)), SYSTEM, reviewed=True)
    wanted = ("launch/patient", "patient/*.rs")
    asked = AuthorizeRequest("", app.client_id, back, wanted, "", "", "c" * 43, "https://localhost/fhir")
    services.approve(asked, actor, person.id, wanted)
    return queries_apps.grants_for_person(person.id)[0].ref


def _office(accounts: dict[str, models.Account], ana: Owner) -> dict[str, Any]:
    who = {"given": "Un", "family": "Matched", "birth_date": date(1990, 1, 1)}
    services.ask_match(accounts["unmatched"], who, queries.actor_of(accounts["unmatched"]))
    file = ImportFile.objects.create(sha256="0" * 64, name="scan.json", size=1, kind="fhir")
    shown = {"name": ana.marks.name, "identifiers": [["urn:mrn", ana.marks.number]]}
    candidates = [{"person": ana.person.id, "total": 12, "parts": {}}]
    item = InboxItem.objects.create(file=file, reason="unsure", shown=shown, candidates=candidates)
    twin = services.add_person({"given": "Twin", "family": "Person"}, [], SYSTEM)
    other = services.add_person({"given": "Other", "family": "Person"}, [], SYSTEM)
    merged = services.merge(twin.id, other.id, "test", queries.actor_of(accounts["clerk"]))
    return {
        "app": queries_apps.apps()[0].ref,
        "match": queries.waiting_matches()[0].ref,
        "item": item.ref,
        "facility": queries.facilities()[0].ref,
        "staff": accounts["imaging"].ref,
        "merge": merged,
        "twin": twin.ref,
    }
