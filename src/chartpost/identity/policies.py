"""Who may do what: pure functions over plain values, and the only place that decides.

`RULES` is a table: action -> the ways it can be allowed, tried in order. Pages and doors ask `decide` and then
put the `RowFilter` of `scope` inside their query.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import reduce

from chartpost.formats.fhirjson.terms import Category, Label
from chartpost.identity.types import ALL_CATEGORIES, Actor, Authority, RowFilter, Scope, Subject, Verdict

EXCEPTED = int(Label.PSYCHOTHERAPY | Label.LITIGATION)
"""Never part of the right of access (45 CFR 164.524(a)(1)(i)-(ii)); only reviewer and privacy officer see it."""

ASKED_FOR = frozenset({"request", "package", "letter", "grant"})
"""Kinds of subject that hold what somebody asked for, or let an app do; `owner_id` is the account that did."""

Check = Callable[[Actor, Subject], bool]


@dataclass(frozen=True)
class Way:
    """One way an action can be allowed: a check, the reason shown, the rule behind it."""

    check: Check
    reason: str
    rule: str = ""


def _own(actor: Actor, subject: Subject) -> bool:
    return subject.person_id is not None and subject.person_id in actor.own_persons


def _represents(actor: Actor, subject: Subject) -> bool:
    return actor.authority_for(subject.person_id) is not None


def _represents_for_requests(actor: Actor, subject: Subject) -> bool:
    return actor.authority_for(subject.person_id, asks=True) is not None


def _part(authority: Authority) -> RowFilter:
    """What of the record a representative may see."""
    hidden = EXCEPTED | (int(Label.MINOR_CONFIDENTIAL) if authority.hides_minor_confidential else 0)
    return RowFilter(hidden_labels=hidden, categories=authority.categories)


def _represents_within(actor: Actor, subject: Subject) -> bool:
    """A representative with part of the record opens what they asked for themselves: it was cut to their part.

    What the person or somebody else asked for may hold more, so it takes an authority over the whole record. Nor do
    they open what they asked for themselves when they could see more than today.
    """
    return _within(actor.authority_for(subject.person_id), actor, subject)


def _within(authority: Authority | None, actor: Actor, subject: Subject) -> bool:
    if authority is None:
        return False
    if subject.rows is not None and not _part(authority).covers(subject.rows):
        return False
    theirs = actor.account_id is not None and subject.owner_id == actor.account_id
    return subject.kind not in ASKED_FOR or authority.whole or theirs


def _asked_within(actor: Actor, subject: Subject) -> bool:
    return _within(actor.authority_for(subject.person_id, asks=True), actor, subject)


def _account_owner(actor: Actor, subject: Subject) -> bool:
    return actor.account_id is not None and subject.owner_id == actor.account_id


def _sender(actor: Actor, subject: Subject) -> bool:
    """Who sent or asked for files; staff as long as they work here: what came to the office is the office's."""
    return _account_owner(actor, subject) and (actor.kind != "staff" or bool(actor.roles))


def _staff(*roles: str) -> Check:
    return lambda actor, _: actor.kind == "staff" and bool(actor.roles & set(roles))


def _releases(actor: Actor, subject: Subject) -> bool:
    may = actor.kind == "staff" and bool(actor.roles & {"approver", "privacy"})
    return may and not (subject.two_person and subject.prepared_by == actor.account_id)


def _other_reviewer(actor: Actor, subject: Subject) -> bool:
    return _staff("reviewer")(actor, subject) and subject.decided_by != actor.account_id


def _holds_code(actor: Actor, subject: Subject) -> bool:
    """Somebody who gave an access code: the one delivery it leads to."""
    return actor.kind == "code" and subject.kind == "delivery" and bool(subject.ref) and actor.ref == subject.ref


def _signed_in(actor: Actor, _: Subject) -> bool:
    return actor.kind in {"person", "staff"}


def _person(actor: Actor, subject: Subject) -> bool:
    """Somebody by themselves, with nobody's record."""
    return actor.kind == "person" and subject.person_id is None


