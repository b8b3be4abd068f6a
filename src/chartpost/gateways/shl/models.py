"""Tables of SMART Health Links; private to this room."""

from typing import ClassVar

from django.db import models

from chartpost.kernel.clock import now
from chartpost.kernel.ids import new_id


class Link(models.Model):
    """A link somebody made to part of a record; `state` is making, ready, failed, stopped or expired.

    Of the address only a hash is kept. The key is kept, wrapped, while files are made with it: until the first are
    ready, and for a long-term link to its end.
    """

    ref = models.CharField(max_length=26, unique=True, default=new_id)
    token_hash = models.CharField(max_length=64, unique=True)
    account_id = models.BigIntegerField(db_index=True)
    person_id = models.BigIntegerField(db_index=True)
    filed_person_id = models.BigIntegerField()
    once = models.CharField(max_length=32)
    label = models.CharField(max_length=80)
    selection = models.JSONField()
    formats = models.JSONField()
    language = models.CharField(max_length=10)
    long_term = models.BooleanField(default=False)
    direct = models.BooleanField(default=False)
    passcode = models.CharField(max_length=200, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    locked_at = models.DateTimeField(null=True)
    max_uses = models.PositiveIntegerField(null=True)
    uses = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, default="making")
    wrapped_key = models.BinaryField(default=b"")
    blob = models.CharField(max_length=26, blank=True)
    size = models.BigIntegerField(default=0)
    entries = models.PositiveIntegerField(default=0)
    mark = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(default=now)
    built_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["account_id", "once"], name="one_link_per_form")]
        indexes: ClassVar = [models.Index(fields=["state", "ends_at"], name="shl_link_state")]


class Use(models.Model):
    """One time a link was used; `recipient` is what the one who used it calls themselves, which nobody checked."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="used")
    at = models.DateTimeField(default=now)
    recipient = models.CharField(max_length=120)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["link", "-at"], name="shl_use_newest")]
