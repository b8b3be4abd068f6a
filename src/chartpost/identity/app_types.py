"""Plain values about connected apps."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

AppKind = Literal["public", "symmetric", "asymmetric", "backend"]
Hindrance = Literal["", "blocked", "moved", "unseen"]
GivenAs = Literal["person", "staff", "app"]
KINDS: tuple[AppKind, ...] = ("public", "symmetric", "asymmetric", "backend")
PATIENT, RELATED = "Patient/", "RelatedPerson/"
"""How the user of an app begins who is the person, or acts for them (SMART 2.2 `fhirUser`)."""

WITHDRAWN = "withdrawn"
"""Why a grant ended that staff ended for a backend client: until an administrator lets it in, it gets no other."""


@dataclass(frozen=True)
class AppDraft:
    """What an app says of itself when it is registered (RFC 7591 2)."""

    kind: AppKind
    name: str
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    logo_uri: str = ""
    home_uri: str = ""
    terms_uri: str = ""
    privacy_uri: str = ""
    contact: str = ""
    launch_uri: str = ""
    jwks_uri: str = ""
    jwks: dict[str, Any] = field(default_factory=dict)
    hidden_labels: int = 0


@dataclass(frozen=True)
class AppView:
    """A registered app as pages show it; `reviewed` tells whether the office looked at it.

    `kids` name the keys it has inline, where there is no `jwks_uri`; `hidden_labels` is a mask of `Label` kept from it.
    """

    ref: str
    client_id: str
    name: str
    kind: AppKind
    logo_uri: str
    home_uri: str
    terms_uri: str
    privacy_uri: str
    contact: str
    launch_uri: str
    jwks_uri: str
    redirect_uris: tuple[str, ...]
    allowed_scopes: tuple[str, ...]
    reviewed: bool
    disabled: bool
    created_at: datetime
    kids: tuple[str, ...]
    hidden_labels: int


@dataclass(frozen=True)
class GrantView:
    """What somebody let an app do. `scopes` are as granted, `in_force` what counts of them today.

    `hidden_labels` is a mask of `Label` kept from the app.

    `given_as` is what they were when they gave it; `app`: the office itself, for a backend client.

    `person_id` is whom the app learns of, merges followed: the person in context, else the account's own (`fhirUser`).
    """

    ref: str
    app: AppView
    account_id: int | None
    account_name: str
    given_as: GivenAs
    person_id: int | None
    fhir_user: str
    scopes: tuple[str, ...]
    in_force: tuple[str, ...]
    hidden_labels: int
    offline: bool
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    ended_at: datetime | None
    ended_why: str


@dataclass(frozen=True)
class AuthorizeRequest:
    """A checked authorization request that waits for an answer; kept in the session under `key`.

    `scopes` are those this server knows, as the app wrote them. `launch` is the hash of the launch it came with;
    then `person_id` and `encounter_id` are those of the launch and must not be chosen again. `redirect_left_out` is set
    where the app named no address and `redirect_uri` is its only one. Only a sign-in since `signed_in_after` counts, as
    `max_age` and `prompt` asked; `signed_in_at` is that of whoever answers.
    """

    key: str
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    nonce: str
    code_challenge: str
    aud: str
    launch: str = ""
    person_id: int | None = None
    encounter_id: str = ""
    made_at: float = 0.0
    redirect_left_out: bool = False
    signed_in_after: float = 0.0
    signed_in_at: float = 0.0
    max_age: str = ""
    prompt: str = ""

    def to_json(self) -> dict[str, Any]:
        """For the session."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "AuthorizeRequest":
        """Back from the session."""
        return cls(**{**values, "scopes": tuple(values["scopes"])})


@dataclass(frozen=True)
class Issued:
    """What a grant says in a token response (SMART 2.2, 'Response'); `seconds` is how long the access token is good."""

    grant_ref: str
    scope: str
    patient: str
    encounter: str
    launched: bool
    refreshable: bool
    fhir_user: str
    subject: str
    seconds: int = 0
