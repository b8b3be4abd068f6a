"""The ledger's entries and the sender's mail about a share. Neither holds names of files, notes or keys."""

from typing import Any

from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _

from chartpost.identity import queries as identity
from chartpost.identity.services import event
from chartpost.identity.types import SYSTEM, Actor
from chartpost.kernel import jobs
from chartpost.kernel.config import config
from chartpost.ledger import services as ledger
from chartpost.shares import models

JOB = "shares.tell"
WHY = "sealed share"


def note(
    action: str, share: models.Share | None, actor: Actor, where: str = "", thing: str = "", **detail: str | int
) -> None:
    """Write one entry in the caller's transaction, for the person whose record the share came from, if any."""
    named = thing or (f"share:{share.id}" if share else "share")
    person = share.person_id if share else None
    ledger.append(event(actor, action, person, named, why=WHY, where=where, **detail))


def owner(share: models.Share) -> Actor:
    """The actor behind a share; the program itself when the account is closed."""
    return identity.actor_by_id(share.account_id) or SYSTEM


def sender(share: models.Share) -> Actor:
    """Who holds the upload token of a share: its owner's own program, or whoever sends something into a drop."""
    return holder(None) if share.drop_id else owner(share)


def holder(recipient: models.Recipient | None) -> Actor:
    """Somebody who holds a link; the ledger knows them by its number alone."""
    label = recipient.label if recipient else ""
    return Actor(kind="anonymous", ref=recipient.id if recipient else "", name=f"Link {label}".strip())


def tell(kind: str, recipient_id: str = "", share_id: str = "") -> None:
    """Have the sender mailed by a job. For a link that never was, the job finds nobody: asking costs the same."""
    jobs.enqueue(JOB, kind=kind, recipient_id=recipient_id, share_id=share_id)


def deliver(kind: str, recipient_id: str, share_id: str) -> None:
    """The job behind `tell`: one mail to the sender, without any health information."""
    share = models.Share.objects.filter(pk=share_id).first()
    if recipient_id:
        link = models.Recipient.objects.filter(pk=recipient_id).select_related("share").first()
        share = link.share if link else None
    account = identity.account_by_id(share.account_id) if share else None
    actor = identity.actor_by_id(share.account_id) if share else None
    if account is None or actor is None:
        return
    with translation.override(actor.language):
        subject, sentence, path = _words(kind)
        text: list[Any] = [sentence, _("Sign in to see it:"), config().base_url + path]
        text.append(_("We never put health information in e-mail."))
        send_mail(subject, "\n\n".join(text), None, [account.email])


def _words(kind: str) -> tuple[str, str, str]:
    found = {
        "locked": (
            _("A link you sent is locked"),
            _("Someone typed a wrong password ten times. The link is locked now. You can make a new one."),
            "/shares/",
        ),
        "received": (
            _("Your files arrived"),
            _("The files you sent were opened, and all of them arrived whole."),
            "/shares/",
        ),
        "lost": (
            _("Files you sent are lost"),
            _("The office put its system back from a backup. Files you sent sealed were not in it. Send them again."),
            "/shares/",
        ),
        "arrived": (
            _("Files arrived for you"),
            _("Someone sent you files that only you can open."),
            "/drops/",
        ),
    }
    return found[kind]
