"""Tables of the ledger; private to the room.

They are made by the migration in plain SQL, with triggers that refuse changes, and are `managed = False` so that
no Django command ever alters or flushes them. Writing goes through `services`.
"""

from django.db import models


class Entry(models.Model):
    """One entry: its canonical bytes, and the columns it is looked up by (verify compares the two)."""

    ref = models.CharField(max_length=26, unique=True)
    at_ms = models.BigIntegerField()
    actor = models.CharField(max_length=120)
    action = models.CharField(max_length=100)
    object = models.CharField(max_length=160)
    person_id = models.BigIntegerField(null=True)
    body = models.BinaryField()

    class Meta:
        db_table = "ledger_entry"
        managed = False


class Waiting(models.Model):
    """An entry that has no leaf yet; a trigger queues every entry that is inserted."""

    entry_id = models.BigIntegerField(primary_key=True)

    class Meta:
        db_table = "ledger_waiting"
        managed = False


class Leaf(models.Model):
    """One leaf of the tree: its place, its entry, its RFC 6962 leaf hash (32 bytes)."""

    seq = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField(unique=True)
    hash = models.BinaryField()

    class Meta:
        db_table = "ledger_leaf"
        managed = False


class Tree(models.Model):
    """The one row of the sequencer: leaves so far and the peaks of the tree (32 bytes each, largest first)."""

    size = models.BigIntegerField()
    peaks = models.BinaryField()

    class Meta:
        db_table = "ledger_tree"
        managed = False


class Checkpoint(models.Model):
    """A signed statement of the tree's size and root."""

    size = models.BigIntegerField(primary_key=True)
    at_ms = models.BigIntegerField()
    note = models.TextField()

    class Meta:
        db_table = "ledger_checkpoint"
        managed = False
