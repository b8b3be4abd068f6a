"""Django app of the door of SMART Health Links."""

from django.apps import AppConfig

EXPIRE_SECONDS = 300


class ShlConfig(AppConfig):
    """Links people make to parts of a record, and the page that opens links."""

    name = "chartpost.gateways.shl"
    label = "shl"

    def ready(self) -> None:
        """Register building, the mail to makers, the end of links, and what makes long-term links anew."""
        from chartpost.gateways.shl.services import building, ending, telling
        from chartpost.identity.services import on_refile
        from chartpost.kernel import jobs
        from chartpost.records import on_write

        jobs.register(building.JOB, building.build, retries=4, on_failed=building.failed)
        jobs.register(telling.JOB, telling.deliver)
        jobs.every(EXPIRE_SECONDS, "expire_health_links", ending.expire)
        on_refile(ending.refile)
        on_write.on_label(ending.labelled)
        on_write.register_within(building.heard)
