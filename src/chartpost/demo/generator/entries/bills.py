"""Bills: a Claim to the health plan and the ExplanationOfBenefit that answers it."""

from datetime import timedelta
from typing import Any

from chartpost.demo.generator.coding import hl7, reference
from chartpost.demo.generator.data.charges import ALLOWED, CHARGES, COPAY, INSURER_PAYS
from chartpost.demo.generator.values import Resource
from chartpost.demo.generator.visits import Visit

Line = tuple[str, int]
"""A charge key and how many of it."""


def _money(value: float) -> dict[str, Any]:
    return {"value": round(value, 2), "currency": "USD"}


def _items(lines: list[Line], day: str) -> list[Resource]:
    items = []
    for number, (key, count) in enumerate(lines, start=1):
        code, price = CHARGES[key]
        items.append(
            {
                "sequence": number,
                "productOrService": code.concept(),
                "servicedDate": day,
                "quantity": {"value": count},
                "unitPrice": _money(price),
                "net": _money(price * count),
            }
        )
    return items


def bill(
    visit: Visit, lines: list[Line], *, disputed: str | None = None, self_pay: bool = False
) -> tuple[Resource, Resource | None]:
    """File the claim and, unless the person pays alone, the plan's answer; ``disputed`` is its remark."""
    chart = visit.chart
    coverage = None if self_pay else chart.coverage
    total = sum(CHARGES[key][1] * count for key, count in lines)
    common: dict[str, Any] = {
        "status": "active",
        "type_": hl7("claim-type", *_claim_type(visit)),
        "use": "claim",
        "patient": chart.subject,
        "billablePeriod": {"start": visit.when, "end": visit.end.isoformat()},
        "provider": visit.custodian,
        "insurance": [{"sequence": 1, "focal": True, "coverage": _covered_by(coverage)}],
    }
    claim = chart.add(
        "Claim",
        **common,
        created=(visit.day + timedelta(days=1)).isoformat(),
        priority=hl7("processpriority", "normal", "Normal"),
        item=[item | {"encounter": [visit.reference]} for item in _items(lines, visit.day.isoformat())],
        total=_money(total),
    )
    if coverage is None:
        return claim, None
    answer = {**common, "insurance": [{"focal": True, "coverage": _covered_by(coverage)}]}
    return claim, _answer(visit, claim=claim, coverage=coverage, common=answer, lines=lines, disputed=disputed)


def _claim_type(visit: Visit) -> tuple[str, str]:
    if visit.encounter["class"]["code"] == "IMP":
        return "institutional", "Institutional"
    return "professional", "Professional"


def _covered_by(coverage: Resource | None) -> dict[str, Any]:
    return reference(coverage) if coverage else {"display": "Paid by the person in full"}


def _answer(
    visit: Visit,
    *,
    claim: Resource,
    coverage: Resource,
    common: dict[str, Any],
    lines: list[Line],
    disputed: str | None,
) -> Resource:
    total = claim["total"]["value"]
    allowed = 0.0 if disputed else total * ALLOWED
    paid = max(0.0, (allowed - COPAY) * INSURER_PAYS)
    amounts = {"submitted": total, "eligible": allowed, "copay": min(COPAY, total), "benefit": paid}
    notes = [{"number": 1, "type": "display", "text": disputed}] if disputed else None
    return visit.chart.add(
        "ExplanationOfBenefit",
        **common,
        created=(visit.day + timedelta(days=12)).isoformat(),
        insurer=coverage["payor"][0],
        claim=reference(claim),
        outcome="partial" if disputed else "complete",
        disposition=disputed or "Claim settled as per contract.",
        item=_items(lines, visit.day.isoformat()),
        total=[
            {"category": hl7("adjudication", key, _ADJUDICATION[key]), "amount": _money(value)}
            for key, value in amounts.items()
        ],
        payment={"amount": _money(paid), "date": (visit.day + timedelta(days=20)).isoformat()},
        processNote=notes,
    )


_ADJUDICATION = {
    "submitted": "Submitted Amount",
    "eligible": "Eligible Amount",
    "copay": "CoPay",
    "benefit": "Benefit Amount",
}
