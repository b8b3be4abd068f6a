"""Give out access tokens of a home: python -m support.mint PERSONS [SCOPES]; prints them as JSON.

The first PERSONS people of the home each let one app read their record; one backend client reaches everyone with
SCOPES. Prints {"system": token, "people": [[person, patient id, token], ...]}.
"""

import json
import secrets
import sys
from pathlib import Path
from typing import Any

SECONDS = 86_400
READ = ("openid", "fhirUser", "launch/patient", "patient/*.rs")


def main() -> int:
    """Mint and print."""
    import django

    django.setup()
    from django.db import transaction

    from chartpost.kernel.config import config

    persons = json.loads((Path(config().home) / "facts.json").read_text(encoding="utf-8"))["persons"]
    number, scopes = int(sys.argv[1]), tuple(sys.argv[2:] or ["system/*.cruds"])
    with transaction.atomic():
        app = register("symmetric", READ)
        people = [(person, patient, person_token(app, person)) for person, patient in persons[:number]]
        system = backend_token(scopes)
    print(json.dumps({"system": system, "people": people}))
    return 0


def register(kind: Any, scopes: tuple[str, ...]) -> Any:
    """A registered app."""
    from chartpost.identity.app_types import AppDraft
    from chartpost.identity.services.apps import register_app
    from chartpost.identity.types import SYSTEM

    where = () if kind == "backend" else ("https://app.example.org/back",)
    keys = {"keys": [{"kty": "RSA", "kid": "bench"}]} if kind == "backend" else {}
    draft = AppDraft(kind, "Benchmark", where, tuple(scopes) if kind == "backend" else (), jwks=keys)
    return register_app(draft, SYSTEM, reviewed=True)[0]


def person_token(app: Any, person_id: int, scopes: tuple[str, ...] = READ) -> str:
    """The token of an app whom a person let read their record."""
    from chartpost.identity import services
    from chartpost.identity.types import SYSTEM

    account = services.add_account(f"{secrets.token_hex(6)}@people.example.org", "Bench", None)
    services.link_own(account, person_id, "bench", SYSTEM)
    return approved(app, account, person_id, scopes)


def approved(app: Any, account: Any, person_id: int | None, scopes: tuple[str, ...]) -> str:
    """The token of an app that an account approved."""
    from chartpost.identity import queries
    from chartpost.identity.app_types import AuthorizeRequest
    from chartpost.identity.services import app_tokens, grants

    ask = AuthorizeRequest(secrets.token_urlsafe(16), app.client_id, app.redirect_uris[0], scopes, "", "", "x" * 43, "")
    code = grants.approve(ask, queries.actor_of(account, fresh=True), person_id, scopes)
    token = secrets.token_urlsafe(32)
    app_tokens.redeem_code(code, app.client_id, token, "", SECONDS)
    return token


def backend_token(scopes: tuple[str, ...]) -> str:
    """The token of a backend client."""
    from chartpost.identity.services import app_tokens

    token = secrets.token_urlsafe(32)
    app_tokens.issue_backend(register("backend", scopes).client_id, " ".join(scopes), token, SECONDS)
    return token


if __name__ == "__main__":
    sys.exit(main())
