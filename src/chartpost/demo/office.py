"""The demo office: facilities, staff of each role, 25 synthetic people with records, requests in every state."""

import io
from dataclasses import dataclass

from chartpost.demo import elsewhere, requests
from chartpost.demo.generator import SyntheticPerson, generate
from chartpost.demo.people import file_group, file_person
from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity import models, queries, services
from chartpost.identity.types import ROLES, SYSTEM, PersonView
from chartpost.kernel import clock
from chartpost.kernel.ids import new_code
from chartpost.records import documents
from chartpost.records import services as records

SEED = 7
STAFF_NAMES = {
    "clerk": "Casey Clark",
    "approver": "Avery Approve",
    "reviewer": "Dr. Robin Review",
    "privacy": "Pat Private",
    "imaging": "Izzy Image",
    "admin": "Adrian Admin",
}
BASIS = {"parent": "parent", "guardian": "guardian", "health_care_agent": "health_care_agent", "executor": "executor"}
SHOWN = ("rosa-alvarado", "marisol-alvarado", "terrence-boyd", "samuel-whitaker", "adaeze-okafor", "ngozi-okafor")


TRAITS_WIDTH = 30


@dataclass(frozen=True)
class DemoAccount:
    """A sign-in of the demo; the password is empty when it was printed at an earlier start."""

    who: str
    email: str
    password: str


def seed() -> list[DemoAccount]:
    """Make the demo office once; returns its accounts, with passwords at the first start only."""
    if queries.office() is not None:
        return _known_accounts()
    _make_office()
    found = [_staff(role) for role in ROLES]
    people = generate(SEED, clock.now().date())
    filed = {person.key: file_person(person) for person in people}
    found += [_account(p, filed[p.key]) for p in people if _adult(p)]
    _relations(people, filed)
    file_group(people)
    _documents(people, filed)
    elsewhere.file(people, filed)
    requests.make(filed)
    return found


def sign_in_lines(accounts: list[DemoAccount]) -> list[str]:
    """What is printed: who can sign in, and how."""
    if not any(a.password for a in accounts):
        return [
            "",
            "The demo accounts and passwords were printed at the first start.",
            "Delete the folder to start afresh.",
        ]
    lines = ["", "Demo accounts (printed once):", ""]
    lines += [f"  {a.who:<44} {a.email:<44} {a.password}" for a in accounts]
    return [*lines, "", "Mails of the demo are shown at /demo/mail/", ""]


def _make_office() -> None:
    services.save_office(
        {
            "name": "Lakeside Family Health",
            "address": "1200 Example Lake Avenue\nOakland, CA 94612",
            "phone": "510-555-0100",
            "email": "records@lakeside.example.org",
            "complaint_name": "Pat Private, privacy officer",
            "complaint_phone": "510-555-0101",
            "complaint_email": "privacy@lakeside.example.org",
        },
        SYSTEM,
    )
    services.save_facility({"name": "Lakeside Oakland", "state": "CA", "zone": "America/Los_Angeles"}, SYSTEM)
    services.save_facility({"name": "Lakeside Austin", "state": "TX", "zone": "America/Chicago"}, SYSTEM)
    services.save_facility({"name": "Lakeside Portland", "state": "OR", "zone": "America/Los_Angeles"}, SYSTEM)


def _staff(role: str) -> DemoAccount:
    password = new_code(groups=3, length=4)
    email = f"{role}@lakeside.example.org"
    account = services.add_account(email, STAFF_NAMES[role], password, staff=True, zone="America/Los_Angeles")
    services.give_role(account, role, SYSTEM)
    return DemoAccount(f"{STAFF_NAMES[role]} ({role})", email, password)


def _adult(person: SyntheticPerson) -> bool:
    return not person.traits & {"minor", "newborn", "deceased", "paper_only"} or "confidential" in person.traits


def _account(synthetic: SyntheticPerson, person: PersonView) -> DemoAccount:
    password = new_code(groups=3, length=4)
    email = f"{synthetic.key}@people.example.org"
    language = "es" if "spanish" in synthetic.traits else "en"
    account = services.add_account(email, person.name, password, zone="America/Los_Angeles", language=language)
    services.link_own(account, person.id, "invitation_code", SYSTEM)
    return DemoAccount(f"{person.name} ({_short(synthetic)})", email, password)


def _short(person: SyntheticPerson) -> str:
    words = sorted(t.partition(":")[0].replace("_", " ") for t in person.traits)
    while len(", ".join(words)) > TRAITS_WIDTH:
        words.pop()
    return ", ".join(words) or "patient"


def _relations(people: list[SyntheticPerson], filed: dict[str, PersonView]) -> None:
    """Each relation says what the other is to this person; those with authority get a representation."""
    for person in people:
        for relation in person.relations:
            basis = BASIS.get(relation.kind)
            account = models.Account.objects.filter(email=f"{relation.key}@people.example.org").first()
            if basis is None or account is None:
                continue
            if basis == "parent" and "minor" not in person.traits and "newborn" not in person.traits:
                continue
            services.represent(account, filed[person.key].id, basis, SYSTEM, evidence="shown at the front desk")


def _documents(people: list[SyntheticPerson], filed: dict[str, PersonView]) -> None:
    source = records.source_id("scanned", "Scanned at the front desk")
    for person in people:
        for document in person.documents:
            documents.file_document(
                filed[person.key].id,
                document.title,
                document.media_type,
                io.BytesIO(document.content),
                clock.now().date(),
                Label.NONE,
                source,
                SYSTEM,
                Category.BILLS if document.category == "billing" else Category.DOCUMENTS,
            )


def _known_accounts() -> list[DemoAccount]:
    rows = models.Account.objects.order_by("email")
    return [DemoAccount(row.name, row.email, "") for row in rows]
