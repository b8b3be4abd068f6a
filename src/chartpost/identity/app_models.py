"""Tables of connected apps, on the abstract models of django-oauth-toolkit; private to the identity room.

No secret is kept readable: codes, access and refresh tokens and client secrets are kept as SHA-256 of 256 random bits,
signing keys wrapped by the key ring.
"""

from typing import ClassVar

from django.db import models
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
    redirect_to_uri_allowed,
)

from chartpost.kernel.clock import now
from chartpost.kernel.ids import new_id


class App(AbstractApplication):  # type: ignore[misc]
    """A program registered to reach records: `kind` is public, symmetric, asymmetric or backend.

    Registered by an administrator, or by itself (RFC 7591; `reviewed_at` is then empty until the office looked at it).
    `allowed_scopes` empty means any; `jwks` holds keys inline where there is no `jwks_uri`.
    """

    objects: ClassVar[models.Manager["App"]] = models.Manager()

    ref = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    kind = models.CharField(max_length=12, default="public")
    logo_uri = models.CharField(max_length=300, blank=True)
    home_uri = models.CharField(max_length=300, blank=True)
    terms_uri = models.CharField(max_length=300, blank=True)
    privacy_uri = models.CharField(max_length=300, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    launch_uri = models.CharField(max_length=300, blank=True)
    jwks_uri = models.CharField(max_length=300, blank=True)
    jwks = models.JSONField(default=dict, blank=True)
    allowed_scopes = models.TextField(blank=True)
    hidden_labels = models.BigIntegerField(default=0)
    user = models.ForeignKey("identity.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)

    def is_usable(self, _request: object) -> bool:
        """Whether it may be used at all."""
        return self.disabled_at is None

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Whether an address is one of those registered, letter by letter (RFC 9700 2.1).

        A registered http address of a loopback IP may come with any port (RFC 8252 7.3).
        """
        allowed = self.redirect_uris.split()
        loopback = [a for a in allowed if a.startswith(("http://127.0.0.1", "http://[::1]"))]
        return uri in allowed or bool(redirect_to_uri_allowed(uri, loopback))

    def allows_grant_type(self, *grant_types: str) -> bool:
        """A backend client uses client credentials and nothing else; the others never do (SMART 2.2)."""
        backend = self.kind == "backend"
        return bool(set(grant_types) & {"client-credentials" if backend else "authorization-code"})


class AppGrant(models.Model):
    """What an app may do, as somebody approved it; its codes and tokens are one family and end with it.

    `given_as` is what whoever gave it was then: a person, by their own record or one they act for; staff; or the office
    itself, which registered a backend client (`app`). What the account may do today counts only as far as that goes.
    """

    ref = models.CharField(max_length=26, unique=True, default=new_id, editable=False)
    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="grants")
    account = models.ForeignKey(
        "identity.Account", null=True, blank=True, on_delete=models.CASCADE, related_name="app_grants"
    )
    person = models.ForeignKey("identity.Person", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    encounter_id = models.CharField(max_length=64, blank=True)
    given_as = models.CharField(max_length=6, default="app")
    fhir_user = models.CharField(max_length=100, blank=True)
    scopes = models.TextField()
    hidden_labels = models.BigIntegerField(default=0)
    offline = models.BooleanField(default=False)
    refreshable = models.BooleanField(default=False)
    launched = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(account=None, given_as="app")
                | models.Q(account__isnull=False, given_as__in=("person", "staff")),
                name="app_grant_given_as",
            )
        ]


class AuthCode(AbstractGrant):  # type: ignore[misc]
    """An authorization code; `code` holds its hash. A used one is kept until it expires, so that a replay is seen."""

    objects: ClassVar[models.Manager["AuthCode"]] = models.Manager()
    user = models.ForeignKey("identity.Account", on_delete=models.CASCADE, related_name="+")

    grant = models.ForeignKey(AppGrant, on_delete=models.CASCADE, related_name="+")
    used_at = models.DateTimeField(null=True, blank=True)


class IdToken(AbstractIDToken):  # type: ignore[misc]
    """The library's table of id tokens; ours are signed and not kept."""

    objects: ClassVar[models.Manager["IdToken"]] = models.Manager()
    user = models.ForeignKey("identity.Account", null=True, blank=True, on_delete=models.CASCADE, related_name="+")


class AccessToken(AbstractAccessToken):  # type: ignore[misc]
    """An access token by its hash."""

    objects: ClassVar[models.Manager["AccessToken"]] = models.Manager()
    user = models.ForeignKey("identity.Account", null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    grant = models.ForeignKey(AppGrant, on_delete=models.CASCADE, related_name="+")


class RefreshToken(AbstractRefreshToken):  # type: ignore[misc]
    """A refresh token by its hash; used ones are kept, so that a second use is seen (RFC 9700 4.14.2)."""

    objects: ClassVar[models.Manager["RefreshToken"]] = models.Manager()
    user = models.ForeignKey("identity.Account", on_delete=models.CASCADE, related_name="+")

    grant = models.ForeignKey(AppGrant, on_delete=models.CASCADE, related_name="+")
    scope = models.TextField()
    expires = models.DateTimeField()


class LaunchContext(models.Model):
    """A launch from the desk or portal that an app may redeem once, within minutes (SMART 2.2 EHR launch)."""

    launch_hash = models.CharField(max_length=64, unique=True)
    account = models.ForeignKey("identity.Account", on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey("identity.Person", on_delete=models.CASCADE, related_name="+")
    encounter_id = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class JtiSeen(models.Model):
    """The name of a client's signed assertion, so that it counts once (RFC 7523 3)."""

    jti_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(db_index=True)


class TokenEpoch(models.Model):
    """A number that grows whenever somebody may do less than before (a single row); caches of tokens follow it."""

    value = models.BigIntegerField(default=0)


class SigningKey(models.Model):
    """A key this office signs id tokens with: `wrapped` is the private key under the key ring, `public` a JWK."""

    kid = models.CharField(max_length=64, primary_key=True)
    algorithm = models.CharField(max_length=10, unique=True)
    wrapped = models.BinaryField()
    public = models.JSONField()
    created_at = models.DateTimeField(default=now)
