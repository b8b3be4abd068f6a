"""Tables of the records room; private to it. The hot ones are read and written by SQL in `store` and `queries`."""

from typing import Any, ClassVar

from django.db import models

from chartpost.kernel.clock import now
from chartpost.kernel.ids import new_id
from chartpost.records.reconcile import models as reconcile  # noqa: F401 - tables of this room too


class RowNumber(models.BigIntegerField):  # type: ignore[type-arg]
    """A row number given by another table; as a primary key it needs no index beside its table, on SQLite either."""

    def db_type(self, connection: Any) -> str | None:
        """64 bits everywhere; SQLite takes a key for the number of the row only if its type has exactly this name."""
        return "integer" if connection.vendor == "sqlite" else super().db_type(connection)


class Source(models.Model):
    """Where entries came from: the office itself, another custodian, the person."""

    key = models.CharField(max_length=200, unique=True)
    name = models.CharField(max_length=200)


class Resource(models.Model):
    """The current version of one FHIR resource; `body` is canonical JSON bytes, never parsed on read.

    `kind` is the resource type's number (`types.kind_of`), `person_id` 0 for what is nobody's, `filed_person_id` the
    person it was first filed under, `labels` a mask of `Label`, `date_ms` the clinical date (ms since 1970 UTC).
    """

    rid = models.BigAutoField(primary_key=True)
    kind = models.SmallIntegerField()
    fhir_id = models.CharField(max_length=64)
    version = models.IntegerField()
    updated_ms = models.BigIntegerField()
    deleted = models.BooleanField(default=False)
    person_id = models.BigIntegerField()
    filed_person_id = models.BigIntegerField()
    category = models.SmallIntegerField()
    labels = models.BigIntegerField()
    staff_labels = models.BigIntegerField(default=0)
    date_ms = models.BigIntegerField()
    source = models.ForeignKey(Source, on_delete=models.PROTECT, db_index=False)
    digest = models.BinaryField(max_length=16)
    body = models.BinaryField()

    class Meta:
        db_table = "records_resource"
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "fhir_id"], name="resource_id")]
        indexes: ClassVar = [
            models.Index(fields=["person_id", "category", "date_ms", "rid"], name="resource_person"),
            models.Index(fields=["person_id", "date_ms", "rid"], name="resource_timeline"),
            models.Index(fields=["updated_ms", "rid"], name="resource_updated"),
        ]


class Version(models.Model):
    """An earlier version of a resource, as it was; append-only."""

    rid = models.BigIntegerField()
    version = models.IntegerField()
    updated_ms = models.BigIntegerField()
    deleted = models.BooleanField(default=False)
    body = models.BinaryField()

    class Meta:
        db_table = "records_version"
        constraints: ClassVar = [models.UniqueConstraint(fields=["rid", "version"], name="version_once")]
        indexes: ClassVar = [models.Index(fields=["updated_ms", "rid"], name="version_updated")]


class Relabelled(models.Model):
    """A change of a current row's labels or person that wrote no version; append-only.

    When, the labels it had before, and whose it was before: null where that did not change.
    """

    rid = models.BigIntegerField()
    at_ms = models.BigIntegerField()
    labels = models.BigIntegerField()
    person_id = models.BigIntegerField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["rid", "at_ms"], name="relabelled_row"),
            models.Index(fields=["at_ms", "rid"], name="relabelled_at"),
        ]


class Wordless(models.Model):
    """A row whose words wait to be made searchable (`wording`)."""

    rid = RowNumber(primary_key=True)


class Tally(models.Model):
    """How many current rows a person has per category and label mask; kept in step by every write."""

    person_id = models.BigIntegerField()
    category = models.SmallIntegerField()
    labels = models.BigIntegerField()
    count = models.IntegerField()

    class Meta:
        db_table = "records_tally"
        constraints: ClassVar = [models.UniqueConstraint(fields=["person_id", "category", "labels"], name="tally_once")]


class Document(models.Model):
    """The original bytes of a document, beside the DocumentReference that describes it."""

    rid = models.BigIntegerField(unique=True)
    person_id = models.BigIntegerField(db_index=True)
    filed_person_id = models.BigIntegerField()
    blob = models.CharField(max_length=64)
    clean_blob = models.CharField(max_length=64, blank=True)
    removed = models.JSONField(default=list)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    title = models.CharField(max_length=300)
    pages = models.IntegerField(null=True)
    problem = models.CharField(max_length=300, blank=True)
    scan = models.CharField(max_length=8, blank=True, db_index=True)


class ScanPage(models.Model):
    """The words of one page of a scanned document as a machine read them; pages are counted from 0."""

    rid = models.BigIntegerField()
    page = models.IntegerField()
    words = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["rid", "page"], name="scan_page_once")]


