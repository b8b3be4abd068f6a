"""TLS on first start: a local certificate authority kept under HOME/tls and a server certificate it signs.

Certificates follow RFC 5280; the server certificate lasts 397 days and is renewed at start when fewer than 30 remain.
"""

import ipaddress
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from chartpost.kernel.clock import now
from chartpost.kernel.config import Config

CA_DAYS = 3650
SERVER_DAYS = 397
RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True)
class TlsFiles:
    """Where the server's certificate and key are; `ca` only when it is our own."""

    cert: Path
    key: Path
    ca: Path | None


def files(config: Config) -> TlsFiles | None:
    """The certificate to serve with, made or renewed when it is our own; None behind a proxy."""
    if config.tls == "proxy":
        return None
    if config.tls == "files":
        assert config.tls_cert and config.tls_key
        return TlsFiles(config.tls_cert, config.tls_key, None)
    folder = config.home / "tls"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = TlsFiles(folder / "server.pem", folder / "server.key", folder / "ca.pem")
    if not (folder / "ca.key").exists() or not (folder / "ca.pem").exists():
        _make_authority(folder)
        found.cert.unlink(missing_ok=True)
    if not found.cert.exists() or not found.key.exists() or _wants_renewal(found.cert, _names(config)):
        _make_server(folder, _names(config))
    return found


def trust_command(config: Config) -> str:
    """One command that makes this machine's browsers trust the local authority (Debian and kin)."""
    ca = config.home / "tls" / "ca.pem"
    return f"sudo cp {ca} /usr/local/share/ca-certificates/chartpost.crt && sudo update-ca-certificates"


def _names(config: Config) -> list[str]:
    hosts = [urlsplit(address).hostname or "localhost" for address in (config.base_url, config.share_origin or "")]
    return list(dict.fromkeys(["localhost", "127.0.0.1", "::1", *hosts, *config.allowed_hosts]))


def _make_authority(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Chartpost local authority")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    builder = _builder(name, name, key.public_key(), CA_DAYS).add_extension(usage, critical=True)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate = builder.sign(key, hashes.SHA256())
    (folder / "ca.pem").unlink(missing_ok=True)  # a start cut short here makes the pair again
    _write_key(folder / "ca.key", key)
    _write(folder / "ca.pem", certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _make_server(folder: Path, names: list[str]) -> None:
    authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    signer = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    builder = _builder(subject, authority.subject, key.public_key(), SERVER_DAYS)
    builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(n) for n in names]), critical=False)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    certificate = builder.add_extension(issuer, critical=False).sign(signer, hashes.SHA256())
    (folder / "server.pem").unlink(missing_ok=True)
    _write_key(folder / "server.key", key)
    _write(folder / "server.pem", certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now() - timedelta(hours=1))
    builder = builder.not_valid_after(now() + timedelta(days=days))
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _wants_renewal(path: Path, names: list[str]) -> bool:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    missing = {_general_name(n) for n in names} - set(held)
    return bool(missing) or certificate.not_valid_after_utc - now() < RENEW_BEFORE


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(path, pem, 0o600)


def _write(path: Path, data: bytes, mode: int) -> None:
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    fresh.replace(path)
