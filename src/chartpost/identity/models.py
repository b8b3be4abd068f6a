"""Tables of the identity room; private to it."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from chartpost.identity import app_models  # noqa: F401 - tables of this room too
from chartpost.kernel.clock import now
from chartpost.kernel.ids import new_id


def _ref() -> models.CharField[str, str]:
    return models.CharField(max_length=26, unique=True, default=new_id, editable=False)


class Office(models.Model):
    """The one covered entity this home belongs to (a single row)."""

    name = models.CharField(max_length=200)
    address = models.TextField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    complaint_name = models.CharField(max_length=200, blank=True)
    complaint_phone = models.CharField(max_length=40, blank=True)
    complaint_email = models.EmailField(blank=True)
    npi = models.CharField(max_length=10, blank=True)
    fee_method = models.CharField(max_length=10, default="flat")
    flat_cents = models.PositiveIntegerField(default=650)
    labor_cents_per_hour = models.PositiveIntegerField(default=1800)
    average_labor_cents = models.PositiveIntegerField(default=410)
    two_person_release = models.BooleanField(default=True)
    recovery_key_shown_at = models.DateTimeField(null=True, blank=True)
    set_up_at = models.DateTimeField(null=True, blank=True)


class Facility(models.Model):
    """A place of the office, with the state whose law applies and its time zone."""

    ref = _ref()
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=2)
    zone = models.CharField(max_length=60)
    address = models.TextField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    npi = models.CharField(max_length=10, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)


class Person(models.Model):
    """Somebody the office holds records about; owns one or more source Patients."""

    ref = _ref()
    family = models.CharField(max_length=120)
    given = models.CharField(max_length=120)
    birth_date = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=10, blank=True)
    address_line = models.CharField(max_length=250, blank=True)
    city = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=2, blank=True)
    postal_code = models.CharField(max_length=12, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=8, blank=True)
    deceased_on = models.DateField(null=True, blank=True)
    folded_name = models.CharField(max_length=250, db_index=True, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="absorbed")
    created_at = models.DateTimeField(default=now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["birth_date", "folded_name"], name="person_birth_name")]


class PersonIdentifier(models.Model):
    """A number that names one person for sure (medical record number, member number)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="identifiers")
    system = models.CharField(max_length=200)
    value = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["system", "value"], name="identifier_once")]


class PersonSource(models.Model):
    """A source Patient resource that describes this person."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="sources")
    source = models.CharField(max_length=200)
    patient_id = models.CharField(max_length=64, unique=True)


class Merge(models.Model):
    """Two persons found to be one; `moved` lists what moved, so that it can be undone."""

    ref = _ref()
    kept = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="merges")
    absorbed = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField()
    reason = models.CharField(max_length=300)
    by = models.ForeignKey("Account", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)
    undone_at = models.DateTimeField(null=True, blank=True)


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts; the e-mail address is the name to sign in with."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Account":
        account = self.model(email=self.normalize_email(email).lower(), **fields)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(email__iexact=username)


class Account(AbstractBaseUser):
    """A sign-in: of a person, a representative, or staff."""

    ref = _ref()
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    language = models.CharField(max_length=8, blank=True)
    zone = models.CharField(max_length=60, blank=True)
    is_staff_account = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = []
    objects = AccountManager()


class StaffRole(models.Model):
    """A role a member of staff holds: clerk, approver, reviewer, privacy, imaging, admin."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="roles")
    role = models.CharField(max_length=20)
    given_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True, blank=True)


class OwnLink(models.Model):
    """This account belongs to this person; `how` names the proof."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="own_links")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="own_links")
    how = models.CharField(max_length=40)
    by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=now)
    ended_at = models.DateTimeField(null=True, blank=True)


class Representation(models.Model):
    """An account acting for a person, with a basis, a scope and an end date (45 CFR 164.502(g))."""

    ref = _ref()
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="representations")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="representations")
    basis = models.CharField(max_length=30)
    categories = models.BigIntegerField(default=-1)
    may_request = models.BooleanField(default=True)
    hides_minor_confidential = models.BooleanField(default=False)
    evidence = models.CharField(max_length=300, blank=True)
    verified_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)


class Invitation(models.Model):
    """A one-time code that ties a new or existing account to a person, a representation or staff roles."""

    ref = _ref()
    code_hash = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=20)
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    terms = models.JSONField(default=dict)
    created_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")


class MatchRequest(models.Model):
    """A self sign-up that waits for staff to match and verify; it sees nothing until then."""

    ref = _ref()
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="match_requests")
    given = models.CharField(max_length=120)
    family = models.CharField(max_length=120)
    birth_date = models.DateField()
    phone = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, default="waiting")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    settled_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)


class SetupLink(models.Model):
    """The one-time link to the set-up wizard; only its hash is kept."""

    code_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
