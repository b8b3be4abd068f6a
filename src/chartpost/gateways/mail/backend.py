"""Mail out: SMTP when set, else one file a mail under HOME/outbox (mails hold no health information)."""

from collections.abc import Sequence
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as Smtp

from chartpost.kernel import clock, outbox
from chartpost.kernel.config import config

SMTP_TIMEOUT_SECONDS = 20
THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class Outbox(BaseEmailBackend):
    """Sends by SMTP (RFC 5321) or writes one JSON file per mail."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send all; returns how many went. Raises OSError when the server is away or refuses."""
        if config().smtp_url:
            return smtp().send_messages(email_messages) or 0
        for message in email_messages:
            outbox.keep(_as_mail(message))
        return len(email_messages)


def smtp() -> Smtp:
    """The SMTP connection of CHARTPOST_SMTP_URL; to another machine always under TLS (RFC 8314, RFC 3207)."""
    url = urlsplit(config().smtp_url or "")
    secure = url.scheme == "smtps"
    return Smtp(
        host=url.hostname or "localhost",
        port=url.port or (465 if secure else 587),
        username=unquote(url.username or ""),
        password=unquote(url.password or ""),
        use_ssl=secure,
        use_tls=not secure and url.hostname not in THIS_MACHINE,
        timeout=SMTP_TIMEOUT_SECONDS,
    )


def _as_mail(message: EmailMessage) -> outbox.Mail:
    return outbox.Mail(
        at=clock.now().isoformat(timespec="seconds"),
        to=", ".join(parseaddr(a)[1] for a in message.to),
        subject=str(message.subject),
        body=str(message.body),
    )