class ImportFile(models.Model):
    """One file that was, or is being, imported; the same bytes are imported once for the same target.

    `target_id` is the person it was handed in for (0: whoever the file names). `people` maps each patient the file
    names to what was decided: `{"person": id or null, "id": stored Patient id, "done": bool}`.
    """

    ref = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    sha256 = models.CharField(max_length=64)
    target_id = models.BigIntegerField(default=0)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True)
    name = models.CharField(max_length=300)
    size = models.BigIntegerField()
    kind = models.CharField(max_length=20)
    state = models.CharField(max_length=12, default="started")
    done = models.IntegerField(default=0)
    blob = models.CharField(max_length=64, blank=True)
    person_id = models.BigIntegerField(null=True)
    problem = models.TextField(blank=True)
    people = models.JSONField(default=dict)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["sha256", "target_id"], name="import_once")]


class ClinicalDocument(models.Model):
    """What was made of a C-CDA original: the entries, by which version of the mapping, and what was noted on the way.

    `rid` is the DocumentReference of the original, whose person is the person of all of it; `document_id` and `set_id`
    are root and extension joined by `|`; `written` is its effectiveTime. `made` are the entries as Type/id, `report`
    the sections and issues. `replaced`: a newer version of the document is there, and no entries of this one.
    """

    file = models.OneToOneField(ImportFile, on_delete=models.PROTECT)
    rid = models.BigIntegerField(db_index=True)
    document_id = models.CharField(max_length=300, db_index=True)
    set_id = models.CharField(max_length=300, blank=True, db_index=True)
    number = models.IntegerField(default=0)
    written = models.CharField(max_length=40, blank=True)
    replaced = models.BooleanField(default=False)
    intake_version = models.IntegerField(db_index=True)
    made = models.JSONField(default=list)
    report = models.JSONField(default=dict)
    at = models.DateTimeField(default=now)

    class Meta:
        db_table = "records_clinicaldocument"


class InboxItem(models.Model):
    """Something that arrived and could not be filed for sure; staff settle it.

    `key` is the patient of the file it is about; `shown` what the file says of that patient; `candidates` persons it
    may be: `{"person": id, "total": points, "parts": {part: agreement}}`.
    """

    ref = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    file = models.ForeignKey(ImportFile, on_delete=models.PROTECT)
    key = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=200)
    shown = models.JSONField(default=dict)
    candidates = models.JSONField(default=list)
    state = models.CharField(max_length=10, default="waiting")
    person_id = models.BigIntegerField(null=True)
    settled_by = models.BigIntegerField(null=True)
    settled_at = models.DateTimeField(null=True)
    at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["file", "key"], name="inbox_once")]


class BulkExport(models.Model):
    """One bulk export: what was asked and by whom, and how far the worker is.

    `asked` is `bulk_types.Asked` as JSON, `moment_ms` the transactionTime, `place` the last row written by type (and
    under "" of all), `state` running, done, failed or gone.
    """

    ref = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    owner = models.CharField(max_length=300, db_index=True)
    state = models.CharField(max_length=10, default="running")
    asked = models.JSONField()
    moment_ms = models.BigIntegerField()
    place = models.JSONField(default=list)
    percent = models.SmallIntegerField(default=0)
    at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True)


class BulkFile(models.Model):
    """One finished file of a bulk export; `persons` are those whose rows it holds."""

    export = models.ForeignKey(BulkExport, on_delete=models.CASCADE)
    number = models.IntegerField()
    type = models.CharField(max_length=40)
    deleted = models.BooleanField(default=False)
    blob = models.CharField(max_length=64)
    count = models.IntegerField()
    size = models.BigIntegerField()
    persons = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["export", "number"], name="bulk_file_once")]


class Subscription(models.Model):
    """An app's wish to be told of changes; `headers` are secrets of its server, wrapped, and never leave again.

    `asked` is the search as name and value pairs, `state` requested, active, error or off; `events` is the number of
    the last event, `heartbeat` seconds (0: none), `told_at` when its server was last spoken to, `lease_until` until
    when one worker alone tells it, `revision` grows with every change of the row that others must notice.
    """

    ref = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    grant_ref = models.CharField(max_length=26, db_index=True)
    type = models.CharField(max_length=40)
    criteria = models.TextField()
    asked = models.JSONField()
    topic = models.BooleanField()
    endpoint = models.TextField()
    headers = models.BinaryField(default=bytes)
    content = models.CharField(max_length=13)
    reason = models.TextField(blank=True)
    heartbeat = models.IntegerField(default=0)
    ends_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, default="requested")
    error = models.TextField(blank=True)
    events = models.BigIntegerField(default=0)
    told_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    revision = models.BigIntegerField(default=1)
    at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["type", "state"], name="subscription_type")]


class SubscriptionEvent(models.Model):
    """One change a subscription is told of: its number, row and version; `told` once it was, or is not to be."""

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE)
    number = models.BigIntegerField()
    rid = models.BigIntegerField()
    version = models.IntegerField()
    deleted = models.BooleanField(default=False)
    told = models.BooleanField(default=False)
    at = models.DateTimeField(default=now, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subscription", "number"], name="event_number_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["subscription", "rid"], name="event_of_row")]
