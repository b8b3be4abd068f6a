"""The kernel's own doctor checks. Each says in plain words what is or is not protected."""

import shutil
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from chartpost.kernel import facts
from chartpost.kernel.backup import nightly
from chartpost.kernel.backup.restoring import read_last
from chartpost.kernel.clock import now
from chartpost.kernel.config import config
from chartpost.kernel.doctor import Check, Source
from chartpost.kernel.errors import ChartpostError

BACKUP_AGE = timedelta(days=7)
LOW_DISK = 2 * 1024**3
RELEASED = datetime(2026, 1, 1, tzinfo=UTC)
CLOCK_SLACK = timedelta(minutes=5)
SAMPLE = 5


def database() -> Check | None:
    """The SQLite file holds nothing readable."""
    if config().database_url:
        return None
    with (config().home / "chartpost.db").open("rb") as file:
        plain = file.read(16).startswith(b"SQLite format 3")
    return Check(
        "database",
        not plain,
        "The database file is NOT encrypted." if plain else "The database file is encrypted (AES-256).",
        "Restore from a Chartpost backup; this file was not made by Chartpost." if plain else "",
    )


def postgresql_volume() -> Check | None:
    """PostgreSQL has no encryption of its own, so an administrator must vouch for its volume."""
    if not config().database_url:
        return None
    said = facts.recorded(facts.VOLUME_ENCRYPTION)
    if said:
        by, day = said[0], said[1].date().isoformat()
        return Check("database volume", True, f"PostgreSQL's volume is encrypted, confirmed by {by} on {day}.")
    return Check(
        "database volume",
        False,
        "PostgreSQL does not encrypt its files. Nobody has confirmed that its volume is encrypted.",
        "Put its data and WAL on an encrypted volume, then run "
        '`chartpost doctor --confirm-volume-encryption "YOUR NAME"`.',
    )


def key_files() -> Check:
    """Keys can be read by this account alone."""
    loose = [path for path in _secret_paths() if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077]
    if loose:
        names = " ".join(str(path) for path in loose)
        return Check("key files", False, "Other accounts on this machine can read keys.", f"Run `chmod go= {names}`.")
    return Check("key files", True, "Only this account can read the keys.")


def root_key_place() -> Check:
    """A stolen disk is no use without a root key that lies elsewhere."""
    outside = config().root_key_file is not None
    text = (
        "The root key lies outside the home, so a stolen copy of the home stays closed."
        if outside
        else "The root key lies in the home. Whoever copies the whole home can read everything."
    )
    todo = "" if outside else "Move HOME/keys/root.key to another volume and set CHARTPOST_ROOT_KEY_FILE to it."
    return Check("root key", outside, text, todo, must=False)


def recovery_key() -> Check:
    """Without a printed recovery key no backup opens on another machine."""
    if (config().home / "keys" / "recovery.wrap").exists():
        return Check("recovery key", True, "A recovery key was made. Backups open with it on any machine.")
    return Check(
        "recovery key",
        False,
        "There is no recovery key. If this machine is lost, everything is lost.",
        "Run `chartpost backup recovery-key`, print what it shows and keep it apart from the backups.",
    )


def encrypted_files() -> Check:
    """The newest stored files really open with their keys, and only so."""
    from chartpost.kernel import blobs
    from chartpost.kernel.models import Blob

    newest = Blob.objects.exclude(wrapped=b"").order_by("-id").values_list("id", flat=True)
    ids = list(islice(newest.iterator(), SAMPLE))
    broken = [blob_id for blob_id in ids if not _opens(blobs.open, blob_id)]
    if broken:
        return Check(
            "files",
            False,
            f"{len(broken)} of the {len(ids)} newest files do not open.",
            "Check the disk or bucket, then run `chartpost backup verify` on the newest backup.",
        )
    where = "the bucket" if config().blob_url else "the home"
    return Check("files", True, f"Files in {where} are encrypted, each with its own key; the newest {len(ids)} open.")


def last_backup() -> Check | None:
    """The newest backup is at most seven days old, and the last try did not fail."""
    if config().demo:
        return None
    why = nightly.failure(config())
    if why:
        return Check("backup", False, f"The last nightly backup failed. {why}", "Mend it; it is tried again each hour.")
    last = read_last(config().home)
    if last is None:
        return Check("backup", False, "There is no backup yet.", _backup_todo())
    age = now() - datetime.fromisoformat(last["created"])
    text = f"The last backup is {age.days} days old."
    return Check("backup", age <= BACKUP_AGE, text, "" if age <= BACKUP_AGE else _backup_todo())


