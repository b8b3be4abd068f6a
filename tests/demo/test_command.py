"""`chartpost demo` for real: from nothing until it is ready, stopped, and started a second time."""

import shutil
import subprocess
import sys
from pathlib import Path

from chartpost.identity.types import ROLES
from tests.support import live


def test_it_makes_an_office_from_nothing_and_ends_when_told() -> None:
    office = live.made()
    assert office.code == 0, office.printed[-3000:]
    assert (office.home / "demo").read_text() == "ready"
    assert "Chartpost is starting at https://localhost:" in office.printed
    assert "Demo accounts (printed once):" in office.printed
    assert {f"{role}@lakeside.example.org" for role in ROLES} < set(office.passwords)
    assert len([who for who in office.passwords if who.endswith("@people.example.org")]) > 12
    assert len(set(office.passwords.values())) == len(office.passwords)


def test_a_second_start_keeps_everything_and_prints_no_password(tmp_path: Path) -> None:
    office, home = live.made(), tmp_path / "home"
    shutil.copytree(office.home, home)
    done = subprocess.run(
        [sys.executable, "-m", "chartpost", "demo", "--home", home, "--port", "8443", "--prepare-only"],
        env=live.environment(home, 8443),
        capture_output=True,
        text=True,
        check=True,
        timeout=live.READY_SECONDS,
    )
    assert "The demo accounts and passwords were printed at the first start." in done.stdout
    assert not [password for password in office.passwords.values() if password in done.stdout + done.stderr]
    assert "The ledger is whole." in live.Live(home, "https://localhost:8443").chartpost("ledger", "verify")


def test_a_folder_with_other_data_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    command = [sys.executable, "-m", "chartpost", "demo", "--home", tmp_path, "--prepare-only"]
    done = subprocess.run(command, env=live.environment(tmp_path, 8443), capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "holds data that is not a demo" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]