def _app(actor: Actor, _: Subject) -> bool:
    return actor.kind == "app"


def _system(actor: Actor, _: Subject) -> bool:
    return actor.kind == "system"


OWN = Way(_own, "It is your own record.", "45 CFR 164.524(a)(1)")
REPRESENTS = Way(_represents, "You act for this person.", "45 CFR 164.502(g)")
ASKS_FOR = Way(_represents_for_requests, "You act for this person.", "45 CFR 164.502(g)")
WITHIN = Way(_represents_within, "You act for this person.", "45 CFR 164.502(g)")
ASKED = Way(_asked_within, "You act for this person.", "45 CFR 164.502(g)")
DESK = Way(
    _staff("clerk", "approver", "reviewer", "privacy"),
    "The records office works with records.",
    "45 CFR 164.506(c)",
)
WORKS = Way(_staff("clerk", "approver", "privacy"), "The records office handles requests.", "45 CFR 164.530(i)")
ANY_STAFF = Way(_staff("clerk", "approver", "reviewer", "privacy", "imaging", "admin"), "You work here.")
PRIVACY = Way(_staff("privacy"), "The privacy officer oversees access.", "45 CFR 164.530(a)")
ADMIN = Way(_staff("admin"), "Administrators set up the office.", "45 CFR 164.308(a)(3)")
SYSTEM_WORK = Way(_system, "The program itself does its work.")

RULES: dict[str, tuple[Way, ...]] = {
    "record.read": (
        OWN,
        REPRESENTS,
        DESK,
        Way(_staff("imaging"), "Imaging staff see imaging.", "45 CFR 164.506(c)"),
    ),
    "record.download": (OWN, WITHIN),
    "record.export": (SYSTEM_WORK,),
    "record.add": (OWN, REPRESENTS),
    "record.reconcile": (
        OWN,
        ASKS_FOR,
        Way(_staff("clerk", "privacy", "imaging"), "Staff who file records say which entries are one."),
    ),
    "record.write": (
        Way(_staff("clerk", "privacy", "imaging"), "Staff file records through an app."),
        Way(_app, "The office lets this program write."),
    ),
    "record.label": (Way(_staff("reviewer", "privacy"), "Reviewers set labels."),),
    "record.import": (
        Way(_staff("clerk", "privacy", "imaging", "admin"), "Staff file records."),
        SYSTEM_WORK,
    ),
    "document.upload": (
        Way(_staff("clerk", "approver", "privacy", "imaging"), "Staff file documents."),
        SYSTEM_WORK,
    ),
    "access_log.read": (OWN, REPRESENTS, PRIVACY),
    "request.submit": (OWN, ASKS_FOR),
    "request.read": (OWN, ASKED, DESK),
    "request.message": (OWN, ASKED, WORKS),
    "request.withdraw": (OWN, ASKED, WORKS),
    "request.confirm": (OWN, ASKED),
    "request.intake": (WORKS,),
    "request.work": (WORKS,),
    "request.release": (Way(_releases, "An approver who did not prepare it releases.", "45 CFR 164.530(i)"),),
    "request.clinical_review": (Way(_staff("reviewer"), "A licensed professional decides.", "45 CFR 164.524(a)(3)"),),
    "request.review_denial": (Way(_other_reviewer, "A reviewer who did not decide reviews.", "45 CFR 164.524(a)(4)"),),
    "package.open": (OWN, ASKED, WORKS),
    "delivery.open_by_code": (Way(_holds_code, "You gave the code, the date of birth and the one-time password."),),
    "letter.read": (OWN, ASKED, DESK),
    "caregiver.invite": (OWN,),
    "representative.end": (OWN, WORKS),
    "representative.add": (WORKS,),
    "person.search": (DESK, Way(_staff("imaging"), "Imaging staff find people.")),
    "person.edit": (WORKS,),
    "person.invite": (WORKS,),
    "person.merge": (Way(_staff("clerk", "privacy"), "Staff merge records of one person."),),
    "inbox.settle": (WORKS,),
    "queue.read": (DESK,),
    "desk.open": (ANY_STAFF,),
    "rules.read": (ANY_STAFF,),
    "ledger.search": (PRIVACY,),
    "ledger.verify": (Way(_staff("privacy", "admin"), "Privacy officer and administrators check the ledger."),),
    "office.settings": (ADMIN,),
    "staff.manage": (ADMIN,),
    "account.manage": (Way(_account_owner, "It is your own account."),),
    "app.register": (ADMIN,),
    "app.approve": (OWN, REPRESENTS, DESK),
    "app.sign_in": (Way(_person, "You are signed in."), ANY_STAFF),
    "app.grants.read": (OWN, WITHIN, ADMIN, PRIVACY, Way(_account_owner, "You gave this app its access.")),
    "app.grants.oversee": (PRIVACY,),
    "app.revoke": (OWN, ADMIN, PRIVACY, Way(_account_owner, "You gave this app its access.")),
    "share.send": (OWN, REPRESENTS, ANY_STAFF),
    "share.manage": (Way(_sender, "You sent it, or asked for it."),),
    "portal.open": (Way(_signed_in, "You are signed in."),),
}

