"""Tables of the rights room; private to it."""

from datetime import date
from typing import Any, ClassVar

from django.db import models

from chartpost.kernel.clock import now
from chartpost.kernel.ids import new_id
from chartpost.rights.errors import FixedRow

CountKey = tuple[date, bool, bool]


def _ref() -> models.CharField[str, str]:
    return models.CharField(max_length=26, unique=True, default=new_id, editable=False)


class AccessRequest(models.Model):
    """One use of the right of access (45 CFR 164.524): rulebook 1.11, one row per request.

    `received_on` is the local date of the receiving facility and starts the clock; `due_*` are computed by `law` and
    stored with the rule, profile and table version that gave them (`clock_basis`).
    """

    ref = _ref()
    number = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=20, default="received", db_index=True)
    facility_id = models.BigIntegerField()
    person_id = models.BigIntegerField(null=True, db_index=True)
    filed_person_id = models.BigIntegerField(null=True)
    received_at = models.DateTimeField(default=now)
    received_on = models.DateField()
    channel = models.CharField(max_length=12)
    received_by = models.BigIntegerField(null=True)

    requester_account_id = models.BigIntegerField(null=True)
    requester_name = models.CharField(max_length=200)
    requester_relation = models.CharField(max_length=30, default="self")
    requester_contact = models.CharField(max_length=200, blank=True)
    authority = models.JSONField(default=dict)
    standing = models.JSONField(default=dict)

    subject_name = models.CharField(max_length=200)
    former_names = models.CharField(max_length=200, blank=True)
    subject_birth_date = models.DateField(null=True)
    subject_contact = models.JSONField(default=dict)

    categories = models.JSONField(default=list)
    date_from = models.DateField(null=True)
    date_to = models.DateField(null=True)
    details = models.TextField(blank=True)
    mode = models.CharField(max_length=10, default="copy")
    formats = models.JSONField(default=list)
    delivery_channel = models.CharField(max_length=20, default="portal")
    delivery_address = models.JSONField(default=dict)
    language = models.CharField(max_length=8, default="en")
    signature = models.JSONField(default=dict)

    selection = models.JSONField(default=dict)
    identity_check = models.JSONField(default=dict)
    needs_clinical_review = models.BooleanField(default=False)
    qa = models.JSONField(default=dict)
    decision = models.JSONField(default=dict)
    fee = models.JSONField(default=dict)
    package_ref = models.CharField(max_length=26, blank=True)
    delivery_ref = models.CharField(max_length=26, blank=True)

    due_federal = models.DateField()
    due_state = models.DateField(null=True)
    due_on = models.DateField(db_index=True)
    clock_basis = models.JSONField(default=dict)
    extension = models.JSONField(default=dict)
    review = models.JSONField(default=dict)
    warn_on = models.DateField(null=True)
    assigned_to = models.BigIntegerField(null=True, db_index=True)
    prepared_by = models.BigIntegerField(null=True)
    acted_on = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    open = models.BooleanField(default=True)
    idempotency_key = models.CharField(max_length=64, blank=True, db_index=True)

    class Meta:
        db_table = "rights_access_request"
        indexes: ClassVar = [
            models.Index(fields=["open", "due_on", "id"], name="request_queue"),
            models.Index(fields=["person_id", "received_at"], name="request_person"),
            models.Index(fields=["open", "state", "due_on", "id"], name="request_by_state"),
            models.Index(fields=["open", "assigned_to", "due_on", "id"], name="request_by_owner"),
            models.Index(fields=["due_on", "id"], name="request_waiting", condition=models.Q(open=True, acted_on=None)),
            models.Index(fields=["warn_on"], name="request_warn", condition=models.Q(acted_on=None)),
        ]

    counted_as: "CountKey | None"

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> "AccessRequest":
        """A row as it is stored, remembering how the desk's figures count it."""
        row = super().from_db(*args, **kwargs)
        row.counted_as = row.count_as() if not row.get_deferred_fields() else None
        return row

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Read the row again."""
        super().refresh_from_db(*args, **kwargs)
        self.counted_as = self.count_as()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the row, and move it between the desk's figures."""
        super().save(*args, **kwargs)
        before, self.counted_as = getattr(self, "counted_as", None), self.count_as()
        Tally.move(before, self.counted_as)

    def count_as(self) -> "CountKey | None":
        """The figure this request counts in: due date, clock running, has an owner; None when it is not open."""
        return (self.due_on, self.acted_on is None, self.assigned_to is not None) if self.open else None


