"""Django app of the delivery room."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Packages, channels, deliveries, receipts."""

    name = "chartpost.delivery"
    label = "delivery"

    def ready(self) -> None:
        """Register the build job and the question whether things arrived."""
        from chartpost.delivery import packages, services
        from chartpost.identity.services import on_refile
        from chartpost.kernel import jobs

        on_refile(packages.refile)
        jobs.every(3600, "ask_arrivals", services.ask_arrivals)
