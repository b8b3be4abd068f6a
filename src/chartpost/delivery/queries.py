"""Reads of the delivery room."""

from datetime import timedelta

from chartpost.delivery import models, words
from chartpost.delivery.errors import NotThere, WrongStep
from chartpost.delivery.types import (
    OWN_DAYS,
    DeliveryView,
    PackageView,
    PartView,
    ReceiptView,
    Referral,
    rows_from_json,
)
from chartpost.identity import queries as identity

SHOWN = 20


def package(ref: str) -> PackageView | None:
    """One package, or None."""
    row = models.Package.objects.filter(ref=ref).prefetch_related("parts").first()
    return _package(row) if row else None


def packages_of(person_id: int) -> list[PackageView]:
    """The packages a person made for themselves and that are still kept, newest first."""
    rows = models.Package.objects.filter(person_id=person_id, request_ref="").exclude(state="expired")
    return [_package(row) for row in rows.prefetch_related("parts").order_by("-made_at")[:SHOWN]]


def part(ref: str) -> tuple[PartView, PackageView, str]:
    """One file with its package and its blob's id; raises NotThere."""
    row = models.Part.objects.filter(ref=ref, package__state="ready").select_related("package").first()
    if row is None:
        raise NotThere(
            seen="a file that is not there (any more)",
            expected="a file of a finished package",
            todo="Open the package again; if its time is over, make a new one.",
        )
    return _part(row), _package(row.package), row.blob


def delivery(ref: str) -> DeliveryView | None:
    """One delivery, or None."""
    row = models.Delivery.objects.filter(ref=ref).select_related("package").first()
    return _delivery(row) if row else None


def known_delivery(ref: str, channel: str = "") -> DeliveryView:
    """One delivery to work on, of a channel where one is named; raises NotThere, and WrongStep when it was stopped."""
    found = delivery(ref)
    if found is None:
        raise NotThere(seen="an unknown delivery", expected="a delivery of this office", todo="Open the request again.")
    if channel and found.channel != channel:
        raise WrongStep(
            seen=f"a delivery by {found.channel}",
            expected=f"one by {channel}",
            todo="Open the request again and use its own steps.",
        )
    if found.state == "stopped":
        raise stopped()
    return found


def stopped() -> WrongStep:
    """What is said of a delivery that is over though its copies never left the house."""
    return WrongStep(
        seen="a delivery that was stopped",
        expected="one that is on its way",
        todo="Do not send these copies. Destroy what was printed or burnt.",
    )


def deliveries(request_ref: str) -> list[DeliveryView]:
    """The deliveries of a request, newest first."""
    rows = models.Delivery.objects.filter(package__request_ref=request_ref).select_related("package")
    return [_delivery(row) for row in rows.order_by("-released_at")]


def for_person(person_id: int) -> list[DeliveryView]:
    """What was delivered to a person, newest first."""
    rows = models.Delivery.objects.filter(person_id=person_id).select_related("package")
    return [_delivery(row) for row in rows.order_by("-released_at")]


def status_line(found: DeliveryView) -> tuple[str, str]:
    """Where a delivery stands in plain words that both sides see, and its tone.

    The tone is info, success or warning. Both sides read the same words, in their own language.
    """
    return words.status_line(found)


def _part(row: models.Part) -> PartView:
    return PartView(row.ref, row.format, row.name, row.media_type, row.sha256, row.size, row.pages)


def referral(request_ref: str) -> Referral:
    """What was last said of a request's referral: why, and to whom; empty where nothing was."""
    said = models.Package.objects.filter(request_ref=request_ref).exclude(referral={}).order_by("-pk").first()
    return Referral(**said.referral) if said else Referral()


def _package(row: models.Package) -> PackageView:
    own = not row.request_ref and row.ready_at is not None
    return PackageView(
        ref=row.ref,
        request_ref=row.request_ref,
        person_id=row.person_id,
        state=row.state,
        formats=tuple(row.formats),
        entries=row.entries,
        withheld=tuple(row.withheld),
        problem=row.problem,
        made_at=row.made_at,
        ready_at=row.ready_at,
        parts=tuple(_part(p) for p in row.parts.order_by("pk")) if row.state == "ready" else (),
        language=row.language,
        expires_at=row.ready_at + timedelta(days=OWN_DAYS) if own and row.ready_at else None,
        made_by=row.made_by,
        rows=rows_from_json(row.rows),
    )


def _delivery(row: models.Delivery) -> DeliveryView:
    receipts = tuple(
        ReceiptView(r.kind, r.by_name, r.sha256, r.at, r.detail, r.part_ref) for r in row.receipts.order_by("at", "pk")
    )
    return DeliveryView(
        ref=row.ref,
        package=_package(row.package),
        person_id=row.person_id,
        channel=row.channel,
        state=row.state,
        recipient=row.recipient,
        tracking=row.tracking,
        released_at=row.released_at,
        posted_on=row.posted_on,
        asked_at=row.asked_at,
        confirmed_at=row.confirmed_at,
        problem=row.problem,
        receipts=receipts,
        zone=row.zone or identity.office_zone(),
    )
