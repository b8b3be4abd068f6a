"""Django app of the delivery room."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Packages, channels, deliveries, receipts."""

    name = "chartpost.delivery"
    label = "delivery"

    def ready(self) -> None:
        """Register the build job, the question whether things arrived, and the end of own copies."""
        from django.utils.translation import get_language

        from chartpost.delivery import asking, packages, separating
        from chartpost.formats.readable import language
        from chartpost.identity.services import on_refile
        from chartpost.kernel import jobs
        from chartpost.records.on_write import on_label

        language.follow(get_language)
        on_refile(packages.refile)
        on_label(separating.labelled)
        jobs.every(3600, "ask_arrivals", asking.ask_arrivals)
        jobs.every(3600, "expire_own_copies", packages.expire_own)
