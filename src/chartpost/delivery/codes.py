"""Access codes: copies for people without e-mail or an account.

Three things open a delivery: the code on a sheet of paper, the date of birth of whose record it is, and a one-time
password that staff say on the phone, to the number on file. Of code and password only keyed hashes are kept. The files
are enciphered by the office, which holds the record anyway: this is not a sealed share, and the pages say so.
"""

import hmac
import secrets
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.db import transaction

from chartpost.delivery import models, queries
from chartpost.delivery.closing import still_open
from chartpost.delivery.errors import NotThere, WrongStep
from chartpost.delivery.types import CodeView, DeliveryView
from chartpost.identity import queries as identity
from chartpost.identity.services import event
from chartpost.identity.types import Actor
from chartpost.kernel import clock, keys
from chartpost.kernel.ids import new_code
from chartpost.ledger import services as ledger

CHANNEL_NAME = "access_code"
CODE_DAYS = 30
TRIES = 5
"""Wrong dates of birth, or wrong one-time passwords, after which a code is locked for good."""
PASSWORD_MINUTES = 15
PASSWORD_DIGITS = 6


@transaction.atomic
def make(delivery_ref: str, actor: Actor) -> str:
    """A new code for a delivery; earlier ones end. Only its hash is kept. Raises NotThere, WrongStep."""
    found = queries.known_delivery(delivery_ref, CHANNEL_NAME)
    still_open(delivery_ref)
    row = models.Delivery.objects.get(ref=delivery_ref)
    row.codes.exclude(state="ended").update(state="ended")
    code = new_code()
    ends_at = clock.now() + timedelta(days=CODE_DAYS)
    row.codes.create(code_hash=_hash("code", code), made_by=actor.account_id, ends_at=ends_at)
    ledger.append(event(actor, "code.make", found.person_id, f"delivery:{delivery_ref}"))
    return code


@transaction.atomic
def enter(code: str, birth_date: date, actor: Actor) -> str | None:
    """The reference of an open code, when the date of birth is right too; None for everything else.

    Five wrong dates lock the code. The answer does not tell a wrong code from a wrong date, an ended or a locked one.
    """
    row = models.AccessCode.objects.select_for_update().filter(code_hash=_hash("code", _plain(code))).first()
    born = identity.person_by_id(row.delivery.person_id).birth_date if row else None
    right = hmac.compare_digest(str(born), str(birth_date))
    if row is None or row.state != "open" or row.ends_at <= clock.now():
        return None
    if right:
        return row.ref
    _failed(row, actor)
    return None


@transaction.atomic
def ask_call(ref: str, actor: Actor) -> None:
    """The person waits to be called; asking twice is asking once."""
    row = _open(ref)
    if row.call_asked_at is None:
        row.call_asked_at = clock.now()
        row.save(update_fields=["call_asked_at"])
        _note(row, "code.call", actor)


@transaction.atomic
def new_password(delivery_ref: str, actor: Actor) -> str:
    """A one-time password to say on the phone; earlier ones end. Raises NotThere, WrongStep without an open code."""
    queries.known_delivery(delivery_ref, CHANNEL_NAME)
    row = models.AccessCode.objects.select_for_update().filter(delivery__ref=delivery_ref, state="open").first()
    if row is None or row.ends_at <= clock.now():
        raise WrongStep(
            seen="a delivery without an open code", expected="an open code", todo="Print a new code sheet first."
        )
    password = "".join(secrets.choice("0123456789") for _ in range(PASSWORD_DIGITS))
    row.password_hash = _hash("password", f"{row.ref}{password}")
    row.password_ends_at = clock.now() + timedelta(minutes=PASSWORD_MINUTES)
    row.call_asked_at = None
    row.save()
    _note(row, "code.password", actor)
    return password


@transaction.atomic
def unlock(ref: str, password: str, actor: Actor) -> bool:
    """Use the one-time password; it works once, for fifteen minutes. Five wrong ones lock the code."""
    row = _open(ref)
    given = _hash("password", f"{row.ref}{''.join(password.split())}")
    in_time = row.password_ends_at is not None and clock.now() < row.password_ends_at
    if in_time and row.password_hash and hmac.compare_digest(given, row.password_hash):
        row.password_hash, row.password_ends_at, row.opened_at = "", None, clock.now()
        row.save()
        _note(row, "code.open", actor)
        return True
    _failed(row, actor)
    return False


def delivery_of(ref: str) -> DeliveryView:
    """The delivery an open code leads to; raises NotThere when the code was ended or locked since."""
    found = queries.delivery(_open(ref, lock=False).delivery.ref)
    assert found is not None
    return found


def current(delivery_ref: str) -> CodeView | None:
    """The newest code of a delivery; None when there is none yet."""
    row = models.AccessCode.objects.filter(delivery__ref=delivery_ref).order_by("-pk").first()
    return _view(row) if row else None


def waiting() -> list[tuple[DeliveryView, datetime]]:
    """Deliveries whose reader waits for a call, the longest wait first."""
    rows = models.AccessCode.objects.filter(state="open", call_asked_at__isnull=False, ends_at__gt=clock.now())
    found = []
    for row in rows.select_related("delivery").order_by("call_asked_at"):
        one = queries.delivery(row.delivery.ref)
        if one is not None and row.call_asked_at is not None:
            found.append((one, row.call_asked_at))
    return found


def _failed(row: models.AccessCode, actor: Actor) -> None:
    row.failures += 1
    row.state = "locked" if row.failures >= TRIES else row.state
    row.save()
    _note(row, "code.lock" if row.state == "locked" else "code.refuse", actor)


def _open(ref: str, lock: bool = True) -> models.AccessCode:
    rows = models.AccessCode.objects.select_related("delivery").filter(ref=ref, state="open", ends_at__gt=clock.now())
    row = (rows.select_for_update(of=("self",)) if lock else rows).first()
    if row is None:
        raise NotThere(
            seen="a code that was ended or locked",
            expected="an open code",
            todo="Call the records office and ask for a new code.",
        )
    return row


def _note(row: models.AccessCode, action: str, actor: Actor) -> None:
    ledger.append(event(actor, action, row.delivery.person_id, f"delivery:{row.delivery.ref}"))


def _view(row: models.AccessCode) -> CodeView:
    over = row.state == "open" and row.ends_at <= clock.now()
    return CodeView("ended" if over else row.state, row.made_at, row.ends_at, row.call_asked_at, row.opened_at)


def _plain(code: str) -> str:
    """A code as typed: any case, with or without dashes and spaces."""
    bare = "".join(code.upper().replace("-", " ").split())
    return "-".join(bare[at : at + 4] for at in range(0, len(bare), 4))


def _hash(kind: str, text: str) -> str:
    return hmac.new(keys.derive(f"access-{kind}", 32), text.encode(), sha256).hexdigest()
