"""`chartpost app add | list | disable`: apps and backend clients from the shell."""

import argparse
import sys
from pathlib import Path
from typing import Any

import orjson


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `app` command."""
    app = commands.add_parser("app", help="add, list or disable apps that may ask for records")
    verbs = app.add_subparsers(dest="verb", required=True)
    _add_arguments(verbs.add_parser("add", help="register an app; prints its client id and secret, if it has one"))
    verbs.add_parser("list", help="registered apps").set_defaults(func=_list)
    disable = verbs.add_parser("disable", help="block an app and end all it was given")
    disable.add_argument("client_id")
    disable.set_defaults(func=_disable)


def _add_arguments(add: argparse.ArgumentParser) -> None:
    add.add_argument("name")
    add.add_argument("--kind", required=True, help="public, symmetric, asymmetric or backend")
    add.add_argument("--redirect", action="append", default=[], help="address people are sent back to; may be repeated")
    add.add_argument("--scope", action="append", default=[], help="scope it may ask for; may be repeated; none: any")
    add.add_argument("--jwks-uri", default="", help="address of its public keys")
    add.add_argument("--jwks", type=Path, help="file with its public keys, a JSON Web Key Set")
    add.add_argument("--launch-uri", default="", help="address it is started at from the desk")
    add.add_argument("--contact", default="", help="whom to write to about it")
    add.set_defaults(func=_add)


def _setup() -> None:
    import django

    django.setup()


def _add(arguments: argparse.Namespace) -> int:
    _setup()
    from chartpost.identity import services
    from chartpost.identity.app_types import AppDraft
    from chartpost.identity.types import SYSTEM

    keys = _keys(arguments.jwks) if arguments.jwks else {}
    if keys is None:
        print(f"Saw {arguments.jwks}. Expected a JSON file with public keys.", file=sys.stderr)
        return 1
    draft = AppDraft(
        kind=arguments.kind,
        name=arguments.name,
        redirect_uris=tuple(arguments.redirect),
        scopes=tuple(arguments.scope),
        contact=arguments.contact,
        launch_uri=arguments.launch_uri,
        jwks_uri=arguments.jwks_uri,
        jwks=keys,
    )
    app, secret = services.register_app(draft, SYSTEM, reviewed=True)
    print(f"Client id: {app.client_id}")
    if secret:
        print(f"Secret, shown once: {secret}")
    return 0


def _keys(file: Path) -> dict[str, Any] | None:
    try:
        found = orjson.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _list(_: argparse.Namespace) -> int:
    _setup()
    from chartpost.identity import queries_apps

    for app in queries_apps.apps():
        state = "blocked" if app.disabled else "reviewed" if app.reviewed else "not reviewed"
        print(f"{app.client_id}\t{app.kind}\t{state}\t{app.name}")
    return 0


def _disable(arguments: argparse.Namespace) -> int:
    _setup()
    from chartpost.identity import queries_apps, services
    from chartpost.identity.types import SYSTEM

    app = queries_apps.app(arguments.client_id)
    if app is None:
        print(f"Saw {arguments.client_id}. Expected a client id of: chartpost app list", file=sys.stderr)
        return 1
    services.disable_app(app.ref, SYSTEM)
    print(f"{app.name} is blocked.")
    return 0
