"""Entry by entry: what the right of access leaves out, and on what ground (45 CFR 164.524(a))."""

from chartpost.formats.fhirjson.terms import Label
from chartpost.identity import policies
from chartpost.identity.types import Actor, RowFilter
from chartpost.kernel import clock
from chartpost.law import access
from chartpost.records import queries as records
from chartpost.records.beside import beside
from chartpost.records.types import Selection
from chartpost.rights import holds
from chartpost.rights.models import AccessRequest, ItemDecision

PARENTAL = frozenset({"parent", "guardian"})
EXCEPTED_ITEMS = {Label.PSYCHOTHERAPY: "psychotherapy_notes", Label.LITIGATION: "litigation_compilation"}


def release_rows(request: AccessRequest) -> RowFilter:
    """What this requester may be given: no excepted information; for a parent no confidential services.

    What a licensed reviewer chose to release (rulebook DEN-10) is let through: every other entry with the same label
    is flagged, and left out by its key (`left_out`).
    """
    hidden = policies.EXCEPTED | _minor_label(request)
    for labels in request.items.filter(decision="release").exclude(decided_by=None).values_list("labels", flat=True):
        hidden &= ~labels
    categories = int(request.authority.get("categories", -1))
    return RowFilter(hidden_labels=hidden, categories=categories)


def unflagged(request: AccessRequest) -> list[str]:
    """Keys of entries that the right leaves out, or a hold keeps back by the present way, and no decision speaks of.

    They came in later, or another way of delivery was chosen since.
    """
    if request.person_id is None:
        return []
    selection = Selection.from_json(request.selection)
    found = records.withheld(request.person_id, selection, _kept_back(request))
    known = set(request.items.values_list("key", flat=True)) | selection.exclude
    kept = [key for key, _ in found] + [row.key for row in holds.waiting(request, selection)]
    return [key for key in kept if key not in known]


def _kept_back(request: AccessRequest) -> RowFilter:
    return RowFilter(hidden_labels=policies.EXCEPTED | _minor_label(request))


def flag(request: AccessRequest, selection: Selection) -> int:
    """Write a decision row for every entry of the selection that is not simply released; returns how many.

    Excepted information is refused on its ground. A service a minor consented to alone is outside a parent's standing
    (45 CFR 164.502(g)(3)(i)): it is kept back without a word, until a licensed professional decides otherwise.
    """
    assert request.person_id is not None
    found = records.withheld(request.person_id, selection, _kept_back(request))
    kept = set(request.items.exclude(decided_by=None).values_list("key", flat=True))
    request.items.filter(decided_by=None).delete()
    for key, labels in found:
        if key not in kept:
            ItemDecision.objects.create(request=request, key=key, labels=labels, **_ruling(labels))
    apart = kept | {key for key, _ in found}
    waiting = [row for row in holds.waiting(request, selection) if row.key not in apart]
    ItemDecision.objects.bulk_create(waiting)
    return len(found) + len(waiting)


def decide(request: AccessRequest, key: str, facts: access.ItemFacts, reason: str, actor: Actor) -> ItemDecision:
    """A licensed professional's decision about one entry, through the rule table."""
    ruling = access.decide_item(facts)
    known = request.items.filter(key=key).values_list("labels", flat=True).first()
    row, _ = ItemDecision.objects.update_or_create(
        request=request,
        key=key,
        defaults={
            "labels": known if known is not None else _labels_of(request, key),
            "decision": ruling.decision,
            "ground": ruling.ground or "",
            "reviewable": ruling.reviewable,
            "reason": reason,
            "decided_by": actor.account_id,
            "decided_at": clock.now(),
        },
    )
    return row


def overturn(request: AccessRequest, actor: Actor) -> int:
    """Release what was refused on a ground of harm, as the second reviewer decided; returns how many entries."""
    rows = request.items.filter(decision="deny", reviewable=True)
    return rows.update(decision="release", decided_by=actor.account_id, decided_at=clock.now())


def denied(request: AccessRequest) -> list[ItemDecision]:
    """Entries refused on a ground: each release that leaves one out owes a letter."""
    return list(request.items.filter(decision="deny").order_by("ground", "key"))


def held(request: AccessRequest) -> list[ItemDecision]:
    """Entries a state's hold keeps back for some days; that is no refusal."""
    return list(request.items.filter(decision="hold").order_by("release_on", "key"))


def left_out(request: AccessRequest) -> frozenset[str]:
    """Keys of all entries that do not go out."""
    return frozenset(request.items.exclude(decision="release").values_list("key", flat=True))


def telling_the_same(request: AccessRequest, keys: frozenset[str]) -> frozenset[str]:
    """Keys of entries and documents in which one would read what is kept back, unless a reviewer released them."""
    assert request.person_id is not None
    rows = dict(request.items.values_list("key", "labels"))
    excepted = {key for key in keys if rows.get(key, 0) & policies.EXCEPTED}
    found = beside(request.person_id, keys - excepted) | beside(request.person_id, excepted, joined=False)
    return frozenset(found.values()) - set(request.items.filter(decision="release").values_list("key", flat=True))


def _labels_of(request: AccessRequest, key: str) -> int:
    """The labels of an entry; 0 for a key that names no entry, such as the whole record."""
    kind, _, fhir_id = key.partition("/")
    if request.person_id is None or not fhir_id:
        return 0
    return records.item(request.person_id, kind, fhir_id, RowFilter()).stored.labels


def _ruling(labels: int) -> dict[str, object]:
    for label, item in EXCEPTED_ITEMS.items():
        if labels & label:
            ruling = access.decide_item(access.ItemFacts(item=item, kept_separate=True))
            return {"decision": ruling.decision, "ground": ruling.ground or "", "reviewable": ruling.reviewable}
    return {"decision": "outside", "ground": "", "reviewable": None}


def _minor_label(request: AccessRequest) -> int:
    """What a parent or guardian may not see, by the relation that was chosen or by the paper that was seen."""
    stands = {request.requester_relation, str(request.authority.get("basis", ""))}
    return int(Label.MINOR_CONFIDENTIAL) if stands & PARENTAL else 0
