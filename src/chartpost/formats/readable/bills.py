"""Bills: each claim with what insurance answered, in one row; only amounts that stand in the data."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from chartpost.formats.fhirjson.values import get, money, show
from chartpost.formats.pdf.types import Bill
from chartpost.formats.readable.entry import Entry
from chartpost.formats.readable.labels import say, say_all
from chartpost.formats.readable.language import Words
from chartpost.formats.readable.language import gettext as _
from chartpost.formats.readable.language import gettext_lazy as lazy
from chartpost.formats.readable.words import known_date

CODES = {
    "line_nch_pmt_amt": "benefit",
    "line_coinsrnc_amt": "coinsurance",
    "line_bene_ptb_ddctbl_amt": "deductible",
}
"""Blue Button codes (https://bluebutton.cms.gov) as the usual adjudication codes."""
OWED = ("memberliability", "patientliability")
PARTS: dict[str, Words] = {
    "eligible": lazy("Agreed price"),
    "copay": lazy("Copay"),
    "deductible": lazy("Deductible"),
    "coinsurance": lazy("Your share (coinsurance)"),
    "noncovered": lazy("Not covered"),
    "discount": lazy("Discount"),
    "paidbypatient": lazy("You paid"),
}
Amounts = dict[str, dict[str, Any]]


def bills(found: list[Entry], language: str) -> tuple[Bill, ...]:
    """One row per answered claim, unanswered claim, and other paper about money, newest first."""
    claims = {e.key: e for e in found if e.type == "Claim"}
    answered = {_claim(e) for e in found if e.type == "ExplanationOfBenefit"}
    return tuple(_rows(found, claims, answered, language))


def _rows(found: list[Entry], claims: dict[str, Entry], answered: set[str], language: str) -> Iterator[Bill]:
    for entry in found:
        if entry.type == "ExplanationOfBenefit":
            yield _answer(entry, claims.get(_claim(entry)), language)
        elif entry.key not in answered or entry.type != "Claim":
            yield _alone(entry, language)


def _claim(entry: Entry) -> str:
    reference = get(entry.resource, "claim.reference")
    return "/".join(str(reference[0]).split("/")[-2:]) if reference else ""


def _answer(entry: Entry, claim: Entry | None, language: str) -> Bill:
    amounts = _amounts(entry.resource)
    charged = money((claim.resource if claim else {}).get("total")) or money(amounts.get("submitted"))
    payment = get(entry.resource, "payment.amount")
    details = dict(entry.view.details)
    return Bill(
        date=known_date(entry.view.when, language),
        service="\n".join([details.get("Services", entry.view.title), *_parts(amounts), *_remarks(entry.resource)]),
        provider=details.get("Provider", ""),
        charged=charged or _unstated(),
        insurance_paid=(money(payment[0]) if payment else money(amounts.get("benefit"))) or _unstated(),
        you_owe=next((money(amounts[c]) for c in OWED if c in amounts), "") or _unstated(),
        status=say_all(details.get("Outcome", entry.view.status)),
    )


def _alone(entry: Entry, language: str) -> Bill:
    details = dict(entry.view.details)
    given = details.get("Total charged") or details.get("Total") or details.get("Price") or details.get("Amount")
    paid = [show(c) for c in get(entry.resource, "insurance.coverage.display")]
    return Bill(
        date=known_date(entry.view.when, language),
        service="\n".join([details.get("Services", entry.view.title), *paid]),
        provider=details.get("Provider", entry.view.source),
        charged=given or _unstated(),
        status="" if entry.view.status == "Active" else say(entry.view.status),
    )


def _unstated() -> str:
    return _("not stated")


def _parts(amounts: Amounts) -> list[str]:
    shown = [f"{label}: {money(amounts[code])}" for code, label in PARTS.items() if money(amounts.get(code))]
    return [" · ".join(shown)] if shown else []


def _remarks(resource: dict[str, Any]) -> list[str]:
    if resource.get("outcome") == "complete":
        return []
    return list(
        dict.fromkeys(filter(None, map(show, [*get(resource, "disposition"), *get(resource, "processNote.text")])))
    )


def _amounts(resource: dict[str, Any]) -> Amounts:
    """Amount per adjudication code: as totalled by the insurer, else added up over the lines."""
    totals = {
        code: t["amount"] for t in get(resource, "total") for code in _codes(t) if isinstance(t.get("amount"), dict)
    }
    lines = [a for a in get(resource, "item.adjudication") if isinstance(a, dict) and isinstance(a.get("amount"), dict)]
    by_code: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        for code in _codes(line):
            by_code.setdefault(code, []).append(line["amount"])
    return {**{code: total for code, found in by_code.items() if (total := _sum(found))}, **totals}


def _codes(holder: dict[str, Any]) -> Iterable[str]:
    found = (str(code).rstrip("/").rpartition("/")[2] for code in get(holder, "category.coding.code"))
    return {CODES.get(code, code) for code in found}


def _sum(amounts: list[dict[str, Any]]) -> dict[str, Any] | None:
    currencies = {str(a.get("currency", "")) for a in amounts}
    values = [a.get("value") for a in amounts]
    if len(currencies) != 1 or not all(isinstance(v, int | float | Decimal) for v in values):
        return None
    total = sum((Decimal(str(v)) for v in values), Decimal())
    return {"value": total, "currency": currencies.pop()}
