"""Django app of the shares room."""

from django.apps import AppConfig

EXPIRE_SECONDS = 300
SWEEP_SECONDS = 3600


class SharesConfig(AppConfig):
    """Sealed shares, the links to them, drops, and the tokens they are filled with."""

    name = "chartpost.shares"
    label = "shares"

    def ready(self) -> None:
        """Register the mail to senders and the sweeps."""
        from chartpost.identity.services import on_refile, on_reset
        from chartpost.kernel import jobs
        from chartpost.kernel.backup.restored import on_restored
        from chartpost.shares import sealing, services, telling
        from chartpost.shares.services import settling, tokens

        on_refile(services.refile)
        on_reset(tokens.end_tokens_of)
        on_restored(settling.settle)
        sealing.register()
        jobs.register(telling.JOB, telling.deliver)
        jobs.every(EXPIRE_SECONDS, "expire_shares", services.expire)
        jobs.every(SWEEP_SECONDS, "sweep_parts", services.sweep)
