"""Tables of the delivery room; private to it."""

from typing import ClassVar

from django.db import models

from chartpost.kernel.clock import now
from chartpost.kernel.ids import new_id


def _ref() -> models.CharField[str, str]:
    return models.CharField(max_length=26, unique=True, default=new_id, editable=False)


class Package(models.Model):
    """The bytes to be released: a selection of a record in one or more formats."""

    ref = _ref()
    request_ref = models.CharField(max_length=26, db_index=True)
    person_id = models.BigIntegerField(db_index=True)
    filed_person_id = models.BigIntegerField()
    state = models.CharField(max_length=10, default="waiting")
    selection = models.JSONField(default=dict)
    rows = models.JSONField(default=dict)
    formats = models.JSONField(default=list)
    language = models.CharField(max_length=8, default="en")
    withheld = models.JSONField(default=list)
    referral = models.JSONField(default=dict)
    entries = models.IntegerField(default=0)
    made_by = models.BigIntegerField(null=True)
    problem = models.CharField(max_length=500, blank=True)
    made_at = models.DateTimeField(default=now)
    ready_at = models.DateTimeField(null=True)


class Part(models.Model):
    """One file of a package, kept as a blob."""

    ref = _ref()
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="parts")
    format = models.CharField(max_length=10)
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    blob = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    pages = models.IntegerField(null=True)


class Delivery(models.Model):
    """One package going to one recipient by one channel."""

    ref = _ref()
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="deliveries")
    person_id = models.BigIntegerField(db_index=True)
    channel = models.CharField(max_length=20)
    state = models.CharField(max_length=12, default="released")
    recipient = models.JSONField(default=dict)
    tracking = models.CharField(max_length=100, blank=True)
    released_at = models.DateTimeField(default=now)
    released_by = models.BigIntegerField(null=True)
    posted_on = models.DateField(null=True)
    asked_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    zone = models.CharField(max_length=64, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    closed_at = models.DateTimeField(null=True)


class AccessCode(models.Model):
    """A code that opens a delivery together with a date of birth and a one-time password; of both only hashes.

    `state` is open, locked or ended.
    """

    ref = _ref()
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="codes")
    code_hash = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=8, default="open")
    made_at = models.DateTimeField(default=now)
    made_by = models.BigIntegerField(null=True)
    ends_at = models.DateTimeField()
    failures = models.IntegerField(default=0)
    call_asked_at = models.DateTimeField(null=True)
    password_hash = models.CharField(max_length=64, blank=True)
    password_ends_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)


class Box(models.Model):
    """The offline box of a delivery, as one archive for a stick or a disc; of its password nothing is kept.

    `blob` is empty once the archive was deleted; the hashes stay, so that what was given out can be told again.
    """

    ref = _ref()
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="boxes")
    blob = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField()
    page_sha256 = models.CharField(max_length=64)
    box_sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=now)
    made_by = models.BigIntegerField(null=True)


class Receipt(models.Model):
    """Evidence that a delivery arrived or was opened: what, when, by whom, with which hash; insert-only."""

    ref = _ref()
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="receipts")
    kind = models.CharField(max_length=12)
    part_ref = models.CharField(max_length=26, blank=True)
    by_account = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["delivery", "part_ref", "by_account"],
                condition=models.Q(kind="opened"),
                name="opened_once",
            )
        ]