BY_ASKING = frozenset(action for action, ways in RULES.items() if {ASKS_FOR, ASKED} & set(ways))
"""What a representative does by the right to ask for records: within what that right gives of the record."""

ACCOUNT_ONLY = frozenset({"account.manage", "portal.open"})
"""What a member of staff without a second sign-in step may still do."""


def decide(actor: Actor, action: str, subject: Subject) -> Verdict:
    """Whether `actor` may do `action` to `subject`; an unknown action is refused.

    Staff do nothing but look after their own account until they have a second sign-in step (45 CFR 164.312(d)).
    """
    if actor.kind == "staff" and not actor.second_factor and action not in ACCOUNT_ONLY:
        return Verdict(False, "Add a second sign-in step to your account first.", "45 CFR 164.312(d)")
    for way in RULES.get(action, ()):
        if way.check(actor, subject):
            return Verdict(True, way.reason, way.rule)
    if actor.kind == "anonymous":
        return Verdict(False, "Sign in first.")
    return Verdict(False, "Your account may not do this.")


def scope(actor: Actor, action: str, person_id: int) -> RowFilter:
    """What rows of a person's record `actor` may see for `action`.

    A parent does not see services the minor consented to alone (45 CFR 164.502(g)(3)(i)); nobody but the licensed
    reviewer and the privacy officer sees psychotherapy notes and litigation files.
    """
    subject = Subject("record", person_id=person_id)
    if not decide(actor, action, subject).allow:
        return RowFilter(categories=0)
    if _own(actor, subject):
        return RowFilter(hidden_labels=EXCEPTED)
    authority = actor.authority_for(person_id, asks=action in BY_ASKING)
    if authority is not None:
        return _part(authority)
    if actor.kind == "staff" and actor.roles & {"reviewer", "privacy"}:
        return RowFilter()
    if actor.kind == "system" or (actor.kind == "staff" and actor.roles & {"clerk", "approver"}):
        return RowFilter(hidden_labels=EXCEPTED)
    return RowFilter(hidden_labels=EXCEPTED, categories=mask(Category.IMAGING, Category.PEOPLE))


NOT_FOR_PART = frozenset(
    {"account", "app", "code", "delivery", "drop", "invitation", "letter", "media", "message", "package"}
    | {"request", "share", "shl"}
)
"""First words of actions that tell what somebody asks for, gets or gives away, beside what was read in the record."""


def hears_of(actor: Actor, person_id: int, action: str, by_own_app: bool = False) -> bool:
    """Whether somebody who may read who looked at a record is told of an action of others.

    Who acts for part of it does not hear that the person, or another who acts for them, asked for or sent something, or
    what was marked as sensitive, nor which apps the person let in: a minor's own request is not for the parents to know
    (45 CFR 164.502(g)(3)(i)).
    """
    authority = actor.authority_for(person_id)
    if person_id in actor.own_persons or authority is None or authority.whole:
        return True
    return not by_own_app and action.partition(".")[0] not in NOT_FOR_PART and action != "record.label"


