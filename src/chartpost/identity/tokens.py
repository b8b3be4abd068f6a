"""What an access token may do, from a cache that follows revocation within half a second in every process.

A token is looked up by the SHA-256 of it. What was found is kept for a minute at most, for as long as the number in
`identity_tokenepoch` stands still and the token has not expired; the number is read at most every half second.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from time import monotonic
from typing import Any

from chartpost.identity import minors, policies, scopes
from chartpost.identity.aliases import canonical_patient, person_of
from chartpost.identity.app_types import PATIENT
from chartpost.identity.types import Access, Actor, Authority
from chartpost.kernel import clock
from chartpost.kernel.config import config
from chartpost.kernel.db.raw import Db

POLL_SECONDS = 0.5
KEPT_SECONDS = 60.0
"""How long a finding counts without another look: a day may begin on which somebody's right ends."""

MOST_KEPT = 10_000
TOUCH_SECONDS = 60.0

_kept: dict[str, tuple[int, float, Access]] = {}
_touched: dict[str, float] = {}


class _Epoch:
    """The number last seen, when to look again, and when to forget what no longer counts."""

    value = -1
    look_at = 0.0
    tidy_at = 0.0


def access(token: str, db: Db) -> Access | None:
    """What a bearer token may do; None when it is unknown, over or revoked. `db` is the caller's open connection."""
    key = _key(token)
    if monotonic() >= _Epoch.look_at:
        _look(db)
    found = _kept.get(key)
    if found is not None and found[0] == _Epoch.value and clock.now_ms() < found[1]:
        return found[2]
    return _load(key, db)


def known(token: str) -> bool:
    """Whether this process found a token good within the last minute: a hint who is no stranger, never leave."""
    found = _kept.get(_key(token))
    return found is not None and clock.now_ms() < found[1]


_GRANT = """
SELECT g.expires_at, g.scopes, g.ref, g.account_id, g.given_as, g.person_id, g.fhir_user, g.hidden_labels,
       a.client_id, a.name, a.hidden_labels, a.ref, a.allowed_scopes
FROM identity_appgrant g JOIN identity_app a ON a.id = g.app_id
WHERE g.ref = ? AND g.ended_at IS NULL AND a.disabled_at IS NULL
"""


def access_of_grant(ref: str, db: Db) -> Access | None:
    """What a grant gives today, without a token; None when it is unknown or over."""
    row = db.one(_GRANT, (ref,))
    if row is None:
        return None
    expires = float("inf") if row[0] is None else _seconds(row[0])
    return _access(row, expires, db) if expires > clock.now().timestamp() else None


def forget() -> None:
    """Look at the number again before the next token is answered for."""
    _Epoch.look_at = 0.0


def touch(grant_ref: str) -> None:
    """Note that a grant is in use, at most once a minute; needs Django's connection."""
    moment = monotonic()
    if moment - _touched.get(grant_ref, -TOUCH_SECONDS) < TOUCH_SECONDS:
        return
    if len(_touched) >= MOST_KEPT:
        _touched.clear()
    _touched[grant_ref] = moment
    from chartpost.identity.app_models import AppGrant

    AppGrant.objects.filter(ref=grant_ref).update(last_used_at=clock.now())


