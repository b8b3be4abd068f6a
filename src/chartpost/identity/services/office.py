"""The office, its facilities, and the one-time link to its set-up."""

from datetime import timedelta
from typing import Any

from django.db import transaction

from chartpost.identity import models
from chartpost.identity.services._epoch import bump
from chartpost.identity.services._event import code_hash, event
from chartpost.identity.types import SYSTEM, Actor
from chartpost.kernel import clock
from chartpost.kernel.ids import new_code
from chartpost.ledger import services as ledger

SETUP_HOURS = 24


@transaction.atomic
def save_office(fields: dict[str, Any], actor: Actor) -> None:
    """Set up or change the office."""
    row = models.Office.objects.first() or models.Office()
    for name, value in fields.items():
        setattr(row, name, value)
    row.set_up_at = row.set_up_at or clock.now()
    row.save()
    ledger.append(event(actor, "office.settings", None, "office"))


@transaction.atomic
def save_facility(fields: dict[str, Any], actor: Actor, ref: str | None = None) -> str:
    """Add or change a facility; returns its reference.

    The office's state says when a child is of age, its zone when a day ends: rights to act end by both.
    """
    row = models.Facility.objects.filter(ref=ref).first() if ref else None
    row = row or models.Facility()
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    bump()
    ledger.append(event(actor, "office.facility", None, f"facility:{row.ref}"))
    return row.ref


@transaction.atomic
def make_setup_code() -> str:
    """A fresh one-time set-up code; earlier ones stop working."""
    models.SetupLink.objects.all().delete()
    code = new_code(groups=5, length=4)
    models.SetupLink.objects.create(code_hash=code_hash(code), expires_at=clock.now() + timedelta(hours=SETUP_HOURS))
    return code


def setup_code_good(code: str) -> bool:
    """Whether a set-up code may still be used."""
    return models.SetupLink.objects.filter(code_hash=code_hash(code), used_at=None, expires_at__gt=clock.now()).exists()


def finish_setup(code: str) -> bool:
    """Use up the set-up code; False when it was used, replaced or too old, so that two browsers cannot both finish."""
    good = models.SetupLink.objects.filter(code_hash=code_hash(code), used_at=None, expires_at__gt=clock.now())
    return bool(good.update(used_at=clock.now()))


def system_actor() -> Actor:
    """The program itself."""
    return SYSTEM
