"""Verbs of the shares room; each writes its ledger entry in its own transaction."""

from chartpost.shares.services.drops import close_drop, make_drop, open_arrival, send_to_drop
from chartpost.shares.services.ending import (
    drop_recipient,
    expire,
    extend,
    refile,
    revoke,
    revoke_by_token,
    revoke_for,
    sweep,
    unlock,
)
from chartpost.shares.services.making import add_object, add_recipient, complete, make, remove_object, sender
from chartpost.shares.services.opening import granted, header, open_link, readable, receive, stream
from chartpost.shares.services.seeing import link_seen
from chartpost.shares.services.storing import Incoming, begun, put_part
from chartpost.shares.services.tokens import account_of_token, end_token, make_token

__all__ = [
    "Incoming",
    "account_of_token",
    "add_object",
    "add_recipient",
    "begun",
    "close_drop",
    "complete",
    "drop_recipient",
    "end_token",
    "expire",
    "extend",
    "granted",
    "header",
    "link_seen",
    "make",
    "make_drop",
    "make_token",
    "open_arrival",
    "open_link",
    "put_part",
    "readable",
    "receive",
    "refile",
    "remove_object",
    "revoke",
    "revoke_by_token",
    "revoke_for",
    "send_to_drop",
    "sender",
    "stream",
    "sweep",
    "unlock",
]
