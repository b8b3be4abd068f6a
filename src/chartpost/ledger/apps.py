"""Django app of the ledger room."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The append-only, provable history of everything that touched a record."""

    name = "chartpost.ledger"
    label = "ledger"
