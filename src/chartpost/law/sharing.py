"""Disclosures to others: accounting, minimum necessary, directives, information blocking (rulebook 1.7, 4, 6)."""

from __future__ import annotations

from dataclasses import dataclass

from .access import GROUNDS
from .citation import Citation
from .errors import LawInputError
from .rules import cite
from .tables import table

DIRECTIVE_PARTS = {
    "in_writing": "IN_WRITING",
    "signed": "SIGNED",
    "identifies_person": "DESIGNATED_PERSON",
    "identifies_where": "WHERE_TO_SEND",
}


@dataclass(frozen=True, slots=True)
class Purpose:
    """A purpose of disclosure: whether an accounting lists it and whether minimum necessary applies."""

    key: str
    in_accounting: bool
    minimum_necessary: bool
    cite: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveFacts:
    """A person's directive to send records to someone else. `content` is ehr_electronic_copy or another kind."""

    in_writing: bool
    signed: bool
    identifies_person: bool
    identifies_where: bool
    content: str
    profile: str = "ciox_2020"


@dataclass(frozen=True, slots=True)
class Directive:
    """What follows: must_send, use_authorization (not of the kind a directive compels) or incomplete."""

    result: str
    fee_limit_applies: bool
    missing: tuple[str, ...]
    citation: Citation


@dataclass(frozen=True, slots=True)
class BlockingException:
    """The exception a refusal or delay needs, and whether written reasons are owed in 10 business days."""

    exception: str
    written_10bd: bool
    cite: str


def purpose(key: str) -> Purpose:
    """Return what the law says about a purpose (45 CFR 164.502(b)(2), 164.528(a)(1)).

    A purpose the table does not list is held to minimum necessary and listed in the accounting.
    """
    row = table("purposes")["purpose"].get(key)
    if row is None:
        return Purpose(key, in_accounting=True, minimum_necessary=True, cite="45 CFR 164.528(a)(1)")
    return Purpose(key, row["accounting"], row["minimum_necessary"], row["cite"])


def directive(facts: DirectiveFacts) -> Directive:
    """Check a directive to a third party (45 CFR 164.524(c)(3)(ii); Ciox Health v. Azar; rulebook 1.7).

    Missing codes: IN_WRITING, SIGNED, DESIGNATED_PERSON, WHERE_TO_SEND, EHR_ELECTRONIC_COPY_ONLY.
    """
    old_reading = facts.profile == "guidance_2016"
    missing = [code for name, code in DIRECTIVE_PARTS.items() if not getattr(facts, name)]
    outside_ehr = facts.content != "ehr_electronic_copy" and not old_reading
    result = "incomplete" if missing else "must_send"
    if outside_ehr:
        missing.append("EHR_ELECTRONIC_COPY_ONLY")
        result = "use_authorization"
    return Directive(result, old_reading, tuple(missing), cite("TPD-7" if old_reading else "TPD-3"))


def blocking_exception(reason: str, policy: str = "infeasibility_only") -> BlockingException:
    """Return the information blocking exception behind a refusal or delay (45 CFR part 171; rulebook 6.2).

    `reason` is a row of the table or a ground of refusal. Policy all_denials_10bd owes written reasons for every
    refusal under an exception. Raises LawInputError for another reason: nothing is refused without a row.
    """
    rows = table("infoblock")["reason"]
    row = rows.get(_general(reason))
    if row is None:
        raise LawInputError.of("reason", reason, f"one of {', '.join(rows)}")
    always = policy == "all_denials_10bd" and row["exception"] != "NONE"
    return BlockingException(row["exception"], row["written"] or always, row["cite"])


def _general(reason: str) -> str:
    """Return the table's key for a ground of refusal: excepted information by its kind, others by paragraph."""
    if reason not in GROUNDS:
        return reason
    return "524(a)(3)" if "(a)(3)" in reason else "524(a)(2)"
