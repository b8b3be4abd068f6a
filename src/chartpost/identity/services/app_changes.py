"""Apps: what they say of themselves is changed by the office; a backend client is let in again."""

from dataclasses import replace

from django.db import transaction

from chartpost.identity import app_models, queries_apps
from chartpost.identity.app_types import AppDraft, AppView
from chartpost.identity.errors import AppRefused
from chartpost.identity.queries_apps import app_view
from chartpost.identity.services._epoch import bump
from chartpost.identity.services._event import event
from chartpost.identity.services.apps import check, row_of
from chartpost.identity.types import Actor
from chartpost.ledger import services as ledger

PLAIN = ("name", "logo_uri", "home_uri", "terms_uri", "privacy_uri", "contact", "launch_uri", "jwks_uri", "jwks")


@transaction.atomic
def edit_app(ref: str, draft: AppDraft, actor: Actor) -> AppView:
    """Change an app; its kind stays, and its keys where none are given. Grants stay. Raises NotFound, AppRefused."""
    row = row_of(ref)
    if draft.kind != row.kind:
        raise AppRefused(seen="another kind", expected=row.kind, todo="Register a second app instead.")
    if not draft.jwks and not draft.jwks_uri:
        draft = replace(draft, jwks=row.jwks, jwks_uri=row.jwks_uri)
    check(draft)
    for name in PLAIN:
        setattr(row, name, getattr(draft, name))
    row.redirect_uris = " ".join(draft.redirect_uris)
    row.allowed_scopes = " ".join(draft.scopes)
    row.save()
    bump()
    ledger.append(event(actor, "app.edit", None, f"app:{row.ref}"))
    return app_view(row)


@transaction.atomic
def let_in_again(ref: str, actor: Actor) -> bool:
    """Let a backend client ask for tokens again whose access staff had ended; False of any other. Raises NotFound."""
    row = row_of(ref)
    if not queries_apps.is_withdrawn(queries_apps.grant_of_backend(row)):
        return False
    app_models.AppGrant.objects.create(app=row, scopes=row.allowed_scopes)
    ledger.append(event(actor, "app.admit", None, f"app:{row.ref}"))
    return True
