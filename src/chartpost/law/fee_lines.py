"""The lines of a quote: labor, supplies, summary, postage and page prices (45 CFR 164.524(c)(4))."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from .fee_types import FeeInput, FeeLine, Supply
from .rules import cite

PAPER_SUPPLIES = frozenset({"paper", "toner", "paper_toner"})


def dollars(cents: int) -> str:
    """Write cents as dollars, for the calculation shown beside a line."""
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100}.{abs(cents) % 100:02d}"


def labor_cents(minutes: int | Fraction, rate_cents_per_hour: int) -> int:
    """Return the labor for some minutes at an hourly rate, rounded down to the cent (rulebook FEE-13)."""
    return int(Fraction(minutes) * rate_cents_per_hour / 60)


def _minutes(minutes: int | Fraction) -> str:
    exact = Fraction(minutes)
    return str(exact.numerator) if exact.denominator == 1 else f"{float(exact):g}"


def _timed(kind: str, item: str, minutes: int | Fraction, rate: int, rule: str) -> FeeLine:
    text = f"{_minutes(minutes)} min at {dollars(rate)} an hour"
    return FeeLine(kind, item, labor_cents(minutes, rate), text, cite(rule))


def actual_labor(fee: FeeInput) -> list[FeeLine]:
    """Return the line for real copying minutes (rulebook FEE-6), or none without them."""
    if fee.labor_minutes is None or fee.rate_cents_per_hour is None:
        return []
    return [_timed("labor", "copying", fee.labor_minutes, fee.rate_cents_per_hour, "FEE-6")]


def average_labor(fee: FeeInput) -> list[FeeLine]:
    """Return the line for the published average labor (rulebook FEE-7), or none without it."""
    if fee.average_labor_cents is None:
        return []
    text = "published average for this kind of request"
    return [FeeLine("labor", "copying", fee.average_labor_cents, text, cite("FEE-7"))]


def per_page(fee: FeeInput) -> list[FeeLine]:
    """Return the line for an average price per page of paper-held records (rulebook FEE-9), or none."""
    if fee.per_page_cents is None or fee.pages is None:
        return []
    text = f"{fee.pages} pages at {dollars(fee.per_page_cents)}"
    return [FeeLine("per_page", "copying", fee.per_page_cents * fee.pages, text, cite("FEE-9"))]


def invoice_basis(fee: FeeInput) -> list[FeeLine]:
    """Return the lines that a vendor's invoice must rest on: real or average labor (rulebook FEE-1)."""
    return actual_labor(fee) or average_labor(fee)


LABOR: dict[str, Callable[[FeeInput], list[FeeLine]]] = {
    "actual": actual_labor,
    "average": average_labor,
    "schedule": average_labor,
    "per_page": per_page,
    "invoice": invoice_basis,
}


def summary_work(fee: FeeInput) -> list[FeeLine]:
    """Return the line for an agreed summary (45 CFR 164.524(c)(4)(iv)), or none."""
    work = fee.summary
    if work is None:
        return []
    return [_timed("summary", "summary", work.minutes, work.rate_cents_per_hour, "FMT-8")]


def is_chargeable(supply: Supply, copy: str) -> bool:
    """Say whether a supply may be charged: asked for, or paper for a paper copy (rulebook FEE-4)."""
    return supply.requested_by_individual or (copy == "paper" and supply.item in PAPER_SUPPLIES)


def supplies(fee: FeeInput) -> list[FeeLine]:
    """Return one line for each supply that may be charged."""
    return [_supply(s, "asked for") for s in fee.supplies if is_chargeable(s, fee.copy)]


def postage(fee: FeeInput) -> list[FeeLine]:
    """Return the postage line when the person asked for mail (45 CFR 164.524(c)(4)(iii)), or none."""
    if not (fee.mail_requested and fee.postage_cents):
        return []
    return [FeeLine("postage", "postage", fee.postage_cents, "mail asked for", cite("FEE-5"))]


def dropped(fee: FeeInput) -> tuple[FeeLine, ...]:
    """Return what was put forward and may not be charged, each with the rule that bars it."""
    lines = [FeeLine("excluded", c.item, c.cents, "never charged", cite("FEE-3")) for c in fee.excluded]
    lines += [_supply(s, "not asked for") for s in fee.supplies if not is_chargeable(s, fee.copy)]
    if fee.postage_cents and not fee.mail_requested:
        lines.append(FeeLine("postage", "postage", fee.postage_cents, "mail not asked for", cite("FEE-5")))
    return tuple(lines)


def _supply(supply: Supply, why: str) -> FeeLine:
    return FeeLine("supply", supply.item, supply.cents, why, cite("FEE-4"))
