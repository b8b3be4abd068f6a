"""Mail: the file outbox, and a real SMTP conversation with a small server."""

import base64
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMessage

from chartpost.gateways.mail import backend
from chartpost.identity import notices
from chartpost.identity.types import AccountView
from chartpost.kernel import clock, outbox
from chartpost.kernel.config import Config, load
from tests.support.this_run import free_port


@dataclass
class Post:
    """What the server took in."""

    mails: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)


class Handler(socketserver.StreamRequestHandler):
    """Enough of RFC 5321 and RFC 4954 to receive a mail."""

    server: "Server"

    def handle(self) -> None:
        self.say("220 test ESMTP")
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            getattr(self, f"on_{verb.lower()}")(rest)
            if verb == "quit":
                return

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")

    def on_ehlo(self, _: str) -> None:
        self.say("250-test\r\n250-8BITMIME\r\n250 AUTH PLAIN")

    def on_auth(self, rest: str) -> None:
        self.server.post.signed_in.append(base64.b64decode(rest.split()[1]).decode())
        self.say("235 ok")

    def on_mail(self, rest: str) -> None:
        self.sender, self.to = rest.split("<")[1].split(">")[0], []
        self.say("250 ok")

    def on_rcpt(self, rest: str) -> None:
        self.to.append(rest.split("<")[1].split(">")[0])
        self.say("550 no such person" if "nobody" in rest else "250 ok")

    def on_data(self, _: str) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self.server.post.mails.append((self.sender, self.to, b"".join(lines)))
        self.say("250 taken")

    def on_rset(self, _: str) -> None:
        self.say("250 ok")

    def on_quit(self, _: str) -> None:
        self.say("221 bye")


class Server(socketserver.ThreadingTCPServer):
    """The server with its post."""

    allow_reuse_address = daemon_threads = True
    post: Post


def use(monkeypatch: pytest.MonkeyPatch, home: Path, **more: str) -> Config:
    config = load({"CHARTPOST_HOME": str(home), **{f"CHARTPOST_{k}": v for k, v in more.items()}})
    for module in (backend, outbox):
        monkeypatch.setattr(module, "config", lambda: config)
    return config


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on a port of its own."""
    with Server(("127.0.0.1", 0), Handler) as running:
        running.post = Post()
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def mail(to: str = "Zebulon Pike <zebulon@example.org>") -> EmailMessage:
    return EmailMessage("There is something new for you", "Öffnen: https://localhost/\n.\nend", "o@example.org", [to])


def test_without_a_server_each_mail_becomes_one_private_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, tmp_path)
    assert backend.Outbox().send_messages([mail()]) == 1
    with clock.at(clock.now() + timedelta(seconds=1)):
        assert backend.Outbox().send_messages([mail("second@example.org")]) == 1
    newest, oldest = outbox.recent()
    assert (newest.to, oldest.to) == ("second@example.org", "zebulon@example.org")
    assert oldest.subject == "There is something new for you"
    assert "Öffnen" in oldest.body
    assert (tmp_path / "outbox").stat().st_mode & 0o777 == 0o700
    assert not list((tmp_path / "outbox").glob("*.new"))
    assert [m.to for m in outbox.recent(limit=1)] == ["second@example.org"]


def test_an_empty_outbox_is_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, tmp_path)
    assert outbox.recent() == []


def test_mail_goes_by_smtp_and_leaves_no_file(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, tmp_path, SMTP_URL=f"smtp://us%40er:p%2Fw@127.0.0.1:{server.server_address[1]}")
    assert backend.Outbox().send_messages([mail()]) == 1
    ((sender, to, data),) = server.post.mails
    assert (sender, to) == ("o@example.org", ["zebulon@example.org"])
    seen: Any = message_from_bytes(data, policy=default)
    assert seen["Subject"] == "There is something new for you"
    assert seen.get_content().splitlines() == ["Öffnen: https://localhost/", ".", "end"]
    assert server.post.signed_in == ["\0us@er\0p/w"]
    assert not (tmp_path / "outbox").exists()


def test_a_refused_recipient_is_an_error(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, tmp_path, SMTP_URL=f"smtp://127.0.0.1:{server.server_address[1]}")
    with pytest.raises(OSError, match="no such person"):
        backend.Outbox().send_messages([mail("nobody@example.org")])
    assert server.post.mails == []


def test_a_server_that_is_not_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, tmp_path, SMTP_URL=f"smtp://127.0.0.1:{free_port()}")
    with pytest.raises(OSError, match="refused"):
        backend.Outbox().send_messages([mail()])


@pytest.mark.parametrize("kind", ["request", "message", "package", "letter", "arrived", "other"])
def test_a_notice_names_nobody_and_nothing(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account = AccountView(
        id=0, ref="a", email="zebulon@example.org", name="Zebulon Pike", is_staff=False, is_active=True
    )
    monkeypatch.setattr(notices, "_language", lambda _: "en")
    notices.send(account, kind, "/requests/01abc/")
    (sent,) = django_mail.outbox
    assert sent.subject == "There is something new for you"
    assert "https://localhost:8443/requests/01abc/" in sent.body
    assert "Zebulon" not in sent.body + str(sent.subject)


@pytest.mark.parametrize(
    ("url", "port", "ssl", "starttls"),
    [
        ("smtp://mail.example.org", 587, False, True),
        ("smtps://mail.example.org", 465, True, False),
        ("smtp://localhost:25", 25, False, False),
    ],
)
def test_mail_to_another_machine_is_always_encrypted(
    url: str, port: int, ssl: bool, starttls: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, tmp_path, SMTP_URL=url)
    made = backend.smtp()
    assert (made.port, made.use_ssl, made.use_tls) == (port, ssl, starttls)
