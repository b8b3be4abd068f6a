"""Django app of the ledger room."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The append-only, provable history of everything that touched a record."""

    name = "chartpost.ledger"
    label = "ledger"

    def ready(self) -> None:
        """Have the worker sequence: reads and changes are filed within a second."""
        from chartpost.kernel import jobs
        from chartpost.ledger.sequencer import TICK_SECONDS, Sequencer

        jobs.every(TICK_SECONDS, "ledger", Sequencer().tick)