class Tally(models.Model):
    """How many open requests share a due date, a running clock and an owner: what the desk's figures add up.

    It grows with days, not with requests, so that figures cost the same in a large office (`tally.recount` makes it
    anew from the requests).
    """

    due_on = models.DateField()
    waiting = models.BooleanField()
    owned = models.BooleanField()
    count = models.BigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["due_on", "waiting", "owned"], name="request_tally_once")
        ]

    @classmethod
    def move(cls, before: "CountKey | None", after: "CountKey | None") -> None:
        """Count one request in another figure than before."""
        if before == after:
            return
        if before is not None:
            cls.objects.filter(**_key(before)).update(count=models.F("count") - 1)
        if after is not None and not cls.objects.filter(**_key(after)).update(count=models.F("count") + 1):
            row, _ = cls.objects.get_or_create(**_key(after))
            cls.objects.filter(pk=row.pk).update(count=models.F("count") + 1)


def _key(of: CountKey) -> dict[str, Any]:
    return dict(zip(("due_on", "waiting", "owned"), of, strict=True))


class NumberSeries(models.Model):
    """The last number given in a year."""

    year = models.IntegerField(unique=True)
    last = models.IntegerField(default=0)


class InsertOnly(models.QuerySet[Any]):
    """Rows that are written once."""

    def update(self, **_kwargs: Any) -> int:
        """Refuse."""
        raise FixedRow(seen="a change to a step", expected="steps are only added", todo="Take a new step instead.")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise FixedRow(seen="a step to delete", expected="steps are only added", todo="Keep the step.")


class Step(models.Model):
    """One transition of a request: who, when, from, to, reason; insert-only."""

    objects = InsertOnly.as_manager()

    request = models.ForeignKey(AccessRequest, on_delete=models.PROTECT, related_name="steps")
    event = models.CharField(max_length=30)
    from_state = models.CharField(max_length=20)
    to_state = models.CharField(max_length=20)
    by_account = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=200)
    reason = models.CharField(max_length=500, blank=True)
    facts = models.JSONField(default=dict)
    at = models.DateTimeField(default=now)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Add the step; a step that is stored stays as it is."""
        if not self._state.adding:
            raise FixedRow(seen="a change to a step", expected="steps are only added", todo="Take a new step instead.")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse."""
        raise FixedRow(seen="a step to delete", expected="steps are only added", todo="Keep the step.")


class ItemDecision(models.Model):
    """What was decided about one entry of the record within a request (released unless a row says otherwise)."""

    request = models.ForeignKey(AccessRequest, on_delete=models.PROTECT, related_name="items")
    key = models.CharField(max_length=110)
    labels = models.BigIntegerField(default=0)
    decision = models.CharField(max_length=12)
    ground = models.CharField(max_length=20, blank=True)
    reviewable = models.BooleanField(null=True)
    reason = models.CharField(max_length=500, blank=True)
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(default=now)
    release_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["request", "key"], name="item_once")]


class Letter(models.Model):
    """A notice the law or the office owes: kept byte for byte as a tagged PDF blob."""

    ref = _ref()
    request = models.ForeignKey(AccessRequest, on_delete=models.PROTECT, related_name="letters")
    kind = models.CharField(max_length=30)
    language = models.CharField(max_length=8)
    template_version = models.CharField(max_length=20)
    values = models.JSONField(default=dict)
    blob = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField(default=now)
    made_by = models.BigIntegerField(null=True)
    sent_at = models.DateTimeField(null=True)
    sent_by_channel = models.CharField(max_length=20, blank=True)
    read_at = models.DateTimeField(null=True)


class Message(models.Model):
    """One message of the thread between a person and the records office about a request."""

    ref = _ref()
    request = models.ForeignKey(AccessRequest, on_delete=models.PROTECT, related_name="messages")
    from_office = models.BooleanField()
    by_account = models.BigIntegerField()
    by_name = models.CharField(max_length=200)
    text = models.TextField()
    at = models.DateTimeField(default=now)
    read_at = models.DateTimeField(null=True)


class Note(models.Model):
    """A note of staff, or of the program itself (no account), on a request; the person does not see it."""

    request = models.ForeignKey(AccessRequest, on_delete=models.PROTECT, related_name="notes")
    by_account = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=200)
    text = models.TextField()
    at = models.DateTimeField(default=now)


class Draft(models.Model):
    """The answers of a request form not yet sent, one per account and person; kept when the session ends."""

    ref = _ref()
    account_id = models.BigIntegerField()
    person_id = models.BigIntegerField()
    answers = models.JSONField(default=dict)
    updated_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["account_id", "person_id"], name="draft_once")]
