"""Apps: registered, reviewed, given a new secret, disabled."""

import hashlib
import json
import re
import secrets
from urllib.parse import urlsplit

from django.db import transaction

from chartpost.identity import app_models, scopes
from chartpost.identity.app_types import KINDS, AppDraft, AppView
from chartpost.identity.errors import AppRefused, NotFound
from chartpost.identity.queries_apps import app_view
from chartpost.identity.services._epoch import bump
from chartpost.identity.services._event import event
from chartpost.identity.services.grants import end_all
from chartpost.identity.types import Actor
from chartpost.identity.unseen import unseen
from chartpost.kernel import clock
from chartpost.kernel.ids import new_id
from chartpost.kernel.outbound import LOOPBACK
from chartpost.ledger import services as ledger

MOST_URIS, LONGEST_URI, LONGEST_NAME = 10, 300, 120
_PLACE = re.compile(r"([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.?|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?")
"""Host and port of an address; a name in other letters comes as punycode (RFC 5891)."""

_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")
"""A reverse domain name, as a native app's own scheme must be (RFC 8252 7.1)."""


@transaction.atomic
def register_app(draft: AppDraft, actor: Actor, *, reviewed: bool) -> tuple[AppView, str]:
    """Register an app; returns it and its secret, shown once (empty unless it is symmetric). Raises AppRefused."""
    check(draft)
    secret = secrets.token_urlsafe(32) if draft.kind == "symmetric" else ""
    row = app_models.App.objects.create(
        client_id=new_id(),
        client_type="public" if draft.kind == "public" else "confidential",
        authorization_grant_type="client-credentials" if draft.kind == "backend" else "authorization-code",
        client_secret=secret_hash(secret) if secret else "",
        hash_client_secret=False,
        registration_source="manual" if reviewed else "dcr",
        user_id=actor.account_id,
        reviewed_at=clock.now() if reviewed else None,
        redirect_uris=" ".join(draft.redirect_uris),
        allowed_scopes=" ".join(draft.scopes),
        **{name: getattr(draft, name) for name in _SAME},
    )
    ledger.append(event(actor, "app.register", None, f"app:{row.ref}", kind=row.kind))
    return app_view(row), secret


_SAME = (
    "kind",
    "name",
    "logo_uri",
    "home_uri",
    "terms_uri",
    "privacy_uri",
    "contact",
    "launch_uri",
    "jwks_uri",
    "jwks",
    "hidden_labels",
)


@transaction.atomic
def review_app(ref: str, actor: Actor) -> None:
    """Mark an app that registered itself as looked at by the office."""
    row = row_of(ref)
    if row.reviewed_at is None:
        row.reviewed_at = clock.now()
        row.save(update_fields=["reviewed_at"])
        ledger.append(event(actor, "app.review", None, f"app:{row.ref}"))


@transaction.atomic
def unreview_app(ref: str, actor: Actor) -> None:
    """Take back that the office has looked at an app: what staff let it in to ends, since they may not any more.

    Raises AppRefused for a program without people, which nobody lets in.
    """
    row = row_of(ref)
    if row.kind == "backend":
        raise AppRefused(seen="a program without people", expected="an app of people", todo="Block it instead.")
    if row.reviewed_at is not None:
        row.reviewed_at = None
        row.save(update_fields=["reviewed_at"])
        end_all(app_models.AppGrant.objects.filter(app=row, given_as="staff"), actor, "office")
        ledger.append(event(actor, "app.unreview", None, f"app:{row.ref}"))


@transaction.atomic
def disable_app(ref: str, actor: Actor) -> None:
    """Block an app: every grant of it ends at once."""
    row = row_of(ref)
    if row.disabled_at is None:
        row.disabled_at = clock.now()
        row.save(update_fields=["disabled_at"])
        end_all(app_models.AppGrant.objects.filter(app=row), actor, "office")
        bump()
        ledger.append(event(actor, "app.disable", None, f"app:{row.ref}"))


@transaction.atomic
def enable_app(ref: str, actor: Actor) -> None:
    """Let a blocked app ask again; what it had before stays ended."""
    row = row_of(ref)
    if row.disabled_at is not None:
        row.disabled_at = None
        row.save(update_fields=["disabled_at"])
        ledger.append(event(actor, "app.enable", None, f"app:{row.ref}"))


@transaction.atomic
def new_app_secret(ref: str, actor: Actor) -> str:
    """Give a symmetric app a new secret, shown once; the old one ends."""
    row = row_of(ref)
    if row.kind != "symmetric":
        raise AppRefused(
            seen=f"an app of kind {row.kind}", expected="a symmetric app", todo="Only those have a secret."
        )
    secret = secrets.token_urlsafe(32)
    row.client_secret = secret_hash(secret)
    row.save(update_fields=["client_secret"])
    ledger.append(event(actor, "app.secret", None, f"app:{row.ref}"))
    return secret