def as_given(actor: Actor, given_as: str) -> Actor | None:
    """Who acts by what an actor gave as this kind: they as that alone; None when they are it no more.

    Whoever comes to work here gave as a person what they gave before: it opens what it opened then, without roles and
    without the second step these ask for. What staff gave goes with their last role, whatever else they may do.
    """
    if given_as == "person" and actor.kind in {"person", "staff"}:
        return replace(actor, kind="person", roles=frozenset(), second_factor=True)
    works = actor.kind != "staff" or bool(actor.roles)
    return actor if actor.kind == given_as and works else None


def lets_in(actor: Actor, scopes: Collection[Scope], person_id: int | None) -> bool:
    """Whether somebody may let an app in: to a record, to all that staff open, or only to learn who they are."""
    nothing = person_id is None and (actor.kind == "person" or not scopes)
    return decide(actor, "app.sign_in" if nothing else "app.approve", Subject("record", person_id=person_id)).allow


def app_reach(
    actor: Actor, scopes: Iterable[Scope], person_id: int | None, hidden_labels: int = 0
) -> tuple[dict[int, RowFilter], RowFilter | None]:
    """Whom an app reaches and what of each: never more than whoever approved it, less the labels kept from it.

    A backend client (kind app) reaches everyone, as an administrator registered it; staff reach everyone by `user/`
    scopes and the person in context by `patient/` scopes; a person's app reaches the person in context alone. Of
    somebody staff act for too, whose record they see as who acts for them, an app sees that part: everyone is for all
    but the persons named. What is excepted from the right of access reaches no app, though a reviewer may see that.
    """
    hidden_labels |= EXCEPTED
    levels = {found.level for found in scopes}
    if actor.kind == "app":
        return {}, RowFilter(hidden_labels=hidden_labels) if "system" in levels else None
    persons = {} if person_id is None else _kept(scope(actor, "record.read", person_id), person_id, hidden_labels)
    everyone = None
    if actor.kind == "staff" and "user" in levels:
        everyone = _kept(scope(actor, "record.read", 0), 0, hidden_labels).get(0)
    if everyone is not None:
        persons = _acted_for(actor, everyone) | persons
    return persons, everyone


def _acted_for(actor: Actor, everyone: RowFilter) -> dict[int, RowFilter]:
    """Those of whom staff, who act for them, may see less than of everyone, and what of each."""
    persons = {one.person_id for one in actor.authorities if one.in_force(actor.today)}
    return {
        person: rows for person in persons if (rows := _both(scope(actor, "record.read", person), everyone)) != everyone
    }


def _both(rows: RowFilter, other: RowFilter) -> RowFilter:
    """What two row filters without days let through both."""
    hidden, categories = rows.hidden_labels | other.hidden_labels, rows.categories & other.categories
    return RowFilter(hidden_labels=hidden, categories=categories)


def user_reach(actor: Actor, person_id: int | None, hidden_labels: int = 0) -> dict[int, RowFilter]:
    """What an app sees of its user's own Patient, no person being in context: nothing unless it is that person."""
    if person_id is None or person_id not in actor.own_persons:
        return {}
    return _kept(scope(actor, "record.read", person_id), person_id, hidden_labels)


def _kept(rows: RowFilter, person_id: int, hidden_labels: int) -> dict[int, RowFilter]:
    if rows.categories == 0:
        return {}
    return {person_id: replace(rows, hidden_labels=rows.hidden_labels | hidden_labels)}


def mask(*categories: Category) -> int:
    """The bit mask of some categories."""
    return reduce(lambda bits, category: bits | 1 << int(category), categories, 0)


def everything() -> RowFilter:
    """A filter that hides nothing: for the program's own work such as indexing."""
    return RowFilter(categories=ALL_CATEGORIES)
