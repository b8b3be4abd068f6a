"""Django app of the rights room."""

from django.apps import AppConfig

HOUR = 3600.0


class RightsConfig(AppConfig):
    """Requests, clocks, fees, decisions, letters."""

    name = "chartpost.rights"
    label = "rights"

    def ready(self) -> None:
        """Hear of receipts; warn of due dates."""
        from chartpost.delivery import on_receipt
        from chartpost.identity.services import on_refile
        from chartpost.kernel import jobs
        from chartpost.rights import ticks
        from chartpost.rights.hooks import receipt_came, refile

        on_receipt.register(receipt_came)
        on_refile(refile)
        jobs.every(HOUR, "rights.hourly", ticks.hourly)
