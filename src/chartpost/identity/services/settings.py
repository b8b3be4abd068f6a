"""How an account likes its pages."""

from chartpost.identity.models import Account


def save_settings(account: Account, language: str, zone: str | None = None) -> None:
    """Keep the language of an account, and its time zone unless None (empty: the office's)."""
    account.language = language
    if zone is not None:
        account.zone = zone
    account.save(update_fields=["language", "zone"])
