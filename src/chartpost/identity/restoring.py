"""After a restore: what was taken back or used up since the backup must not work again.

The database forgets that a session ended, an app was stopped, a refresh token was used or a code was given away. So
every session and every app ends, and codes not yet used are over: people sign in and connect their apps again, and the
office gives new codes.
"""

from django.contrib.sessions.models import Session
from django.db import transaction

from chartpost.identity import app_models, models
from chartpost.identity.services.grants import end_all
from chartpost.identity.types import SYSTEM
from chartpost.kernel import clock


def settle() -> None:
    """End them, in steps that may be repeated; apps of the office itself prove themselves anew for each token."""
    from allauth.usersessions.models import UserSession

    with transaction.atomic():
        UserSession.objects.all().delete()
        Session.objects.all().delete()
        models.Invitation.objects.filter(used_at=None, expires_at__gt=clock.now()).update(expires_at=clock.now())
        app_models.LaunchContext.objects.filter(used_at=None).update(used_at=clock.now())
    app_models.AccessToken.objects.all().delete()
    for key in app_models.AppGrant.objects.filter(ended_at=None).exclude(account=None).values_list("pk", flat=True):
        with transaction.atomic():
            end_all(app_models.AppGrant.objects.filter(pk=key), SYSTEM, "office")
