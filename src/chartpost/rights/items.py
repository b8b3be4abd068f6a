"""Entry by entry: what the right of access leaves out, and on what ground (45 CFR 164.524(a))."""

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import policies
from chartpost.identity.types import Actor, RowFilter
from chartpost.kernel import clock
from chartpost.law import access
from chartpost.records import queries as records
from chartpost.records.types import Selection
from chartpost.rights.models import AccessRequest, ItemDecision

PARENTAL = frozenset({"parent", "guardian"})
EXCEPTED_ITEMS = {Label.PSYCHOTHERAPY: "psychotherapy_notes", Label.LITIGATION: "litigation_compilation"}


def release_rows(request: AccessRequest) -> RowFilter:
    """What this requester may be given: never the excepted information; for a parent no confidential services."""
    hidden = policies.EXCEPTED
    if request.requester_relation in PARENTAL and not _minor_services_released(request):
        hidden |= int(Label.MINOR_CONFIDENTIAL)
    categories = int(request.authority.get("categories", -1))
    return RowFilter(hidden_labels=hidden, categories=categories)


def flag(request: AccessRequest, selection: Selection) -> int:
    """Write a decision row for every entry of the selection that is not simply released; returns how many.

    Excepted information is refused on its ground. A service a minor consented to alone is outside a parent's standing
    (45 CFR 164.502(g)(3)(i)): it is kept back without a word, until a licensed professional decides otherwise.
    """
    assert request.person_id is not None
    rows = RowFilter(hidden_labels=policies.EXCEPTED | _minor_label(request))
    found = records.withheld(request.person_id, selection, rows)
    kept = set(request.items.exclude(decided_by=None).values_list("key", flat=True))
    request.items.filter(decided_by=None).delete()
    for key, labels in found:
        if key not in kept:
            ItemDecision.objects.create(request=request, key=key, labels=labels, **_ruling(labels))
    return len(found)


def decide(request: AccessRequest, key: str, facts: access.ItemFacts, reason: str, actor: Actor) -> ItemDecision:
    """A licensed professional's decision about one entry, through the rule table."""
    ruling = access.decide_item(facts)
    row, _ = ItemDecision.objects.update_or_create(
        request=request,
        key=key,
        defaults={
            "decision": ruling.decision,
            "ground": ruling.ground or "",
            "reviewable": ruling.reviewable,
            "reason": reason,
            "decided_by": actor.account_id,
            "decided_at": clock.now(),
        },
    )
    return row


def denied(request: AccessRequest) -> list[ItemDecision]:
    """Entries refused on a ground: each release that leaves one out owes a letter."""
    return list(request.items.filter(decision="deny").order_by("ground", "key"))


def left_out(request: AccessRequest) -> frozenset[str]:
    """Keys of all entries that do not go out."""
    return frozenset(request.items.exclude(decision="release").values_list("key", flat=True))


def _ruling(labels: int) -> dict[str, object]:
    for label, item in EXCEPTED_ITEMS.items():
        if labels & label:
            ruling = access.decide_item(access.ItemFacts(item=item, kept_separate=True))
            return {"decision": ruling.decision, "ground": ruling.ground or "", "reviewable": ruling.reviewable}
    return {"decision": "outside", "ground": "", "reviewable": None}


def _minor_label(request: AccessRequest) -> int:
    return int(Label.MINOR_CONFIDENTIAL) if request.requester_relation in PARENTAL else 0


def _minor_services_released(request: AccessRequest) -> bool:
    return request.items.filter(decision="release").exclude(decided_by=None).exists()
