"""How a medicine is taken: FHIR Dosage of a substanceAdministration."""

from chartpost.formats.ccda.intake.amounts import limits, quantity, timing
from chartpost.formats.ccda.intake.document import Scope
from chartpost.formats.ccda.intake.nodes import Node, coded, kid, kids, related
from chartpost.formats.ccda.intake.types import Json
from chartpost.formats.ccda.intake.values import Span, concept, concepts, statement_text

_SIG, _INSTRUCTION = "2.16.840.1.113883.10.20.22.4.147", "2.16.840.1.113883.10.20.22.4.20"


def dosage(scope: Scope, node: Node, bounds: Span | None) -> list[Json]:
    """The one Dosage of an activity, or none; `bounds` is from when to when it is taken."""
    made: Json = {
        "text": _sig(scope, node),
        "patientInstruction": _instruction(scope, node),
        "timing": _timing(scope, node, bounds),
        "route": concept(scope, kid(node, "routeCode")),
        "site": next(iter(concepts(scope, kids(node, "approachSiteCode"))), None),
        "doseAndRate": _amounts(scope, node),
        "maxDosePerPeriod": _most(scope, node),
    }
    made |= _as_needed(scope, node)
    kept = {key: value for key, value in made.items() if value not in (None, [], {})}
    return [kept] if kept else []


def _sig(scope: Scope, node: Node) -> str | None:
    """The words of the instructions: the free text sig, else those of the statement itself."""
    inner = related(node, _SIG) or coded(related(node), "76662-6")
    told = next((text for n in inner if (text := statement_text(scope, n))), None)
    return told or statement_text(scope, node)


def _instruction(scope: Scope, node: Node) -> str | None:
    told = [statement_text(scope, n) for n in related(node, _INSTRUCTION)]
    return " ".join(text for text in told if text) or None


def _timing(scope: Scope, node: Node, bounds: Span | None) -> Json | None:
    times = kids(node, "effectiveTime")
    repeat = timing(scope, times) or {}
    events = []
    if bounds is not None and bounds.point and bounds.start:
        events = [bounds.start]
    elif bounds is not None and bounds.period:
        repeat["boundsPeriod"] = bounds.period
    code = concept(scope, kid(node, "administrationTimingCode"))
    made = {"event": events, "repeat": repeat, "code": code}
    return made if any(made.values()) else None


def _amounts(scope: Scope, node: Node) -> list[Json]:
    made: Json = {}
    unit = concept(scope, kid(node, "administrationUnitCode"))
    for name, key in (("doseQuantity", "dose"), ("rateQuantity", "rate")):
        holder = kid(node, name)
        both = limits(scope, holder)
        single = quantity(scope, holder)
        if both and both["low"] and both["high"]:
            made[f"{key}Range"] = both
        elif both:
            made[f"{key}Quantity"] = both["low"] or both["high"]
        elif single:
            if key == "dose" and unit and not single.get("unit"):
                single = {"value": single["value"], "unit": unit.get("text")}
            made[f"{key}Quantity"] = single
    return [made] if made else []


def _most(scope: Scope, node: Node) -> Json | None:
    holder = kid(node, "maxDoseQuantity")
    above, below = quantity(scope, kid(holder, "numerator")), quantity(scope, kid(holder, "denominator"))
    return {"numerator": above, "denominator": below} if above and below else None


def _as_needed(scope: Scope, node: Node) -> Json:
    for holder in kids(node, "precondition"):
        criterion = kid(holder, "criterion")
        if criterion is None:
            continue
        made = concept(scope, kid(criterion, "value"), scope.text(kid(criterion, "text")))
        return {"asNeededCodeableConcept": made} if made else {"asNeededBoolean": True}
    return {}
