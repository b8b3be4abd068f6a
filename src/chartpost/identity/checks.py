"""What `chartpost doctor` says about accounts."""

from allauth.mfa.models import Authenticator

from chartpost.identity import models, queries
from chartpost.kernel.config import config
from chartpost.kernel.doctor import Check


def second_factors() -> Check | None:
    """Whether every member of staff has a second sign-in step (45 CFR 164.312(d)); says nothing before set-up."""
    if not queries.is_set_up():
        return None
    protected = Authenticator.objects.exclude(type="recovery_codes").values("user")
    bare = models.Account.objects.filter(is_staff_account=True, is_active=True).exclude(pk__in=protected).count()
    if bare == 0:
        return Check("second sign-in step", True, "Every member of staff has a second sign-in step.")
    needed = config().staff_second_factor and not config().demo
    closed = " The desk stays closed to them until they add one." if needed else " The desk is open to them."
    todo = "Ask them to add a passkey or an app; set CHARTPOST_STAFF_SECOND_FACTOR=1 to insist."
    return Check("second sign-in step", False, f"{bare} staff account(s) have none.{closed}", todo, must=not needed)


def set_up() -> Check:
    """Whether the office is set up."""
    if queries.is_set_up():
        return Check("set-up", True, "The office is set up.")
    return Check("set-up", False, "The office is not set up.", "Open the link that `chartpost up` prints.", must=False)
