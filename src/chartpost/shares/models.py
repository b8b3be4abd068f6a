"""Tables of the shares room; private to it. No name, note, key or content is in any of them."""

from typing import ClassVar

from django.db import models

from chartpost.kernel.clock import now
from chartpost.kernel.ids import new_id


def _id() -> models.CharField[str, str]:
    return models.CharField(max_length=22, primary_key=True)


class Drop(models.Model):
    """A public key that others seal files to, and its private key wrapped by a passphrase only the owner knows."""

    id = _id()
    account_id = models.BigIntegerField(db_index=True)
    suite = models.PositiveSmallIntegerField(default=1)
    public_key = models.BinaryField()
    params = models.CharField(max_length=40)
    salt = models.BinaryField()
    wrapped = models.BinaryField()
    most = models.IntegerField(null=True)
    made_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)


class Share(models.Model):
    """Sealed objects with one share key; `state` is uploading, ready, revoked, expired or lost."""

    id = _id()
    account_id = models.BigIntegerField(db_index=True)
    drop = models.ForeignKey(Drop, on_delete=models.PROTECT, null=True, related_name="shares")
    sealed_key = models.BinaryField(default=b"")
    person_id = models.BigIntegerField(null=True, db_index=True)
    filed_person_id = models.BigIntegerField(null=True)
    delivery_ref = models.CharField(max_length=26, blank=True, db_index=True)
    zero_knowledge = models.BooleanField(default=True)
    token_hash = models.BinaryField()
    state = models.CharField(max_length=10, default="uploading")
    max_opens = models.IntegerField(null=True)
    made_at = models.DateTimeField(default=now)
    ready_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "expires_at"], name="share_state")]


class Object(models.Model):
    """One sealed object of a share: the manifest (index 0) or a file; `size` is of the ciphertext."""

    id = _id()
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="objects_of")
    index = models.PositiveIntegerField()
    size = models.BigIntegerField()
    upload = models.CharField(max_length=1024, blank=True)
    complete = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["share", "index"], name="one_object_per_index")]


class Part(models.Model):
    """One part of an object. It is claimed by its digest first and `stored` once it lies in the store."""

    object = models.ForeignKey(Object, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    sha256 = models.BinaryField()
    size = models.PositiveIntegerField()
    tag = models.CharField(max_length=200, blank=True)
    stored = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["object", "number"], name="one_part_per_number")]


class Recipient(models.Model):
    """One link to a share: what proves its holder, and the share key wrapped for them alone."""

    id = _id()
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="recipients")
    label = models.CharField(max_length=4, blank=True)
    params = models.CharField(max_length=40)
    salt = models.BinaryField()
    verifier = models.BinaryField()
    wrapped = models.BinaryField()
    receipt_check = models.BinaryField()
    max_opens = models.IntegerField(null=True)
    opens = models.IntegerField(default=0)
    made_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)


class Guess(models.Model):
    """How often a link was tried with a wrong proof, for links that exist and for those that never did."""

    id = _id()
    failures = models.IntegerField(default=0)
    locked_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(default=now)


class Open(models.Model):
    """A counted opening and its grant; with `recipient` null the owner of a drop reads what arrived."""

    id = _id()
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="opens_of")
    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, null=True, related_name="opens_of")
    token_hash = models.BinaryField(unique=True)
    opened_at = models.DateTimeField(default=now)
    last_at = models.DateTimeField(default=now)
    ends_at = models.DateTimeField()
    received_at = models.DateTimeField(null=True)
    mac = models.BinaryField(default=b"")


class ShellToken(models.Model):
    """What a program of an account's holder sends files with; only its hash is kept."""

    ref = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    account_id = models.BigIntegerField(db_index=True)
    label = models.CharField(max_length=40, blank=True)
    token_hash = models.BinaryField(unique=True)
    made_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)


class Gate(models.Model):
    """One row that is locked while room for an object is counted, so that two uploads cannot both take the last."""
