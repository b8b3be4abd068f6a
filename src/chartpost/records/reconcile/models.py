"""Tables of reconciliation; private to the records room. All but `Answer` is worked out and can be made anew."""

from typing import ClassVar

from django.db import models

from chartpost.kernel.clock import now
from chartpost.kernel.ids import new_id


class Looked(models.Model):
    """A row that was looked at, as of which version; 0: it must be looked at again."""

    rid = models.BigIntegerField(primary_key=True)
    person_id = models.BigIntegerField(db_index=True)
    version = models.IntegerField()

    class Meta:
        db_table = "records_looked"


class Mark(models.Model):
    """A keyed digest of something an entry could be known by elsewhere: a number, a code, its words."""

    person_id = models.BigIntegerField()
    mark = models.BigIntegerField()
    rid = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "records_mark"
        constraints: ClassVar = [models.UniqueConstraint(fields=["person_id", "mark", "rid"], name="mark_once")]


class Origin(models.Model):
    """A file an entry stood in: the first 64 bits of its SHA-256, as its Provenance names it."""

    rid = models.BigIntegerField()
    file = models.BigIntegerField()

    class Meta:
        db_table = "records_origin"
        constraints: ClassVar = [models.UniqueConstraint(fields=["rid", "file"], name="origin_once")]


class Pair(models.Model):
    """Two entries that are the same, or may be: why, and in what they contradict each other (codes, by spaces).

    `state` is joined, apart, open (somebody should say), or office (the office was asked).
    """

    person_id = models.BigIntegerField()
    low_rid = models.BigIntegerField()
    high_rid = models.BigIntegerField(db_index=True)
    how = models.CharField(max_length=12)
    conflicts = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=8)

    class Meta:
        db_table = "records_pair"
        constraints: ClassVar = [models.UniqueConstraint(fields=["low_rid", "high_rid"], name="pair_once")]
        indexes: ClassVar = [models.Index(fields=["person_id", "state"], name="pair_state")]


class Join(models.Model):
    """Entries that are one and the same."""

    person_id = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "records_join"


class Joined(models.Model):
    """One entry of a join; the entry at the lowest `place` that a reader may see stands for all."""

    rid = models.BigIntegerField(unique=True)
    join = models.ForeignKey(Join, on_delete=models.CASCADE)
    place = models.SmallIntegerField()

    class Meta:
        db_table = "records_joined"


class Answer(models.Model):
    """What somebody said of entries: `word` same, different or office. Taken back, it stays with its date.

    It is about each of `ones` with each of `others` (rids); `shown` stands for them when they are the same; `seen`
    are the contradictions that were on the page. The newest answer about a pair counts.
    """

    ref = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    person_id = models.BigIntegerField(db_index=True)
    word = models.CharField(max_length=10)
    ones = models.JSONField()
    others = models.JSONField()
    shown = models.BigIntegerField(null=True)
    seen = models.CharField(max_length=80, blank=True)
    by_account = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=200)
    by_staff = models.BooleanField(default=False)
    at = models.DateTimeField(default=now)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "records_answer"