def _key(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _look(db: Db) -> None:
    row = db.one("SELECT value FROM identity_tokenepoch WHERE id = 1")
    _Epoch.value = int(row[0]) if row else 0
    _Epoch.look_at = monotonic() + POLL_SECONDS


_LOOKUP = """
SELECT t.expires, t.scope, g.ref, g.account_id, g.given_as, g.person_id, g.fhir_user, g.hidden_labels,
       a.client_id, a.name, a.hidden_labels, a.ref, a.allowed_scopes, g.expires_at
FROM identity_accesstoken t JOIN identity_appgrant g ON g.id = t.grant_id JOIN identity_app a ON a.id = g.app_id
WHERE t.token_checksum = ? AND g.ended_at IS NULL AND a.disabled_at IS NULL
"""


def _load(key: str, db: Db) -> Access | None:
    epoch = _epoch_of(db)  # read first: a revocation that comes in between makes what is found here count no more
    row = db.one(_LOOKUP, (key,))
    if row is None:
        return None
    *facts, ends = row
    expires, moment = min(_seconds(row[0]), float("inf") if ends is None else _seconds(ends)), clock.now().timestamp()
    if expires <= moment:
        return None
    found = _access(tuple(facts), expires, db)
    if found is not None:
        _tidy()
        _kept[key] = (epoch, min(expires, moment + KEPT_SECONDS) * 1000, found)
    return found


def _tidy() -> None:
    """Forget findings that count no longer, at most once a minute, and all when there are too many."""
    if len(_kept) >= MOST_KEPT:
        _kept.clear()
    if monotonic() < _Epoch.tidy_at:
        return
    _Epoch.tidy_at = monotonic() + KEPT_SECONDS
    over = clock.now_ms()
    for key, found in list(_kept.items()):
        if found[1] <= over:
            _kept.pop(key, None)


def _epoch_of(db: Db) -> int:
    row = db.one("SELECT value FROM identity_tokenepoch WHERE id = 1")
    return int(row[0]) if row else 0


def _access(row: tuple[Any, ...], expires: float, db: Db) -> Access | None:
    _, scope, grant_ref, account_id, given_as, person_id, fhir_user, hidden, *app = row
    client_id, name, app_hidden, app_ref, allowed = app
    who = Actor(kind="app", ref=app_ref, name=name) if account_id is None else _actor(account_id, db)
    actor = who and policies.as_given(who, given_as)
    if actor is None:
        return None
    person_id = None if person_id is None else _followed(person_id, db)
    granted = scopes.resources(in_force(scope.split(), given_as, allowed.split()))
    persons, everyone = policies.app_reach(actor, granted, person_id, hidden | app_hidden)
    if person_id is not None and person_id not in persons:
        return None
    told = fhir_user if "fhirUser" in scope.split() else ""
    own = _own_user(told, person_id, actor.own_persons, db)
    known_by = _patient_id(person_id if person_id is not None else own, db)
    return Access(
        grant_ref=grant_ref,
        client_id=client_id,
        client_name=name,
        actor=actor,
        scopes=granted,
        persons=persons,
        everyone=everyone,
        person_id=person_id,
        patient_id="" if person_id is None else known_by,
        expires_at=expires,
        fhir_user=_user(told, own, known_by),
        user=policies.user_reach(actor, own, hidden | app_hidden),
    )


def user_of(fhir_user: str, account_id: int, person_id: int | None, db: Db) -> str:
    """Who the user of an app is today, by the `fhirUser` its grant was filed with (SMART 2.2).

    A Patient is followed as `patient` is, through merges and deleted Patients: it is that of the account's own person,
    the one in context if there is one. Empty where the account has no such person any more.
    """
    own_persons = frozenset(person for (person,) in db.all(_OWN, (account_id,)))
    own = _own_user(fhir_user, None if person_id is None else _followed(person_id, db), own_persons, db)
    return _user(fhir_user, own, _patient_id(own, db))


def _own_user(fhir_user: str, person_id: int | None, own: Collection[int], db: Db) -> int | None:
    """The account's own person an app is told of as its user; None where it is told of another kind of user, or none.

    With nobody in context: the one it was told of first, if that is the account's own still.
    """
    if not fhir_user.startswith(PATIENT):
        return None
    if person_id is not None:
        return person_id if person_id in own else None
    named = _named(fhir_user.removeprefix(PATIENT), db) if len(own) > 1 else None
    return named if named in own else min(own, default=None)


def _named(name: str, db: Db) -> int | None:
    """The person a Patient id belongs to by now, or their own reference where no Patient described them."""
    found = person_of(name, db)
    row = None if found is not None else db.one("SELECT id FROM identity_person WHERE ref = ?", (name,))
    return found if row is None else _followed(int(row[0]), db)


def _user(fhir_user: str, own: int | None, known_by: str) -> str:
    """A `fhirUser` as it is told today: a Patient by the id apps know it by now, if it is the account's own."""
    if not fhir_user.startswith(PATIENT):
        return fhir_user
    return "" if own is None else PATIENT + known_by


def in_force(held: Sequence[str], given_as: str, allowed: Sequence[str]) -> Sequence[str]:
    """The scopes that count today of those a person, staff or the office itself (for a backend client, `app`) gave.

    Staff and backend clients have theirs from the office, so what it takes back is gone. What a person gave an app
    stays as they gave it.
    """
    return held if given_as == "person" else scopes.permitted(held, allowed)


_ACCOUNT = "SELECT ref, name, email, is_staff_account, zone, language FROM identity_account WHERE id = ? AND is_active"
_ROLES = "SELECT role FROM identity_staffrole WHERE account_id = ? AND ended_at IS NULL"
_OWN = "SELECT person_id FROM identity_ownlink WHERE account_id = ? AND ended_at IS NULL"
_ACTING = """
SELECT r.ref, r.person_id, basis, categories, may_request, hides_minor_confidential, starts_on, ends_on, p.birth_date
FROM identity_representation r JOIN identity_person p ON p.id = r.person_id
WHERE r.account_id = ? AND r.ended_at IS NULL ORDER BY r.id
"""
_SECOND_STEP = "SELECT 1 FROM mfa_authenticator WHERE user_id = ? AND type <> ? LIMIT 1"
_PLACE = "SELECT zone, state FROM identity_facility WHERE closed_at IS NULL ORDER BY id LIMIT 1"


def _actor(account_id: int, db: Db) -> Actor | None:
    """The actor an account is today; None when it is closed."""
    row = db.one(_ACCOUNT, (account_id,))
    if row is None:
        return None
    ref, name, email, is_staff, zone, language = row
    needed = bool(is_staff) and config().staff_second_factor and not config().demo
    place, state = db.one(_PLACE) or ("UTC", "")
    return Actor(
        kind="staff" if is_staff else "person",
        account_id=account_id,
        ref=ref,
        name=name or email,
        own_persons=frozenset(person for (person,) in db.all(_OWN, (account_id,))),
        authorities=tuple(_authority(acting, state) for acting in db.all(_ACTING, (account_id,))),
        roles=frozenset(role for (role,) in db.all(_ROLES, (account_id,))),
        today=clock.today(place),
        second_factor=not needed or db.one(_SECOND_STEP, (account_id, "recovery_codes")) is not None,
        zone=zone or place,
        language=language or "en",
    )


def _authority(row: tuple[Any, ...], state: str) -> Authority:
    ref, person_id, basis, categories, may_request, hides, starts, ends, birth_date = row
    born = None if birth_date is None else _day(birth_date)
    last = minors.last_day(basis, None if ends is None else _day(ends), born, state)
    return Authority(ref, person_id, basis, categories, bool(may_request), bool(hides), _day(starts), last)


def _followed(person_id: int, db: Db) -> int:
    """The person kept where this one was merged into another."""
    while (row := db.one("SELECT merged_into_id FROM identity_person WHERE id = ?", (person_id,))) and row[0]:
        person_id = row[0]
    return person_id


def _patient_id(person_id: int | None, db: Db) -> str:
    if person_id is None:
        return ""
    found = canonical_patient(person_id, db)
    if found:
        return found
    row = db.one("SELECT ref FROM identity_person WHERE id = ?", (person_id,))
    return str(row[0]) if row else ""


def _seconds(value: Any) -> float:
    """A moment as the database hands it out, in seconds since 1970; SQLite keeps it as text in UTC."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp()


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)
