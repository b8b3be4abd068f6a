"""At a terminal: the password is asked for and not shown, a slip may be mended, and progress is told in one line."""

import io
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chartpost.gateways.sealed.command import progress
from tests.gateways.sealed.shell import Shell, shell


class Terminal:
    """A command at a terminal of its own."""

    def __init__(self, at: Shell, *words: str | Path) -> None:
        self.shown = ""
        self.end, other = pty.openpty()
        ends = {"stdin": other, "stdout": other, "stderr": other}
        self.process = subprocess.Popen(
            at.words(*words), env=at.environment, cwd=at.folder, start_new_session=True, **ends
        )
        os.close(other)

    def until(self, wanted: str) -> None:
        """Read until a text is shown."""
        stop = time.monotonic() + 180
        while not re.search(wanted, self.shown):
            assert time.monotonic() < stop, self.shown
            if select.select([self.end], [], [], 0.5)[0]:
                try:
                    self.shown += os.read(self.end, 4096).decode()
                except OSError:
                    break
        assert re.search(wanted, self.shown), self.shown

    def type(self, text: str) -> None:
        self.shown = ""
        os.write(self.end, f"{text}\n".encode())

    def code(self) -> int:
        os.close(self.end)
        return self.process.wait(120)


def test_a_slip_in_the_password_may_be_mended(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> None:
    with shell(tmp_path_factory.mktemp("cli")) as at:
        (tmp_path / "a").write_bytes(os.urandom(30_000_000))
        sent = at.seal(tmp_path / "a")
        terminal = Terminal(at, "open", sent.told("Link"), "--cacert", at.relay.ca, "-o", tmp_path / "out")
        terminal.until(r"Password for https://localhost:\d+: ")
        terminal.type("wrong-word")
        terminal.until("does not fit. 9 tries are left")
        terminal.until("Password for .*: ")
        terminal.type(sent.told("Password"))
        terminal.until("The sender can see that")
        assert sent.told("Password") not in terminal.shown
        assert terminal.code() == 0
    assert (tmp_path / "out" / "a").read_bytes() == (tmp_path / "a").read_bytes()


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    told = progress.Progress("Sending", 4_000_000)
    told.add(1_000_000, fresh=False)
    time.sleep(0.25)
    told.add(1_000_000)
    told.end()
    assert re.search(r"\rSending 50 %: 2\.0 MB of 4\.0 MB, \d+\.\d [kM]B/s, \d+ s left\x1b\[K", screen.getvalue())
    assert "\n" not in screen.getvalue()


@pytest.mark.parametrize("quiet", [True, False])
def test_no_progress_goes_into_a_log(monkeypatch: pytest.MonkeyPatch, quiet: bool) -> None:
    log = Screen() if quiet else io.StringIO()
    monkeypatch.setattr(sys, "stderr", log)
    told = progress.Progress("Sending", 10, quiet=quiet)
    told.add(10)
    told.end()
    assert log.getvalue() == ""
