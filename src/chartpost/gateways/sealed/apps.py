"""Django app of the door of sealed shares."""

from django.apps import AppConfig

NOTE_SECONDS = 3600


class SealedConfig(AppConfig):
    """The signed-in pages that send files sealed and ask for them; the API and the public pages are raw WSGI."""

    name = "chartpost.gateways.sealed"
    label = "sealed"

    def ready(self) -> None:
        """Have changes of the pages noted in the ledger."""
        from chartpost.gateways.sealed import known
        from chartpost.kernel import jobs

        jobs.every(NOTE_SECONDS, "note_sealed_pages", known.note)
