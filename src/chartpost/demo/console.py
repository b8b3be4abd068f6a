"""The app behind the try-it console of the developer page; demo homes alone have it."""

from chartpost.gateways.smart.developers import redirect_uri
from chartpost.identity import queries_apps, services
from chartpost.identity.app_types import AppDraft
from chartpost.identity.types import SYSTEM
from chartpost.kernel.config import config

NAME = "Try-it console"


def register() -> None:
    """Register the console once; at another port its address is set right."""
    draft = AppDraft(
        kind="public", name=NAME, redirect_uris=(redirect_uri(),), home_uri=f"{config().base_url}/developers/"
    )
    known = next((app for app in queries_apps.apps() if app.name == NAME and app.kind == "public"), None)
    if known is None:
        services.register_app(draft, SYSTEM, reviewed=True)
    elif known.redirect_uris != draft.redirect_uris:
        services.edit_app(known.ref, draft, SYSTEM)
