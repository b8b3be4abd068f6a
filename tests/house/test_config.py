"""Settings: each is read, each wrong value is named with what was expected, and secrets stay out of errors."""

from pathlib import Path

import pytest

from chartpost.kernel.config import SETTINGS, Config, ConfigError, load

GOOD = {
    "HOME": ("/srv/chartpost", "home", Path("/srv/chartpost")),
    "HOST": ("0.0.0.0", "host", "0.0.0.0"),
    "PORT": ("9443", "port", 9443),
    "BASE_URL": ("https://records.example.org/", "base_url", "https://records.example.org"),
    "ALLOWED_HOSTS": ("a.example, b.example,", "allowed_hosts", ("a.example", "b.example")),
    "TLS": ("proxy", "tls", "proxy"),
    "TLS_CERT": ("/etc/cert.pem", "tls_cert", Path("/etc/cert.pem")),
    "TLS_KEY": ("/etc/key.pem", "tls_key", Path("/etc/key.pem")),
    "TRUSTED_PROXIES": ("2", "trusted_proxies", 2),
    "DATABASE_URL": ("postgresql://u:p@db/records", "database_url", "postgresql://u:p@db/records"),
    "BLOB_URL": ("s3://bucket/files", "blob_url", "s3://bucket/files"),
    "ROOT_KEY_FILE": ("/run/key", "root_key_file", Path("/run/key")),
    "SMTP_URL": ("smtps://u:p@mail:465", "smtp_url", "smtps://u:p@mail:465"),
    "MAIL_FROM": ("records@example.org", "mail_from", "records@example.org"),
    "SHARE_ORIGIN": ("https://share.example.org", "share_origin", "https://share.example.org"),
    "SHARE_GB": ("20", "share_gb", 20),
    "SHARE_ACCOUNT_GB": ("40", "share_account_gb", 40),
    "SHARE_HOME_GB": ("400", "share_home_gb", 400),
    "SHARE_DAYS": ("7", "share_days", 7),
    "SHARE_MOST_DAYS": ("30", "share_most_days", 30),
    "STAFF_IDLE_MINUTES": ("5", "staff_idle_minutes", 5),
    "PERSON_IDLE_MINUTES": ("60", "person_idle_minutes", 60),
    "STAFF_SECOND_FACTOR": ("0", "staff_second_factor", False),
    "BACKUP_DIR": ("/mnt/backup", "backup_dir", Path("/mnt/backup")),
    "BACKUP_HOUR": ("23", "backup_hour", 23),
    "BACKUP_KEEP": ("0", "backup_keep", 0),
    "SQLITE_CACHE_MB": ("128", "sqlite_cache_mb", 128),
    "WEB_PROCESSES": ("3", "web_processes", 3),
    "WEB_THREADS": ("8", "web_threads", 8),
    "TRANSFER_THREADS": ("6", "transfer_threads", 6),
    "SLOW_SECONDS": ("30", "slow_seconds", 30),
    "ACCESS_TOKEN_MINUTES": ("30", "access_token_minutes", 30),
    "EXPORT_HOURS": ("48", "export_hours", 48),
    "ALLOW_PRIVATE_URLS": ("1", "allow_private_urls", True),
    "DEMO": ("1", "demo", True),
}
WRONG = {
    "PORT": ("70000", "a whole number from 1 to 65535"),
    "BASE_URL": ("records.example.org", "https:// or http://"),
    "TLS": ("yes", "own-ca, files, proxy"),
    "TRUSTED_PROXIES": ("-1", "a whole number from 0 to 10"),
    "DATABASE_URL": ("mysql://db/records", "postgres:// or postgresql://"),
    "BLOB_URL": ("/var/blobs", "s3://"),
    "SMTP_URL": ("mail.example.org", "smtp:// or smtps://"),
    "MAIL_FROM": ("nobody", "an e-mail address"),
    "SHARE_ORIGIN": ("http://share.example.org", "https://"),
    "STAFF_IDLE_MINUTES": ("0", "a whole number from 1 to 720"),
    "PERSON_IDLE_MINUTES": ("soon", "a whole number from 1 to 720"),
    "STAFF_SECOND_FACTOR": ("no", "0, 1"),
    "BACKUP_HOUR": ("24", "a whole number from 0 to 23"),
    "SQLITE_CACHE_MB": ("1", "a whole number from 2 to 65536"),
    "WEB_PROCESSES": ("0", "a whole number from 1 to 64"),
    "WEB_THREADS": ("٤", "a whole number from 1 to 256"),
    "DEMO": ("true", "0, 1"),
}


def test_every_setting_has_a_good_value_here() -> None:
    assert {s.name for s in SETTINGS} == set(GOOD)
    assert {field for _, field, _ in GOOD.values()} == set(Config.__dataclass_fields__)


@pytest.mark.parametrize("name", GOOD)
def test_each_setting_is_read(name: str) -> None:
    text, field, value = GOOD[name]
    assert getattr(load({f"CHARTPOST_{name}": text}), field) == value


def test_defaults_are_good() -> None:
    config = load({})
    assert config.home == Path.home() / ".chartpost"
    assert (config.host, config.port, config.base_url) == ("127.0.0.1", 8443, "https://localhost:8443")
    assert (config.tls, config.database_url, config.smtp_url, config.demo) == ("own-ca", None, None, False)


def test_the_public_address_follows_the_port() -> None:
    assert load({"CHARTPOST_PORT": "9000"}).base_url == "https://localhost:9000"


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_named_with_what_was_expected(name: str) -> None:
    text, expected = WRONG[name]
    with pytest.raises(ConfigError) as caught:
        load({f"CHARTPOST_{name}": text})
    assert f"CHARTPOST_{name} is {text!r}" in str(caught.value)
    assert expected in str(caught.value)


def test_one_start_shows_every_problem() -> None:
    with pytest.raises(ConfigError) as caught:
        load({"CHARTPOST_PORT": "x", "CHARTPOST_DEMO": "x", "CHARTPOST_TLS": "x"})
    assert len(str(caught.value).splitlines()) == 3


def test_an_unknown_setting_is_an_error_and_its_value_is_not_shown() -> None:
    with pytest.raises(ConfigError, match="CHARTPOST_PASSWROD") as caught:
        load({"CHARTPOST_PASSWROD": "hunter2"})
    assert "hunter2" not in str(caught.value)


def test_a_password_in_a_wrong_address_is_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        load({"CHARTPOST_DATABASE_URL": "mysql://root:hunter2@db/x"})
    assert "hunter2" not in str(caught.value)


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "smtp"
    file.write_text("smtp://u:p@mail:587\n")
    assert load({"CHARTPOST_SMTP_URL_FILE": str(file)}).smtp_url == "smtp://u:p@mail:587"


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"CHARTPOST_SMTP_URL_FILE.*a readable file"):
        load({"CHARTPOST_SMTP_URL_FILE": str(tmp_path / "none")})


def test_a_setting_and_its_file_together_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not both"):
        load({"CHARTPOST_SMTP_URL": "smtp://a", "CHARTPOST_SMTP_URL_FILE": str(tmp_path)})


def test_own_certificate_files_must_be_readable(tmp_path: Path) -> None:
    cert = tmp_path / "cert.pem"
    cert.touch()
    with pytest.raises(ConfigError, match=r"CHARTPOST_TLS_KEY.*a readable file") as caught:
        load({"CHARTPOST_TLS": "files", "CHARTPOST_TLS_CERT": str(cert)})
    assert "CHARTPOST_TLS_CERT" not in str(caught.value)
