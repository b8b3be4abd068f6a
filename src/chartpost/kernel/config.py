"""Settings from the environment: each documented, each checked at start, each error loud.

Every setting is one row of `SETTINGS`; `docs/settings.md` is rendered from the same rows.
A secret `CHARTPOST_X` may instead come from a file named by `CHARTPOST_X_FILE`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

TlsMode = Literal["own-ca", "files", "proxy"]


class ConfigError(Exception):
    """A setting has a value Chartpost cannot use."""


@dataclass(frozen=True)
class Setting:
    """One environment setting: its name without prefix, default, kind and meaning."""

    name: str
    default: str
    kind: str
    meaning: str


SETTINGS = (
    Setting("HOME", "~/.chartpost", "path", "Folder that holds all state: database, blobs, keys, certificates."),
    Setting("HOST", "127.0.0.1", "text", "Address the web server listens on."),
    Setting("PORT", "8443", "port", "Port the web server listens on."),
    Setting("BASE_URL", "", "url", "Public address, for links in mail; default https://localhost:PORT."),
    Setting("ALLOWED_HOSTS", "", "list", "Extra host names the server answers to, comma separated."),
    Setting("TLS", "own-ca", "own-ca|files|proxy", "Own local CA, own certificate files, or TLS done by a proxy."),
    Setting("TLS_CERT", "", "path", "Certificate chain (PEM) when TLS is `files`."),
    Setting("TLS_KEY", "", "path", "Private key (PEM, PKCS#8) when TLS is `files`."),
    Setting("TRUSTED_PROXIES", "0", "number", "How many proxies in front set X-Forwarded-For."),
    Setting("DATABASE_URL", "", "postgres url", "PostgreSQL address; empty means encrypted SQLite in HOME."),
    Setting("BLOB_URL", "", "s3 url", "`s3://bucket/prefix?endpoint=...`; empty means a folder in HOME."),
    Setting("ROOT_KEY_FILE", "", "path", "File with the root key, to keep it outside HOME."),
    Setting("SMTP_URL", "", "smtp url", "`smtp[s]://user:password@host:port`; empty means a file outbox."),
    Setting("MAIL_FROM", "records@localhost", "text", "Sender of mail."),
    Setting("SHARE_ORIGIN", "", "url", "Own origin for sealed pages; recommended."),
    Setting("SHARE_GB", "100", "number", "Largest sealed share, in gigabytes."),
    Setting("SHARE_ACCOUNT_GB", "200", "number", "Gigabytes of sealed shares one account may keep here."),
    Setting("SHARE_HOME_GB", "2000", "number", "Gigabytes of sealed shares kept here in all."),
    Setting("SHARE_DAYS", "14", "number", "Days a sealed share is kept when its sender names no end."),
    Setting("SHARE_MOST_DAYS", "90", "number", "Most days a sender may choose."),
    Setting("STAFF_IDLE_MINUTES", "15", "number", "Minutes without activity before staff are signed out."),
    Setting("PERSON_IDLE_MINUTES", "30", "number", "Minutes without activity before a person is signed out."),
    Setting(
        "STAFF_SECOND_FACTOR",
        "1",
        "flag",
        "Staff must add a second sign-in step before the desk opens; 0 only advises it.",
    ),
    Setting("BACKUP_DIR", "", "path", "Folder of the nightly backups; another disk is best. Empty: HOME/backups."),
    Setting("BACKUP_HOUR", "2", "number", "Hour of the night, in this machine's time, at which the backup is made."),
    Setting("BACKUP_KEEP", "7", "number", "Nightly backups kept; 0 makes none. They begin with the recovery key."),
    Setting("SQLITE_CACHE_MB", "64", "number", "Page cache of each database connection."),
    Setting("WEB_PROCESSES", "2", "number", "Processes that serve pages; one for each processor is best."),
    Setting("WEB_THREADS", "2", "number", "Threads of each process that serves pages."),
    Setting("TRANSFER_THREADS", "4", "number", "Threads of each process at work for uploads, or for apps, at once."),
    Setting("SLOW_SECONDS", "60", "number", "Seconds a connection may move under 1,024 bytes a second, then it ends."),
    Setting("ACCESS_TOKEN_MINUTES", "60", "number", "Minutes an app's access token lives."),
    Setting("EXPORT_HOURS", "24", "number", "Hours the files of a finished bulk export can be fetched."),
    Setting("ALLOW_PRIVATE_URLS", "0", "flag", "Fetch keys and send notices to addresses of private networks too."),
    Setting("DEMO", "0", "flag", "Set by `chartpost demo`; shows the demo banner."),
)


@dataclass(frozen=True)
class Config:
    """The checked settings of this process."""

    home: Path
    host: str
    port: int
    base_url: str
    allowed_hosts: tuple[str, ...]
    tls: TlsMode
    tls_cert: Path | None
    tls_key: Path | None
    trusted_proxies: int
    database_url: str | None
    blob_url: str | None
    root_key_file: Path | None
    smtp_url: str | None
    mail_from: str
    share_origin: str | None
    share_gb: int
    share_account_gb: int
    share_home_gb: int
    share_days: int
    share_most_days: int
    staff_idle_minutes: int
    person_idle_minutes: int
    staff_second_factor: bool
    backup_dir: Path | None
    backup_hour: int
    backup_keep: int
    sqlite_cache_mb: int
    web_processes: int
    web_threads: int
    transfer_threads: int
    slow_seconds: int
    access_token_minutes: int
    export_hours: int
    allow_private_urls: bool
    demo: bool


def load(environ: Mapping[str, str]) -> Config:
    """Read and check all settings; raises ConfigError naming every wrong one."""
    reader = _Reader(environ)
    port = reader.number("PORT", low=1, high=65535)
    config = Config(
        home=reader.path("HOME") or Path("~/.chartpost").expanduser(),
        host=reader.text("HOST"),
        port=port,
        base_url=(reader.url("BASE_URL", ("https", "http")) or f"https://localhost:{port}").rstrip("/"),
        allowed_hosts=tuple(h.strip() for h in reader.text("ALLOWED_HOSTS").split(",") if h.strip()),
        tls=reader.choice("TLS", ("own-ca", "files", "proxy")),
        tls_cert=reader.path("TLS_CERT"),
        tls_key=reader.path("TLS_KEY"),
        trusted_proxies=reader.number("TRUSTED_PROXIES", low=0, high=10),
        database_url=reader.url("DATABASE_URL", ("postgres", "postgresql")),
        blob_url=reader.url("BLOB_URL", ("s3",)),
        root_key_file=reader.path("ROOT_KEY_FILE"),
        smtp_url=reader.url("SMTP_URL", ("smtp", "smtps")),
        mail_from=reader.text("MAIL_FROM"),
        share_origin=reader.url("SHARE_ORIGIN", ("https",)),
        share_gb=reader.number("SHARE_GB", low=1, high=1_000_000),
        share_account_gb=reader.number("SHARE_ACCOUNT_GB", low=1, high=1_000_000),
        share_home_gb=reader.number("SHARE_HOME_GB", low=1, high=10_000_000),
        share_days=reader.number("SHARE_DAYS", low=1, high=3650),
        share_most_days=reader.number("SHARE_MOST_DAYS", low=1, high=3650),
        staff_idle_minutes=reader.number("STAFF_IDLE_MINUTES", low=1, high=720),
        person_idle_minutes=reader.number("PERSON_IDLE_MINUTES", low=1, high=720),
        staff_second_factor=reader.flag("STAFF_SECOND_FACTOR"),
        backup_dir=reader.path("BACKUP_DIR"),
        backup_hour=reader.number("BACKUP_HOUR", low=0, high=23),
        backup_keep=reader.number("BACKUP_KEEP", low=0, high=1000),
        sqlite_cache_mb=reader.number("SQLITE_CACHE_MB", low=2, high=65536),
        web_processes=reader.number("WEB_PROCESSES", low=1, high=64),
        web_threads=reader.number("WEB_THREADS", low=1, high=256),
        transfer_threads=reader.number("TRANSFER_THREADS", low=1, high=256),
        slow_seconds=reader.number("SLOW_SECONDS", low=6, high=3600),
        access_token_minutes=reader.number("ACCESS_TOKEN_MINUTES", low=1, high=1440),
        export_hours=reader.number("EXPORT_HOURS", low=1, high=720),
        allow_private_urls=reader.flag("ALLOW_PRIVATE_URLS"),
        demo=reader.flag("DEMO"),
    )
    reader.cross_check(config)
    reader.raise_problems()
    return config


@lru_cache(maxsize=1)
def config() -> Config:
    """The settings of this process, read once."""
    return load(os.environ)


class _Reader:
    """Reads values and collects every problem, so that one start shows all of them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._defaults = {s.name: s.default for s in SETTINGS}
        self._problems: list[str] = []
        known = {f"CHARTPOST_{s.name}{end}" for s in SETTINGS for end in ("", "_FILE")}
        known |= {"CHARTPOST_SHARED_DATA", "CHARTPOST_TEST_DATABASE_URL"}
        for name in sorted(environ):
            if name.startswith("CHARTPOST_") and name not in known:
                self._problems.append(f"{name} is set. Expected only settings listed in docs/settings.md. Remove it.")

    def text(self, name: str) -> str:
        value = self._environ.get(f"CHARTPOST_{name}")
        file = self._environ.get(f"CHARTPOST_{name}_FILE")
        if value is not None and file:
            self._problem(f"CHARTPOST_{name}_FILE", file, f"either it or CHARTPOST_{name}, not both")
        elif file:
            try:
                value = Path(file).read_text().strip()
            except OSError as error:
                self._problem(f"CHARTPOST_{name}_FILE", file, f"a readable file ({error.strerror})")
        return self._defaults[name] if value is None else value

    def number(self, name: str, low: int, high: int) -> int:
        value = self.text(name)
        if value.isascii() and value.isdigit() and low <= int(value) <= high:
            return int(value)
        self._problem(f"CHARTPOST_{name}", value, f"a whole number from {low} to {high}")
        return int(self._defaults[name])

    def path(self, name: str) -> Path | None:
        value = self.text(name)
        return Path(value).expanduser().absolute() if value else None

    def flag(self, name: str) -> bool:
        return bool(self.choice(name, ("0", "1")) == "1")

    def choice(self, name: str, options: tuple[str, ...]) -> Any:
        value = self.text(name)
        if value not in options:
            self._problem(f"CHARTPOST_{name}", value, "one of " + ", ".join(options))
            return options[0]
        return value

    def url(self, name: str, schemes: tuple[str, ...]) -> str | None:
        value = self.text(name)
        if not value:
            return None
        if urlsplit(value).scheme not in schemes or not urlsplit(value).netloc:
            shown = value if "@" not in value else "(hidden: it holds a password)"
            self._problem(
                f"CHARTPOST_{name}",
                shown,
                "an address that starts with " + " or ".join(f"{s}://" for s in schemes),
            )
        return value

    def cross_check(self, config: Config) -> None:
        if config.tls == "files":
            for name, file in (("TLS_CERT", config.tls_cert), ("TLS_KEY", config.tls_key)):
                if file is None or not os.access(file, os.R_OK):
                    self._problem(
                        f"CHARTPOST_{name}", str(file or ""), "a readable file, because CHARTPOST_TLS is files"
                    )
        if "@" not in config.mail_from:
            self._problem("CHARTPOST_MAIL_FROM", config.mail_from, "an e-mail address")

    def raise_problems(self) -> None:
        if self._problems:
            raise ConfigError("\n".join(self._problems))

    def _problem(self, name: str, seen: str, expected: str) -> None:
        self._problems.append(f"{name} is {seen!r}. Expected {expected}. Change it and start again.")
