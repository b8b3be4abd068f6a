"""An office, apps of every kind, and a browser that walks a launch the way a person and an app do together."""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from chartpost.gateways.smart.addresses import fhir_base, token_url
from chartpost.gateways.smart.asks import SLOT
from chartpost.gateways.smart.validator import ASSERTION_TYPE
from chartpost.identity import models, queries, services
from chartpost.identity.app_types import AppDraft, AppKind, AppView, AuthorizeRequest
from chartpost.identity.types import SYSTEM, Actor, PersonView
from tests.identity.support import PASSWORD, browser

REDIRECT = "https://app.example/back"
SCOPES = "launch/patient openid fhirUser offline_access patient/Patient.rs patient/Observation.rs patient/Condition.rs"
VERIFIER = "a-verifier-of-the-tests-0123456789-abcdefghijklmnopq"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
KEYS = {"RS384": RSAKey.generate_key(2048), "ES384": ECKey.generate_key("P-384")}
TAG = "https://app.example/ordinary"


@dataclass
class Office:
    """A small office: a person with an account, a clerk, and apps."""

    person: PersonView
    account: models.Account
    clerk: models.Account
    apps: dict[str, AppView] = field(default_factory=dict)
    secret: str = ""

    @property
    def actor(self) -> Actor:
        """The person at their own account."""
        return queries.actor_of(self.account, fresh=True)

    @property
    def staff(self) -> Actor:
        """The clerk."""
        return queries.actor_of(self.clerk, fresh=True)


def office() -> Office:
    """Make the office."""
    services.save_office({"name": "Lakeside"}, SYSTEM)
    services.save_facility({"name": "Main", "state": "CA", "zone": "America/Los_Angeles"}, SYSTEM)
    person = add_person("Ana", "pat-ana")
    account = services.add_account("ana@people.example", "Ana Quill", PASSWORD)
    services.link_own(account, person.id, "invitation_code", SYSTEM)
    clerk = services.add_account("clerk@office.example", "Clara Clerk", PASSWORD, staff=True)
    services.give_role(clerk, "clerk", SYSTEM)
    found = Office(person, account, clerk)
    for kind in ("public", "symmetric", "asymmetric", "backend"):
        found.apps[kind], secret = services.register_app(draft(kind), SYSTEM, reviewed=True)
        found.secret = secret or found.secret
    return found


def add_person(given: str, patient_id: str) -> PersonView:
    """A person with a source Patient."""
    person = services.add_person({"given": given, "family": "Quill"}, [], SYSTEM)
    services.add_source(person.id, "test", patient_id, [])
    return person


def draft(kind: AppKind, **changes: Any) -> AppDraft:
    """An app of a kind."""
    facts: dict[str, Any] = {"kind": kind, "name": f"{kind} app", "redirect_uris": (REDIRECT,)}
    if kind in {"asymmetric", "backend"}:
        facts["jwks"] = {"keys": [public(name) for name in KEYS]}
    if kind == "backend":
        facts |= {"redirect_uris": (), "scopes": ("system/*.rs",)}
    return AppDraft(**facts | changes)


def public(name: str) -> dict[str, Any]:
    """The public half of a key, as a client publishes it."""
    return dict(KEYS[name].as_dict(private=False)) | {"kid": name, "use": "sig", "alg": name}


def assertion(client_id: str, algorithm: str = "RS384", key: Any = None, header: Any = None, **changes: Any) -> str:
    """A signed client assertion; a change to None leaves a claim out."""
    moment = int(time.time())
    claims = {"iss": client_id, "sub": client_id, "aud": token_url(), "exp": moment + 200, "jti": secrets.token_hex(8)}
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    head = {"alg": algorithm, "kid": algorithm, "typ": "JWT"} | (header or {})
    return jwt.encode(head, claims, key or KEYS[algorithm], algorithms=[head["alg"]])


def asserted(client_id: str, **changes: Any) -> dict[str, str]:
    """The two parameters of a signed assertion."""
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion(client_id, **changes)}


def basic(client_id: str, secret: str) -> dict[str, str]:
    """The header of a client with a secret."""
    return {"HTTP_AUTHORIZATION": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def ask(app: AppView, **changes: Any) -> dict[str, str]:
    """The parameters of an authorization request; a change to None leaves one out."""
    facts = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": REDIRECT,
        "scope": SCOPES,
        "state": "state-1",
        "aud": fhir_base(),
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return {name: value for name, value in (facts | changes).items() if value is not None}


def signed_in(account: models.Account) -> Client:
    """A browser somebody signed in with."""
    client = browser()
    client.force_login(account)
    return client


def authorize(client: Client, parameters: dict[str, str]) -> Any:
    """Bring a request to the authorize address."""
    return client.get("/oauth/authorize", parameters)


def sent(response: Any) -> dict[str, str]:
    """The parameters an app gets in the address it is called back at."""
    return dict(parse_qsl(urlsplit(response["Location"]).query))


def waiting(response: Any) -> AuthorizeRequest:
    """The request that waits for the person an authorize answer leads to."""
    key = response["Location"].rstrip("/").rpartition("/")[2]
    return AuthorizeRequest.from_json(SessionStore(key)[SLOT]["ask"])


def code_for(where: Office, app: AppView, scope: str = SCOPES, **options: Any) -> str:
    """A code as the consent page makes it, without the page."""
    actor = options.pop("actor", where.actor)
    person_id = options.pop("person_id", where.person.id)
    facts: dict[str, Any] = {
        "key": "",
        "client_id": app.client_id,
        "redirect_uri": REDIRECT,
        "state": "s",
        "nonce": "n-1",
    }
    made = AuthorizeRequest(
        **facts, scopes=tuple(scope.split()), code_challenge=CHALLENGE, aud=fhir_base(), **options.pop("launch", {})
    )
    granted = options.pop("granted", scope).split()
    return services.approve(
        made, actor, person_id, granted, options.pop("hidden_labels", 0), "offline_access" in granted
    )


def token(client: Client, **parameters: Any) -> Any:
    """Ask the token address."""
    headers = {name: value for name, value in parameters.items() if name.startswith("HTTP_")}
    body = {name: value for name, value in parameters.items() if name not in headers and value is not None}
    return client.post("/oauth/token", body, **headers)


def exchange(client: Client, where: Office, app: AppView, code: str, **changes: Any) -> Any:
    """Change a code for tokens, as a client of its kind does."""
    facts: dict[str, Any] = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    facts |= {"code_verifier": VERIFIER} | proof(where, app)
    return token(client, **facts | changes)


def refresh(client: Client, where: Office, app: AppView, value: str, **changes: Any) -> Any:
    """Change a refresh token for new tokens."""
    facts = {"grant_type": "refresh_token", "refresh_token": value} | proof(where, app)
    return token(client, **facts | changes)


def proof(where: Office, app: AppView) -> dict[str, str]:
    """How a client of its kind says who it is."""
    if app.kind == "symmetric":
        return basic(app.client_id, where.secret)
    return {"client_id": app.client_id} if app.kind == "public" else asserted(app.client_id)


def tokens_of(where: Office, kind: str = "public", scope: str = SCOPES, **options: Any) -> dict[str, Any]:
    """The token response of a whole launch."""
    app = where.apps[kind]
    response = exchange(browser(), where, app, code_for(where, app, scope, **options))
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found
