"""A second cookie that turns over every five minutes, so that a copied session gives itself away.

The session's own cookie stays the same for up to twelve hours. Beside it goes a token of the present turn:
`n.mac`, n counting five-minute turns since sign-in, mac keyed by a secret that never leaves the session. Whoever
shows an older turn after a newer one was seen holds a copy: one of two browsers got the newer token, the other did
not. Which of the two is the thief cannot be known, so the session ends for both.

The token of a turn is computed, never stored, so that two requests at the same moment get the same one.
"""

import hashlib
import hmac
import secrets

from django.contrib.sessions.backends.base import SessionBase

COOKIE = "__Host-chartpost-turn"
TURN_SECONDS = 300
GRACE_SECONDS = 60
"""How long an older turn is still good: requests already on their way when the newer one was first shown."""

SECRET, NEWEST, SINCE = "chartpost_turn", "chartpost_turn_newest", "chartpost_turn_since"


def begin(session: SessionBase) -> None:
    """Start counting, at sign-in."""
    session[SECRET], session[NEWEST], session[SINCE] = secrets.token_hex(16), -1, 0


def present(session: SessionBase, began: int, moment: int) -> str:
    """The token of the turn at `moment`; both in seconds since 1970."""
    return _token(session[SECRET], (moment - began) // TURN_SECONDS)


def holds(session: SessionBase, shown: str | None, moment: int) -> bool:
    """Whether the shown cookie fits the session at `moment`; notes the newest turn shown."""
    newest = int(session[NEWEST])
    if shown is None:
        return newest < 0
    number, _, _ = shown.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 6):
        return False
    if not hmac.compare_digest(shown, _token(session[SECRET], int(number))):
        return False
    if int(number) > newest:
        session[NEWEST], session[SINCE] = int(number), moment
        return True
    return int(number) == newest or moment - int(session[SINCE]) <= GRACE_SECONDS


def _token(secret: str, number: int) -> str:
    mac = hmac.new(secret.encode(), str(number).encode(), hashlib.sha256).hexdigest()[:32]
    return f"{number}.{mac}"
