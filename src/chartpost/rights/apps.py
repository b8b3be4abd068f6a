"""Django app of the rights room."""

from django.apps import AppConfig


class RightsConfig(AppConfig):
    """Requests, clocks, fees, decisions, letters."""

    name = "chartpost.rights"
    label = "rights"

    def ready(self) -> None:
        """Hear of receipts; warn of due dates."""
        from chartpost.delivery import on_receipt
        from chartpost.identity.services import on_refile
        from chartpost.rights.hooks import receipt_came, refile

        on_receipt.register(receipt_came)
        on_refile(refile)
