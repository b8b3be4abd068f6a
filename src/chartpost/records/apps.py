"""Django app of the records room."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """The designated record set: resources, documents, ingest, search."""

    name = "chartpost.records"
    label = "records"

    def ready(self) -> None:
        """Follow merges of persons, tell how Patients stand, keep who lets apps in, make the index anew at need."""
        from chartpost.identity.aliases import on_standing
        from chartpost.identity.fhir_users import on_fhir_user
        from chartpost.identity.services import on_refile
        from chartpost.kernel import doctor, jobs
        from chartpost.records import (
            bulk,
            checks,
            notice_events,
            notices,
            on_write,
            patients,
            reindex,
            scans,
            subscriptions,
            users,
            wording,
        )
        from chartpost.records.reconcile import comparing, moving
        from chartpost.records.refile import refile

        on_refile(refile)
        on_refile(moving.refile)
        on_standing(patients.standing)
        on_fhir_user(users.keep)
        jobs.every(5, "reindex", reindex.go_on)
        jobs.every(2, "words", wording.go_on)
        jobs.every(60, "clinical documents", _read_anew)
        jobs.every(30, "what is the same", comparing.go_on)
        jobs.register(comparing.JOB, comparing.run)
        jobs.every(20, "words of scans", scans.go_on)
        doctor.check(checks.scans)
        jobs.every(5, "custom search parameters", reindex.post_custom)
        jobs.register(bulk.JOB, bulk.run, on_failed=bulk.failed)
        jobs.every(600, "bulk exports", bulk.sweep)
        on_write.on_label(bulk.labelled)
        jobs.register(subscriptions.HANDSHAKE, notices.handshake, 3, notices.failed, notice_events.QUEUE)
        jobs.register(notice_events.MATCH, notice_events.match, on_failed=notice_events.unmatched)
        jobs.register(notice_events.DELIVER, notices.deliver, 6, notices.failed, notice_events.QUEUE)
        jobs.register(notices.CATCH_UP, notices.catch_up, on_failed=notice_events.unmatched)
        jobs.register(notices.BEAT, notices.beat, 3, notices.failed, notice_events.QUEUE)
        jobs.every(10, "subscriptions", notices.go_on)
        jobs.every(3600, "events of subscriptions", notices.prune)
        on_write.register_within(notice_events.heard)


def _read_anew() -> int:
    """Read C-CDA originals anew that an earlier version read; what that needs is loaded where there are any."""
    from chartpost.records import models

    if not models.ImportFile.objects.filter(kind="ccda", state="done").exists():
        return 0
    from chartpost.records.ingest import rebuild

    return rebuild.go_on()
