"""Django app of the records room."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The designated record set: resources, documents, ingest, search."""

    name = "chartpost.records"
    label = "records"

    def ready(self) -> None:
        """Follow persons when they are merged or un-merged."""
        from chartpost.identity.services import on_refile
        from chartpost.records.refile import refile

        on_refile(refile)
