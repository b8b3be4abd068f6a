"""Reads of the shares room."""

from collections.abc import Iterable

from django.db.models import Count, Q, Sum

from chartpost.identity import queries as identity
from chartpost.kernel import clock
from chartpost.shares import models, quotas
from chartpost.shares.services import drops
from chartpost.shares.types import ENDED, Arrival, DropView, ObjectView, RecipientView, ShareView, TokenView

SHOWN = 200


def shares_of(account_id: int, limit: int = SHOWN) -> list[ShareView]:
    """What an account sent, newest first, with each link's openings and receipts."""
    rows = models.Share.objects.filter(account_id=account_id, drop=None).order_by("-made_at")[:limit]
    return [_share(row) for row in rows]


def share(share_id: str, account_id: int) -> ShareView | None:
    """One share of an account, or None."""
    row = models.Share.objects.filter(pk=share_id, account_id=account_id).first()
    return _share(row) if row else None


def state_of(row: models.Share) -> ShareView:
    """A share with the parts of each object that came, for whoever fills it."""
    return _share(row, with_parts=True)


def used(account_id: int) -> int:
    """Bytes an account keeps here now."""
    return quotas.used(account_id)


def tokens_of(account_id: int) -> list[TokenView]:
    """The shell tokens of an account that are good, newest first."""
    rows = models.ShellToken.objects.filter(account_id=account_id, ended_at=None, expires_at__gt=clock.now())
    return [TokenView(r.ref, r.label, r.made_at, r.expires_at, r.used_at) for r in rows.order_by("-made_at")]


def drops_of(account_id: int) -> list[DropView]:
    """The drops of an account, newest first, with what arrived."""
    rows = models.Drop.objects.filter(account_id=account_id).order_by("-made_at")[:SHOWN]
    return [_drop(row, _arrivals(row)) for row in rows]


def drop(drop_id: str, account_id: int) -> DropView | None:
    """One drop of an account, or None."""
    row = models.Drop.objects.filter(pk=drop_id, account_id=account_id).first()
    return _drop(row, _arrivals(row)) if row else None


def open_drop(drop_id: str) -> DropView:
    """A drop as those who send to it see it; raises NotThere, Gone."""
    return _drop(drops.open_drop(drop_id), ())


def arrival(share_id: str, account_id: int) -> Arrival | None:
    """What arrived under this id through a drop of an account, or None."""
    row = models.Share.objects.filter(pk=share_id, account_id=account_id).exclude(drop=None).first()
    return next(iter(_arrived([row])), None) if row else None


def _arrivals(row: models.Drop) -> tuple[Arrival, ...]:
    return tuple(_arrived(row.shares.filter(state="ready").order_by("-ready_at")[:SHOWN]))


def _arrived(rows: Iterable[models.Share]) -> Iterable[Arrival]:
    for row in rows:
        size = row.objects_of.aggregate(sum=Sum("size"))["sum"] or 0
        read = row.opens_of.filter(recipient=None).order_by("opened_at").values_list("opened_at", flat=True).first()
        yield Arrival(row.id, row.state, row.ready_at, row.expires_at, size, bytes(row.sealed_key), read)


def _drop(row: models.Drop, arrivals: tuple[Arrival, ...]) -> DropView:
    account = identity.account_by_id(row.account_id)
    office = identity.office() if account and account.is_staff else None
    return DropView(
        drop=row.id,
        suite=row.suite,
        public_key=bytes(row.public_key),
        params=row.params,
        salt=bytes(row.salt),
        wrapped=bytes(row.wrapped),
        made_at=row.made_at,
        expires_at=row.expires_at,
        closed_at=row.closed_at,
        most=row.most,
        by=office.name if office else account.name if account else "",
        arrivals=arrivals,
    )


def _share(row: models.Share, with_parts: bool = False) -> ShareView:
    sums = row.objects_of.aggregate(size=Sum("size"), files=Count("pk", filter=Q(index__gt=0)))
    over = row.state not in ENDED and row.expires_at <= clock.now()
    return ShareView(
        share=row.id,
        state="expired" if over else row.state,
        made_at=row.made_at,
        ready_at=row.ready_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        zero_knowledge=row.zero_knowledge,
        person_id=row.person_id,
        size=sums["size"] or 0,
        files=sums["files"] or 0,
        recipients=_recipients(row),
        objects=_objects(row) if with_parts else (),
        drop=row.drop_id or "",
    )


def _recipients(row: models.Share) -> tuple[RecipientView, ...]:
    links = list(row.recipients.order_by("made_at", "label").prefetch_related("opens_of"))
    guesses = {guess.pk: guess for guess in models.Guess.objects.filter(pk__in=[link.pk for link in links])}
    return tuple(_recipient(link, guesses.get(link.pk)) for link in links)


def _recipient(link: models.Recipient, guess: models.Guess | None) -> RecipientView:
    opens = sorted(link.opens_of.all(), key=lambda one: one.opened_at)
    return RecipientView(
        recipient=link.id,
        label=link.label,
        opens=link.opens,
        max_opens=link.max_opens,
        failures=guess.failures if guess else 0,
        locked=guess is not None and guess.locked_at is not None,
        ended=link.ended_at is not None,
        opened=tuple(one.opened_at for one in opens),
        received=tuple(one.received_at for one in opens if one.received_at),
        seen_at=link.seen_at,
    )


def _objects(row: models.Share) -> tuple[ObjectView, ...]:
    found = []
    for one in row.objects_of.order_by("index").prefetch_related("parts"):
        stored = sorted((p.number, bytes(p.sha256), p.size) for p in one.parts.all() if p.stored)
        found.append(ObjectView(one.id, one.index, one.size, one.complete, tuple(stored)))
    return tuple(found)
