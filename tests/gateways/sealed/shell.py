"""`chartpost seal` and `chartpost open` as people run them: other processes, a real office, TLS."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.gateways.sealed.relay import Relay, relay
from tests.shares.live import Office, office


@dataclass(frozen=True)
class Done:
    """What a command printed and how it ended."""

    code: int
    out: bytes
    err: str

    def told(self, name: str) -> str:
        """The value of a line `name: value` on standard output."""
        found = [line.partition(": ")[2] for line in self.out.decode().splitlines() if line.startswith(f"{name}: ")]
        assert len(found) == 1, (self.out, self.err)
        return found[0]


@dataclass(frozen=True)
class Shell:
    """A folder to work in, and an office behind a relay."""

    folder: Path
    office: Office
    relay: Relay

    def words(self, *words: str | Path) -> list[str]:
        return [sys.executable, "-m", "chartpost", *map(str, words)]

    @property
    def environment(self) -> dict[str, str]:
        """None of the office's settings: the commands need no home."""
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder), "CHARTPOST_HOME": "/nowhere"}

    def run(self, *words: str | Path, stdin: bytes = b"", expect: int | None = 0) -> Done:
        done = subprocess.run(
            self.words(*words),
            input=stdin,
            capture_output=True,
            env=self.environment,
            cwd=self.folder,
            timeout=180,
            check=False,
        )
        found = Done(done.returncode, done.stdout, done.stderr.decode())
        assert expect in {None, found.code}, found
        return found

    def seal_words(self, *words: str | Path) -> list[str | Path]:
        token = self.folder / "token"
        token.write_text(self.office.token + "\n")
        return ["seal", *words, "--to", self.relay.url, "--token-file", token, "--cacert", self.relay.ca]

    def seal(self, *words: str | Path, stdin: bytes = b"", expect: int | None = 0) -> Done:
        return self.run(*self.seal_words(*words), stdin=stdin, expect=expect)

    def open_words(self, link: str, password: str, *words: str | Path) -> list[str | Path]:
        secret = self.folder / "password"
        secret.write_text(password + "\n", encoding="utf-8")
        return ["open", link, "--password-file", secret, "--cacert", self.relay.ca, *words]

    def open(self, link: str, password: str, *words: str | Path, expect: int | None = 0) -> Done:
        return self.run(*self.open_words(link, password, *words), expect=expect)


@contextmanager
def shell(folder: Path) -> Iterator[Shell]:
    """An office, a relay in front of it, and a folder."""
    with office(folder) as running, relay(running.port, folder) as front:
        yield Shell(folder, running, front)
