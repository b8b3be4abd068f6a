"""Give out access tokens of a home: python -m support.mint PERSONS [SCOPES]; prints them as JSON.

The first PERSONS people of the home each let one app read their record; one backend client reaches everyone with
SCOPES. Prints {"system": token, "people": [[person, patient id, token], ...]}.
"""

import json
import secrets
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

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
    from chartpost.identity import app_models, queries
    from chartpost.identity.app_types import AuthorizeRequest
    from chartpost.identity.services import grants

    ask = AuthorizeRequest("bench", app.client_id, app.redirect_uris[0], scopes, "", "", "x" * 43, "")
    grants.approve(ask, queries.actor_of(account, fresh=True), person_id, scopes)
    grant = app_models.AppGrant.objects.filter(account=account).latest("pk")
    return _token(grant, grant.scopes)


def backend_token(scopes: tuple[str, ...]) -> str:
    """The token of a backend client."""
    from chartpost.identity import app_models

    row = app_models.App.objects.get(ref=register("backend", scopes).ref)
    return _token(app_models.AppGrant.objects.create(app=row, scopes=" ".join(scopes)), " ".join(scopes))


def _token(grant: Any, scopes: str) -> str:
    from chartpost.identity import app_models
    from chartpost.identity.services.grants import hashed
    from chartpost.kernel import clock

    token = secrets.token_urlsafe(32)
    app_models.AccessToken.objects.create(
        grant=grant,
        application=grant.app,
        scope=scopes,
        token=hashed(token),
        token_checksum=hashed(token),
        expires=clock.now() + timedelta(days=1),
    )
    return token


if __name__ == "__main__":
    sys.exit(main())
