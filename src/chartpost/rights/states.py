"""The state machine of an access request as a table (rulebook 1.10); docs/states.md is rendered from it.

A guard is a name in `guards.GUARDS`. "open" stands for every state a request can be worked in. The clock runs in all
of them: nothing in 45 CFR 164.524(b)(2) stops it for identity checks, questions, fees or vendors.
"""

from dataclasses import dataclass

OPEN = (
    "received",
    "verifying",
    "needs_info",
    "in_scope_check",
    "retrieving",
    "clinical_review",
    "qa",
    "ready",
    "fee_estimated",
    "fee_accepted",
    "delivery_failed",
)
DONE = ("delivered", "confirmed", "closed", "withdrawn", "redirected", "no_records", "denied", "review_requested")
WATCHED = frozenset({"delivered", "review_requested"})
"""States in which the office has acted but still has something to look after; they stay in the queue."""
SAME = "(same)"
BACK = "(back)"
"""To the state from which the present one was entered."""


@dataclass(frozen=True)
class Transition:
    """From these states, on this event, when the guards hold, to that state."""

    event: str
    sources: tuple[str, ...]
    target: str
    guards: tuple[str, ...] = ()
    cite: str = ""


TABLE: tuple[Transition, ...] = (
    Transition("start_check", ("received",), "verifying"),
    Transition(
        "ask_info", ("received", "verifying", "in_scope_check", "retrieving"), "needs_info", ("reason",), "INT-11"
    ),
    Transition("info_given", ("needs_info",), BACK, (), "INT-7"),
    Transition(
        "identity_verified",
        ("received", "verifying", "needs_info"),
        "in_scope_check",
        ("person_known", "identity_recorded"),
        "45 CFR 164.514(h)",
    ),
    Transition("set_scope", ("in_scope_check", "retrieving", "qa", "ready"), "retrieving", (), "45 CFR 164.524(c)(3)"),
    Transition("no_records", ("in_scope_check", "retrieving"), "no_records", ("letter_ready",), "REV-5"),
    Transition(
        "redirect", ("in_scope_check", "retrieving"), "redirected", ("reason", "letter_ready"), "45 CFR 164.524(d)(3)"
    ),
    Transition("ask_review", ("retrieving", "qa"), "clinical_review", ("reason",), "45 CFR 164.524(a)(3)"),
    Transition("reviewed", ("clinical_review",), "qa", ("licensed", "items_decided"), "45 CFR 164.524(a)(3)"),
    Transition("records_chosen", ("retrieving",), "qa", ("items_decided",)),
    Transition("qa_passed", ("qa",), "ready", ("package_ready", "package_is_theirs", "record_unchanged"), "QA"),
    Transition("quote_fee", ("ready",), "fee_estimated", ("fee_allowed", "letter_ready"), "45 CFR 164.524(c)(4)"),
    Transition("accept_fee", ("fee_estimated",), "fee_accepted", ("fee_as_seen",), "FEE-11"),
    Transition("decline_fee", ("fee_estimated", "fee_accepted"), "ready", (), "FEE-10"),
    Transition("waive_fee", ("fee_estimated", "fee_accepted"), "ready", (), "FEE-12"),
    Transition(
        "release",
        ("ready", "fee_accepted"),
        "delivered",
        (
            "identity_recorded",
            "may_receive",
            "qa_done",
            "package_ready",
            "package_is_theirs",
            "record_unchanged",
            "second_person",
            "letters_ready",
        ),
        "45 CFR 164.524(b)(2)(i)(A)",
    ),
    Transition(
        "deny",
        ("in_scope_check", "retrieving", "clinical_review", "qa"),
        "denied",
        ("ground_given", "second_person", "letter_ready"),
        "45 CFR 164.524(d)",
    ),
    Transition(
        "ask_denial_review",
        ("denied", "delivered", "confirmed", "closed"),
        "review_requested",
        ("reviewable",),
        "45 CFR 164.524(a)(4)",
    ),
    Transition("review_upheld", ("review_requested",), "closed", ("other_reviewer",), "45 CFR 164.524(d)(4)"),
    Transition("review_granted", ("review_requested",), "retrieving", ("other_reviewer",), "45 CFR 164.524(d)(4)"),
    Transition("confirm", ("delivered",), "confirmed", (), "DEL-11"),
    Transition("delivery_failed", ("delivered", "confirmed"), "delivery_failed", ("reason",), "DEL-11"),
    Transition("deliver_again", ("delivery_failed",), "ready"),
    Transition("send_more", ("delivered", "confirmed", "delivery_failed"), "retrieving", ("reason",), "REV-6"),
    Transition("extend", OPEN, SAME, ("extension_allowed", "letter_ready"), "45 CFR 164.524(b)(2)(ii)"),
    Transition("withdraw", OPEN, "withdrawn", ("reason",), "1.10"),
    Transition("close", ("confirmed", "delivered", "denied", "withdrawn", "redirected", "no_records"), "closed"),
)
ENDS_CLOCK = frozenset({"delivered", "denied", "withdrawn", "redirected", "no_records"})
"""States in which the office has acted on the request (45 CFR 164.524(b)(2)(i)) or it was withdrawn; the states that
follow them keep the day. In an open state the clock runs, also after a failed delivery."""
STATES = tuple(dict.fromkeys((*OPEN, *DONE)))


def find(event: str, state: str) -> Transition | None:
    """The transition an event makes from a state, if there is one."""
    return next((t for t in TABLE if t.event == event and state in t.sources), None)


def events_from(state: str) -> tuple[str, ...]:
    """The events possible in a state, in table order."""
    return tuple(t.event for t in TABLE if state in t.sources)


def as_markdown() -> str:
    """The table as a page of the documentation."""
    lines = [
        "# States of an access request",
        "",
        "Rendered from `chartpost.rights.states.TABLE`. The clock runs in every open state.",
        "",
        "| Event | From | Guards | To | Rule |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in TABLE:
        sources = "any open state" if row.sources == OPEN else ", ".join(row.sources)
        lines.append(f"| {row.event} | {sources} | {', '.join(row.guards)} | {row.target} | {row.cite} |")
    return "\n".join(lines) + "\n"
