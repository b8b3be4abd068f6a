"""Mail to accounts: it says that something is new and where, never what."""

from urllib.parse import urljoin

from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _

from chartpost.identity import queries
from chartpost.identity.types import AccountView
from chartpost.kernel.config import config

JOB = "identity.notify"


def send(account: AccountView, kind: str, path: str) -> None:
    """Mail one account; `kind` chooses the sentence, `path` the page to open after sign-in."""
    with translation.override(_language(account)):
        link = urljoin(config().base_url + "/", path.lstrip("/"))
        body = "\n\n".join(
            [_sentence(kind), _("Sign in to see it:"), link, _("We never put health information in e-mail.")]
        )
        send_mail(_("There is something new for you"), body, None, [account.email])


def deliver(account_ref: str, kind: str, path: str) -> None:
    """The job behind `services.notify`."""
    send(queries.account(account_ref), kind, path)


def _sentence(kind: str) -> str:
    sentences = {
        "request": _("There is news about your request for records."),
        "message": _("The records office wrote to you."),
        "package": _("Records are ready to open."),
        "letter": _("There is a new letter for you."),
        "arrived": _("Did the records arrive, and can you read them? Please tell us."),
        "app": _("An app can now see a health record. If you did not allow this, stop the app."),
        "app_user": _(
            "An account here was used to sign in to an app. The app sees no health record. "
            "If you did not allow this, stop the app."
        ),
        "session": _(
            "We ended one of your sign-ins, because it turned up in a second browser. "
            "If that was not you, change your password."
        ),
    }
    return sentences.get(kind, _("There is something new for you."))


def _language(account: AccountView) -> str:
    from chartpost.identity.models import Account

    row = Account.objects.filter(pk=account.id).only("language").first()
    return (row.language if row else "") or "en"
