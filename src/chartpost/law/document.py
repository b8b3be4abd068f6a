"""Write the tables of the law as one Markdown page (docs/rules.md), so that the two never differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from . import categories, labels, letters, minors, rules, states, timers
from .citation import Citation
from .clock import warn_days
from .fees import REASON_RULES
from .state_fees import state_fee_rows
from .tables import ENGINE_VERSION, table, versions

INTRO = """\
# The rules Chartpost follows

This page is written by the program from its own tables (`chartpost.law`); a test keeps the two in step.
It is a reference for people who run a records office, and no legal advice.

Marks: **verified** - the text was read; **verify** - believed right, a person must check it before relying on
it; **design** - a choice of this program that no law requires. State rows need a check every year.
"""

STATE_INTRO = "The earlier of the state and the federal date counts (45 CFR 160.203(b))."
HOLIDAY_INTRO = "A holiday on a Saturday is kept on Friday, one on a Sunday on Monday."
FEE_INTRO = "A state limit only ever lowers what a person pays; search fees are never charged to the person."


def render() -> str:
    """Return the whole page as Markdown text."""
    parts = [INTRO, _versions(), *_rules(), *_clock(), *_fees(), *_others()]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]], intro: str = "") -> str:
    lines = [f"## {title}", ""]
    if intro:
        lines += [intro, ""]
    lines += ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return ", ".join(_cell(part) for part in value)
    return str(value).replace("|", "\\|")


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _cited(citation: Citation) -> tuple[str, str]:
    return citation.cite, citation.mark


def _versions() -> str:
    known = ", ".join(f"{name} {version}" for name, version in versions().items())
    return f"Engine version {ENGINE_VERSION}. Table versions: {known}.\n"


def _rules() -> Iterator[str]:
    rows = [(r.id, r.text, r.cite, r.mark, r.effective_from) for r in rules.all_rules().values()]
    yield _table("Rules in plain words", ("Rule", "What it says", "Source", "Mark", "Since"), rows)


def _clock() -> Iterator[str]:
    profiles = [
        (name, row["first_days"], row["offsite_first_days"], row["extension_days"], row["cite"], row["mark"])
        for name, row in table("access_profiles").items()
        if isinstance(row, dict)
    ]
    intro = f"The desk is warned on days {_cell(warn_days())}. Receipt is day 0."
    columns = ("Profile", "Days", "Days, off site", "Extension", "Source", "Mark")
    yield _table("Time to act on a request for access", columns, profiles, intro)
    limits = [
        (r.state, r.applies_to, r.kind, f"{r.days} {r.unit} days", r.note, *_cited(r.citation))
        for r in states.state_limits()
        if r.citation.mark != "test"
    ]
    head = ("State", "Applies to", "For", "Limit", "Note", "Source", "Mark")
    yield _table("State time limits", head, limits, STATE_INTRO)
    rows = [
        (t.name, t.start, _length(t), t.extension, _warnings(t), *_cited(t.citation))
        for t in timers.all_timers().values()
    ]
    yield _table("Timers", ("Timer", "Starts at", "Length", "Extension", "Warn", "Source", "Mark"), rows)
    days = [(row["name"], _holiday(row)) for row in table("holidays")["holiday"]]
    yield _table("Federal holidays", ("Holiday", "When"), days, "A Saturday is kept on Friday, a Sunday on Monday.")


def _length(timer: timers.Timer) -> str:
    return "as written" if timer.length is None else f"{timer.length} {timer.unit}"


def _warnings(timer: timers.Timer) -> str:
    parts = [
        f"day {_cell(timer.warn)}" if timer.warn else "",
        f"{_cell(timer.warn_before)} days before" if timer.warn_before else "",
        f"at {_cell(timer.warn_percent)} %" if timer.warn_percent else "",
    ]
    return "; ".join(part for part in parts if part)


def _holiday(row: dict[str, int]) -> str:
    if "day" in row:
        return f"{row['month']}/{row['day']}" + (f", since {row['since']}" if "since" in row else "")
    weekday = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")[row["weekday"]]
    which = "last" if row["nth"] < 0 else f"number {row['nth']}"
    return f"{which} {weekday} of month {row['month']}"


def _fees() -> Iterator[str]:
    rows = [
        (r["state"], _tiers(r), r.get("search_fee_cents"), r.get("free_when"), r["cite"], r["mark"])
        for r in state_fee_rows()
    ]
    head = ("State", "Cents a page, on paper", "Search fee in cents", "Free for", "Source", "Mark")
    yield _table("State limits on fees", head, rows, FEE_INTRO)
    reasons = [(code, rule, rules.explain(rule).text) for code, rule in REASON_RULES.items()]
    yield _table("Reasons on a fee quote", ("Code", "Rule", "What it says"), reasons)


def _tiers(row: object) -> str:
    pairs = row.get("tiers", []) if isinstance(row, dict) else []
    return ", ".join(f"{cents} to page {last}" if last else f"{cents}" for last, cents in pairs)


def _others() -> Iterator[str]:
    intake = table("intake")["requirement"].items()
    yield _table(
        "What an office may ask of a person",
        ("Requirement", "Allowed", "Rule"),
        [(name, row["allowed"], row["rule"]) for name, row in intake],
    )
    found = [(k, e.key, e.says, e.citation.rule_id) for k in letters.kinds() for e in _elements(k)]
    yield _table("What each letter must say", ("Letter", "Element", "What it says", "Rule"), found)
    ages = [("all others", minors.majority_age(None), "", "")]
    ages += [(row["state"], row["age"], row["cite"], row["mark"]) for row in table("majority")["row"]]
    yield _table("Age of majority", ("State", "Age", "Source", "Mark"), ages)
    consents = [
        (c.state, c.area, c.from_age, c.parent_access, *_cited(c.citation))
        for c in (minors.minor_consent(row["state"], row["area"])[0] for row in table("minor_consent")["row"])
    ]
    columns = ("State", "Service", "From age", "Parent's access", "Source", "Mark")
    yield _table("Services a minor may agree to alone", columns, consents)
    menu = [(c.key, c.name, c.labels, "yes" if c.in_record_set else "no") for c in categories.all_categories()]
    yield _table("Record categories", ("Key", "Name", "Starts with labels", "Right of access"), menu)
    codes = [(found.axis, found.code, found.name, found.system) for found in labels.all_labels().values()]
    yield _table("Security labels", ("Axis", "Code", "Name", "System"), codes)
    layers = [(s.category, s.states, s.treat, *_cited(s.citation)) for s in labels.state_sensitivity()]
    yield _table("Sensitive records in state law", ("Category", "States", "What to do", "Source", "Mark"), layers)
    yield from _disclosures()


def _disclosures() -> Iterator[str]:
    uses = [
        (key, _yes(row["accounting"]), _yes(row["minimum_necessary"]), row["cite"])
        for key, row in table("purposes")["purpose"].items()
    ]
    head = ("Purpose", "In an accounting", "Minimum necessary", "Source")
    yield _table("Purposes of a disclosure", head, uses)
    reasons = [
        (key, row["exception"], _yes(row["written"]), row["cite"]) for key, row in table("infoblock")["reason"].items()
    ]
    head = ("Reason", "Exception", "Written reasons in 10 business days", "Source")
    yield _table("Information blocking", head, reasons)


def _elements(kind: str) -> tuple[letters.Element, ...]:
    ground = "DEN-6" if "denial" in kind else None
    return letters.required(kind, ground)
