"""What happens before the parts start: a backup before tables change, static files copied when they changed."""

import json
import subprocess
import sys
from pathlib import Path

from chartpost import settings
from chartpost.kernel import start
from tests.support.homes import environment, migrated

PREPARE = """
from chartpost.kernel.config import config
from chartpost.kernel.start import prepare
print("\\n".join(prepare(config())))
"""


def run(home: Path, code: str) -> str:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment(home), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def go_back(home: Path) -> None:
    """Take one table away again, as if an older Chartpost had made this home."""
    run(
        home,
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "call_command('migrate', 'sessions', 'zero', verbosity=0)",
    )


def test_a_home_is_backed_up_before_its_tables_change(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert "backup" not in run(home, PREPARE)
    key = run(home, "import django; django.setup()\nfrom chartpost.kernel.keys import *\nprint(recovery_key_new())")
    assert "backup" not in run(home, PREPARE)
    go_back(home)
    said = run(home, PREPARE)
    (path,) = (home / "backups").iterdir()
    assert f"A backup was made first: {path}" in said
    assert path.stat().st_mode & 0o777 == 0o600
    check = "import sys\nfrom pathlib import Path\nfrom chartpost.kernel.backup import verify\n"
    check += f"print(verify(Path({str(path)!r}), {key.strip()!r}).ok)"
    assert run(home, check).strip() == "True"
    assert "backup" not in run(home, PREPARE)


def test_without_a_recovery_key_the_update_goes_on_and_says_so(tmp_path: Path) -> None:
    home = migrated(tmp_path / "home")
    go_back(home)
    assert "No backup was made first: there is no recovery key yet" in run(home, PREPARE)
    assert not (home / "backups").exists()
    assert "No backup" not in run(home, PREPARE)


def test_static_files_are_copied_once_and_again_when_they_change(tmp_path: Path) -> None:
    start.collect_static(tmp_path)
    stamp = tmp_path / "static.stamp"
    before = stamp.stat().st_mtime_ns
    start.collect_static(tmp_path)
    assert stamp.stat().st_mtime_ns == before
    stamp.write_text("other")
    start.collect_static(tmp_path)
    assert stamp.read_text() != "other"
    manifest = json.loads((Path(settings.STATIC_ROOT) / "staticfiles.json").read_text())
    assert any(name.endswith(".css") for name in manifest["paths"])
