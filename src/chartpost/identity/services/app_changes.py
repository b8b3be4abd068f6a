"""Apps: what they say of themselves is changed by the office."""

from dataclasses import replace

from django.db import transaction

from chartpost.identity import app_models
from chartpost.identity.app_types import AppDraft, AppView
from chartpost.identity.errors import AppRefused, NotFound
from chartpost.identity.queries_apps import app_view
from chartpost.identity.services._epoch import bump
from chartpost.identity.services._event import event
from chartpost.identity.services.apps import check
from chartpost.identity.types import Actor
from chartpost.ledger import services as ledger

PLAIN = ("name", "logo_uri", "home_uri", "terms_uri", "privacy_uri", "contact", "launch_uri", "jwks_uri", "jwks")


@transaction.atomic
def edit_app(ref: str, draft: AppDraft, actor: Actor) -> AppView:
    """Change an app; its kind stays, and its keys where none are given. Grants stay. Raises NotFound, AppRefused."""
    row = app_models.App.objects.select_for_update(no_key=True).filter(ref=ref).first()
    if row is None:
        raise NotFound(seen="an unknown app", expected="a registered app", todo="Choose one from the list.")
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
