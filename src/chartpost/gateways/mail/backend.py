"""Mail out: SMTP when set, else one file a mail under HOME/outbox (mails hold no health information)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend as Smtp

from chartpost.kernel import clock
from chartpost.kernel.config import config
from chartpost.kernel.ids import new_id

SMTP_TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Mail:
    """One mail of the file outbox."""

    at: str
    to: str
    subject: str
    body: str


class Outbox(BaseEmailBackend):
    """Sends by SMTP or writes one JSON file per mail."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Send all; returns how many went."""
        if config().smtp_url:
            return smtp().send_messages(email_messages) or 0
        folder = outbox_folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for message in email_messages:
            _keep(folder, message)
        return len(email_messages)


def smtp() -> Smtp:
    """The SMTP connection of the CHARTPOST_SMTP_URL setting."""
    url = urlsplit(config().smtp_url or "")
    secure = url.scheme == "smtps"
    return Smtp(
        host=url.hostname or "localhost",
        port=url.port or (465 if secure else 587),
        username=unquote(url.username or ""),
        password=unquote(url.password or ""),
        use_ssl=secure,
        use_tls=not secure and url.hostname not in {"localhost", "127.0.0.1"},
        timeout=SMTP_TIMEOUT_SECONDS,
    )


def outbox_folder() -> Path:
    """Where mails are kept when no SMTP server is set."""
    return config().home / "outbox"


def recent(limit: int = 100) -> list[Mail]:
    """The newest mails of the file outbox, newest first."""
    folder = outbox_folder()
    files = sorted(folder.glob("*.json"), reverse=True)[:limit] if folder.is_dir() else []
    return [Mail(**json.loads(file.read_text(encoding="utf-8"))) for file in files]


def _keep(folder: Path, message: EmailMessage) -> None:
    mail = {
        "at": clock.now().isoformat(timespec="seconds"),
        "to": ", ".join(parseaddr(a)[1] for a in message.to),
        "subject": str(message.subject),
        "body": str(message.body),
    }
    target = folder / f"{new_id()}.json"
    fresh = target.with_suffix(".new")
    fresh.write_text(json.dumps(mail), encoding="utf-8")
    fresh.replace(target)
