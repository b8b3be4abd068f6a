"""Verbs of the rights room: a request from receipt to receipt, each step a row of the state table and of the ledger."""

from chartpost.rights.charges import mark_paid, quote
from chartpost.rights.decisions import decide_item, set_ground
from chartpost.rights.receive import PORTAL, intake, repeats, submit
from chartpost.rights.steps import NOTICES, step, transition
from chartpost.rights.thread import read_letter, read_messages, write_message, write_note
from chartpost.rights.work import (
    assign,
    change_way,
    check_authority,
    choose_scope,
    pass_qa,
    prepare,
    tie_person,
    verify_identity,
)

__all__ = [
    "NOTICES",
    "PORTAL",
    "assign",
    "change_way",
    "check_authority",
    "choose_scope",
    "decide_item",
    "intake",
    "mark_paid",
    "pass_qa",
    "prepare",
    "quote",
    "read_letter",
    "read_messages",
    "repeats",
    "set_ground",
    "step",
    "submit",
    "tie_person",
    "transition",
    "verify_identity",
    "write_message",
    "write_note",
]
