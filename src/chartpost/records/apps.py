"""Django app of the records room."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The designated record set: resources, documents, ingest, search."""

    name = "chartpost.records"
    label = "records"

    def ready(self) -> None:
        """Follow persons when they are merged or un-merged; make the posting index when it must be made anew."""
        from chartpost.identity.services import on_refile
        from chartpost.kernel import jobs
        from chartpost.records import reindex
        from chartpost.records.refile import refile

        on_refile(refile)
        jobs.every(5, "reindex", reindex.go_on)
        jobs.every(5, "custom search parameters", reindex.post_custom)
