"""TLS: our own authority and certificate as openssl sees them, renewal, changed names, other modes."""

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from chartpost.kernel import clock, tls
from chartpost.kernel.config import Config, load

openssl = shutil.which("openssl")


def settings(home: Path, **more: str) -> Config:
    return load({"CHARTPOST_HOME": str(home), **{f"CHARTPOST_{k}": v for k, v in more.items()}})


def made(config: Config) -> tls.TlsFiles:
    found = tls.files(config)
    assert found is not None
    return found


def verify(found: tls.TlsFiles, *more: str) -> subprocess.CompletedProcess[str]:
    assert openssl and found.ca
    command = [openssl, "verify", "-x509_strict", "-purpose", "sslserver", *more, "-CAfile", found.ca, found.cert]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.skipif(openssl is None, reason="needs openssl")
@pytest.mark.parametrize("name", ["localhost", "records.example.org", "extra.example"])
def test_openssl_accepts_the_certificate_for_each_name(tmp_path: Path, name: str) -> None:
    found = made(settings(tmp_path, BASE_URL="https://records.example.org", ALLOWED_HOSTS="extra.example"))
    assert verify(found, "-verify_hostname", name).returncode == 0
    assert verify(found, "-verify_ip", "127.0.0.1").returncode == 0
    assert verify(found, "-verify_ip", "::1").returncode == 0
    assert verify(found, "-verify_hostname", "evil.example").returncode != 0


def test_private_keys_are_private(tmp_path: Path) -> None:
    found = made(settings(tmp_path))
    assert found.key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "tls" / "ca.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "tls").stat().st_mode & 0o777 == 0o700


def test_a_second_start_keeps_everything(tmp_path: Path) -> None:
    found = made(settings(tmp_path))
    before = {f.name: f.read_bytes() for f in (tmp_path / "tls").iterdir()}
    assert made(settings(tmp_path)) == found
    assert {f.name: f.read_bytes() for f in (tmp_path / "tls").iterdir()} == before


def test_a_new_name_gets_a_new_certificate_under_the_same_authority(tmp_path: Path) -> None:
    found = made(settings(tmp_path))
    assert found.ca
    authority, before = found.ca.read_bytes(), found.cert.read_bytes()
    made(settings(tmp_path, ALLOWED_HOSTS="new.example"))
    assert found.ca.read_bytes() == authority
    assert found.cert.read_bytes() != before
    names = x509.load_pem_x509_certificate(found.cert.read_bytes()).extensions
    assert "new.example" in names.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
        x509.DNSName
    )


def test_the_certificate_is_renewed_in_its_last_month(tmp_path: Path) -> None:
    found = made(settings(tmp_path))
    before = found.cert.read_bytes()
    with clock.at(clock.now() + timedelta(days=tls.SERVER_DAYS - 31)):
        made(settings(tmp_path))
        assert found.cert.read_bytes() == before
    with clock.at(clock.now() + timedelta(days=tls.SERVER_DAYS - 29)):
        made(settings(tmp_path))
        assert found.cert.read_bytes() != before


def test_a_start_that_was_cut_short_heals(tmp_path: Path) -> None:
    found = made(settings(tmp_path))
    found.key.unlink()
    made(settings(tmp_path))
    assert found.key.exists()
    assert found.ca
    found.ca.unlink()
    made(settings(tmp_path))
    assert openssl is None or verify(found).returncode == 0


def test_behind_a_proxy_there_is_no_certificate(tmp_path: Path) -> None:
    assert tls.files(settings(tmp_path, TLS="proxy")) is None
    assert not (tmp_path / "tls").exists()


def test_own_files_are_used_as_they_are(tmp_path: Path) -> None:
    cert, key = tmp_path / "c.pem", tmp_path / "k.pem"
    cert.touch()
    key.touch()
    found = tls.files(settings(tmp_path / "home", TLS="files", TLS_CERT=str(cert), TLS_KEY=str(key)))
    assert found == tls.TlsFiles(cert, key, None)


def test_the_trust_command_names_the_authority(tmp_path: Path) -> None:
    config = settings(tmp_path)
    assert str(made(config).ca) in tls.trust_command(config)