def secret_hash(secret: str) -> str:
    """What is kept of a secret of 256 random bits: SHA-256; guessing it is hopeless, so a slow hash adds nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()


def check(draft: AppDraft) -> None:
    """Refuse a draft that cannot be a safe app; raises AppRefused."""
    if draft.kind not in KINDS:
        raise AppRefused(
            seen=f"kind {draft.kind!r}", expected="one of " + ", ".join(KINDS), todo="Choose a kind.", field="kind"
        )
    _check_name(draft.name)
    _check_kept(draft)
    _check_redirects(draft)
    _check_keys(draft)
    for name in ("logo_uri", "home_uri", "terms_uri", "privacy_uri", "launch_uri"):
        _check_web(name, getattr(draft, name))
    _check_scopes(draft)


def _check_name(name: str) -> None:
    """A name people can trust to be what they read: short, nothing turned round or hidden."""
    hidden = unseen(name)
    if hidden:
        seen = f"a name with {hidden}, which nobody sees"
    elif len(name) > LONGEST_NAME:
        seen = f"a name of {len(name)} characters"
    elif not name.strip():
        seen = "no name"
    else:
        return
    expected = f"1 to {LONGEST_NAME} characters, all of them seen"
    raise AppRefused(seen=seen, expected=expected, todo="Give the app a name.", field="name")


def _check_kept(draft: AppDraft) -> None:
    """Every text as it can be kept: without NUL and half characters, and keys that are JSON (RFC 8259 8.2)."""
    texts = (draft.contact, draft.logo_uri, draft.home_uri, draft.terms_uri, draft.privacy_uri, draft.launch_uri)
    try:
        keys = json.dumps(draft.jwks, ensure_ascii=False, allow_nan=False).replace("\\u0000", "\0")
        bad = "\0" in b"".join(text.encode() for text in (*texts, draft.jwks_uri, keys, *draft.scopes)).decode()
    except (ValueError, TypeError, RecursionError):
        bad = True
    if bad:
        raise AppRefused(seen="text that cannot be kept", expected="Unicode text and JSON keys", todo="Correct it.")


def _check_redirects(draft: AppDraft) -> None:
    if draft.kind == "backend" and draft.redirect_uris:
        raise AppRefused(
            seen="redirect addresses",
            expected="none for a backend client",
            todo="Leave them out.",
            field="redirect_uris",
        )
    if draft.kind != "backend" and not 0 < len(draft.redirect_uris) <= MOST_URIS:
        raise AppRefused(
            seen=f"{len(draft.redirect_uris)} redirect addresses",
            expected=f"1 to {MOST_URIS}",
            todo="Name them.",
            field="redirect_uris",
        )
    for uri in draft.redirect_uris:
        if not redirect_good(uri):
            raise AppRefused(
                seen="a redirect address that is not safe",
                expected="https, http on a loopback address, or a scheme such as com.example.app; no fragment, no user",
                todo="Change the address.",
                field="redirect_uris",
            )


def redirect_good(uri: str) -> bool:
    """Whether an address may be registered for redirects (RFC 8252 7, RFC 9700 2.1)."""
    if len(uri) > LONGEST_URI or re.search(r"[\s#\\*\x00-\x1f\x7f\ud800-\udfff]", uri):
        return False
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme in {"https", "http"}:
        return bool(_PLACE.fullmatch(parts.netloc)) and (parts.scheme == "https" or host in LOOPBACK)
    if "@" in parts.netloc:
        return False
    return bool(_PRIVATE_SCHEME.fullmatch(parts.scheme))


def _check_keys(draft: AppDraft) -> None:
    signs = draft.kind in {"asymmetric", "backend"}
    if signs and bool(draft.jwks_uri) == bool(draft.jwks):
        raise AppRefused(
            seen="no keys, or two sets", expected="either jwks_uri or jwks", todo="Give one of them.", field="jwks_uri"
        )
    if not signs and (draft.jwks_uri or draft.jwks):
        field = "jwks" if draft.jwks else "jwks_uri"
        raise AppRefused(seen="keys", expected=f"none for a {draft.kind} app", todo="Leave them out.", field=field)
    keys = draft.jwks.get("keys") if draft.jwks else None
    if draft.jwks and not (isinstance(keys, list) and 0 < len(keys) <= 20 and all(isinstance(k, dict) for k in keys)):
        raise AppRefused(
            seen="a jwks without keys", expected='{"keys": [...]}', todo="Give the public keys.", field="jwks"
        )
    if any(set(key) & {"d", "k", "p", "q"} for key in keys or ()):
        raise AppRefused(
            seen="a private key",
            expected="public keys only",
            todo="Make a new key; that one is known now.",
            field="jwks",
        )
    _check_web("jwks_uri", draft.jwks_uri)


def _check_web(name: str, uri: str) -> None:
    if uri and not _web_good(uri):
        raise AppRefused(seen=f"a {name} that is not https", expected="an https address", todo="Change it.", field=name)


def _web_good(uri: str) -> bool:
    if len(uri) > LONGEST_URI or re.search(r"[\s\\\"<>]", uri):
        return False
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
    return safe and bool(_PLACE.fullmatch(parts.netloc))


def _check_scopes(draft: AppDraft) -> None:
    unknown = set(draft.scopes) - set(scopes.known(draft.scopes))
    if unknown:
        raise AppRefused(
            seen=f"the scope {min(unknown)[:60]}",
            expected="scopes of SMART App Launch",
            todo="Correct it.",
            field="scopes",
        )
    levels = {found.level for found in scopes.resources(draft.scopes)}
    if draft.kind == "backend" and (levels != {"system"} or len(draft.scopes) > len(scopes.resources(draft.scopes))):
        raise AppRefused(
            seen="no system scopes, or others", expected="system/ scopes only", todo="Name them.", field="scopes"
        )
    if draft.kind != "backend" and "system" in levels:
        raise AppRefused(
            seen="system scopes", expected="patient/ or user/ scopes", todo="Register a backend client.", field="scopes"
        )


def row_of(ref: str) -> app_models.App:
    """An app, held until the caller's transaction ends; raises NotFound."""
    row = app_models.App.objects.select_for_update(no_key=True).filter(ref=ref).first()
    if row is None:
        raise NotFound(seen="an unknown app", expected="a registered app", todo="Choose one from the list.")
    return row