def _backup_todo() -> str:
    by_hand = "Run `chartpost backup create PATH` every day, and keep copies on another machine."
    at = f"at {config().backup_hour}:00"
    return f"One is made each night {at}, while the worker runs." if nightly.wanted(config()) else by_hand


def nightly_backups() -> Check | None:
    """Whether the program backs itself up, and whether that survives the disk."""
    if config().demo:
        return None
    if not nightly.wanted(config()):
        off = "CHARTPOST_BACKUP_KEEP is 0" if not config().backup_keep else "there is no recovery key yet"
        text = f"No backup is made by night: {off}."
        return Check("nightly backup", False, text, "Make one daily by other means, or turn this on.", must=False)
    place = nightly.folder(config())
    text = f"A backup is made each night in {place}; the newest {config().backup_keep} are kept."
    apart = place.exists() and place.stat().st_dev != config().home.stat().st_dev
    todo = (
        "" if apart else "They lie on the disk of the records. Set CHARTPOST_BACKUP_DIR to another disk, or copy them."
    )
    return Check("nightly backup", apart, text, todo, must=False)


def transport() -> Check:
    """How the connection between people and the server is protected."""
    if config().tls == "proxy":
        text = "A proxy in front does TLS; between the proxy and Chartpost nothing is encrypted."
        todo = "Keep both on one machine or on a private network."
        return Check("connection", True, text, todo, must=False)
    own = config().tls == "own-ca"
    text = "Connections are encrypted. " + (
        "The certificate is Chartpost's own." if own else "Your certificate is used."
    )
    todo = "For the public, set CHARTPOST_TLS=files with a public certificate." if own else ""
    return Check("connection", not own, text, todo, must=False)


def share_origin() -> Check:
    """Sealed pages belong on their own origin."""
    alone = config().share_origin is not None
    text = "Sealed shares have their own address." if alone else "Sealed shares live on the same address as the portal."
    todo = "" if alone else "Set CHARTPOST_SHARE_ORIGIN to a second host name."
    return Check("sealed shares", alone, text, todo, must=False)


def mail() -> Check:
    """Whether notices leave the machine."""
    url = config().smtp_url
    if not url:
        text = "Mail goes to a file. Nobody is told when something new is there."
        return Check("mail", False, text, "Set CHARTPOST_SMTP_URL.", must=not config().demo)
    bare = url.startswith("smtp://")
    text = "Mail is sent; it never holds health information."
    return Check("mail", True, text, "Use smtps:// if your mail server can." if bare else "", must=False)


def clock() -> Check:
    """Legal time limits need a right clock."""
    newest = max((path.stat().st_mtime for path in config().home.glob("chartpost.db*")), default=0.0)
    written = datetime.fromtimestamp(newest, UTC)
    sane = now() >= RELEASED and now() + CLOCK_SLACK >= written
    text = "The clock agrees with the data." if sane else "The clock is behind the data. Time limits would be wrong."
    return Check("clock", sane, text, "" if sane else "Set the clock and turn on NTP.")


def disk() -> Check:
    """Room for new records."""
    free = shutil.disk_usage(config().home).free
    text = f"{free / 1024**3:.1f} GiB are free for records."
    return Check("disk", free > LOW_DISK, text, "" if free > LOW_DISK else "Free space or move CHARTPOST_HOME.")


ALL: tuple[Source, ...] = (
    database,
    postgresql_volume,
    encrypted_files,
    key_files,
    root_key_place,
    recovery_key,
    last_backup,
    nightly_backups,
    transport,
    share_origin,
    mail,
    clock,
    disk,
)


def _secret_paths() -> Iterator[Path]:
    folder = config().home / "keys"
    yield folder
    yield from (path for path in folder.iterdir() if path.name != ".lock")
    if root := config().root_key_file:
        yield root
    yield from (config().home / "tls").glob("*.key")


def _opens(open_blob: Callable[[str], BinaryIO], blob_id: str) -> bool:
    try:
        open_blob(blob_id).close()
    except ChartpostError:
        return False
    return True
