"""Keys and certificates that are made when they are needed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


@cache
def key_pair(_which: str = "the app's") -> tuple[str, str]:
    """Private and public key of an App, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return pem_of(key), key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def pem_of(key: rsa.RSAPrivateKey) -> str:
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


def server_of_the_house(folder: Path) -> tuple[SSLContext, Path]:
    """What a server with an own authority speaks TLS with, and the file that trusts it."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = folder / "house.pem"
    certificate.write_bytes(_certificate(key).public_bytes(serialization.Encoding.PEM))
    (folder / "house.key").write_text(pem_of(key))
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, folder / "house.key")
    return context, certificate


def _certificate(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
