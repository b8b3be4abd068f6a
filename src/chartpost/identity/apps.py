"""Django app of the identity room."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """Persons, accounts, representatives, roles, sign-in and policies."""

    name = "chartpost.identity"
    label = "identity"

    def ready(self) -> None:
        """Print the set-up link at first start; write sign-ins into the ledger."""
        from chartpost.identity import first_start, signals
        from chartpost.kernel.start import on_first_start

        on_first_start(first_start.line)
        signals.connect()
