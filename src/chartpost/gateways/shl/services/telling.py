"""Mail to the maker of a link, without any health information."""

from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _

from chartpost.gateways.shl import models
from chartpost.identity import queries as identity
from chartpost.kernel import jobs
from chartpost.kernel.config import config

JOB = "shl.tell"
PAGE = "/shl/links/"


def tell(kind: str, ref: str) -> None:
    """Have the maker of a link mailed by a job, in the caller's transaction."""
    jobs.enqueue(JOB, kind=kind, ref=ref)


def deliver(kind: str, ref: str) -> None:
    """The job behind `tell`; `kind` is locked."""
    link = models.Link.objects.filter(ref=ref).first()
    account = identity.account_by_id(link.account_id) if link else None
    actor = identity.actor_by_id(link.account_id) if link else None
    if account is None or actor is None:
        return
    with translation.override(actor.language):
        subject, sentence = _words()[kind]
        text = [sentence, _("Sign in to see it:"), config().base_url + PAGE]
        text.append(_("We never put health information in e-mail."))
        send_mail(subject, "\n\n".join(text), None, [account.email])


def _words() -> dict[str, tuple[str, str]]:
    return {
        "locked": (
            _("A health link you made is locked"),
            _("Someone typed a wrong passcode ten times. The link no longer opens. You can make a new one."),
        )
    }
