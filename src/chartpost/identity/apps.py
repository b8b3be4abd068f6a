"""Django app of the identity room."""

from django.apps import AppConfig

EXPIRED_EVERY_SECONDS = 600


class IdentityConfig(AppConfig):
    """Persons, accounts, representatives, roles, sign-in and policies."""

    name = "chartpost.identity"
    label = "identity"

    def ready(self) -> None:
        """Print the set-up link at first start; write sign-ins into the ledger; tell the doctor."""
        from chartpost.identity import checks, fhir_users, first_start, notices, restoring, sessions, signals
        from chartpost.identity.services import app_tokens
        from chartpost.kernel import doctor, jobs
        from chartpost.kernel.backup.restored import on_restored
        from chartpost.kernel.start import on_first_start

        on_first_start(first_start.line)
        jobs.register(notices.JOB, notices.deliver)
        jobs.every(EXPIRED_EVERY_SECONDS, "expired tokens", app_tokens.forget_expired)
        jobs.every(EXPIRED_EVERY_SECONDS, "expired sessions", sessions.forget_expired)
        jobs.every(EXPIRED_EVERY_SECONDS, "users of apps", fhir_users.Days().tick)
        on_restored(restoring.settle)
        doctor.check(checks.set_up)
        doctor.check(checks.second_factors)
        signals.connect()
