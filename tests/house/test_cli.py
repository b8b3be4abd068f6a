"""The command line: versions, exit codes, and errors as one plain line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chartpost import __version__, cli
from chartpost.kernel.errors import KernelError


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("CHARTPOST_", "DJANGO_"))}
    command = [sys.executable, "-m", "chartpost", *words]
    return subprocess.run(command, env={**keep, **environ}, capture_output=True, text=True, check=False)


def test_the_version_is_printed_without_a_home(tmp_path: Path) -> None:
    done = run("version", HOME=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, f"chartpost {__version__}\n")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_setting_stops_with_2_and_one_line(tmp_path: Path) -> None:
    done = run("up", CHARTPOST_HOME=str(tmp_path / "home"), CHARTPOST_PORT="high")
    assert done.returncode == 2
    assert "CHARTPOST_PORT is 'high'. Expected a whole number from 1 to 65535" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()


def test_a_wrong_command_stops_with_2() -> None:
    assert run("fly").returncode == 2
    assert run().returncode == 2


def test_an_error_of_ours_stops_with_1_and_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> int:
        raise KernelError(seen="a full disk", expected="room", todo="free some")

    monkeypatch.setattr("chartpost.kernel.web.run", fail)
    assert cli.main(["web"]) == 1
    assert capsys.readouterr().err == "Seen: a full disk. Expected: room. What to do: free some.\n"


def test_a_home_with_the_wrong_root_key_says_so(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert run("ledger", "verify", CHARTPOST_HOME=str(home)).returncode != 2
    key = home / "keys" / "root.key"
    key.write_bytes(bytes(len(key.read_bytes())))
    done = run("doctor", CHARTPOST_HOME=str(home))
    assert done.returncode == 1
    assert "What to do:" in done.stderr
    assert "Traceback" not in done.stderr
