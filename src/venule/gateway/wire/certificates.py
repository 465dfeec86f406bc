"""Certificates: serials as the SDKs compute them, and certificates that they can read.

A serial is the MD5 of the issuer and the serial number: a name for a certificate, no protection.
The issuer has exactly C, O, OU and CN, in that order: one SDK rebuilds it from those.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import md5
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.x509.oid import NameOID

from venule.gateway.errors import KeyUnfit
from venule.gateway.wire.signing import KEY_BITS_MIN

_RSA_SIGNED: Final = "1.2.840.113549.1.1."
_ORDER: Final = (
    NameOID.COUNTRY_NAME,
    NameOID.ORGANIZATION_NAME,
    NameOID.ORGANIZATIONAL_UNIT_NAME,
    NameOID.COMMON_NAME,
)
CERT_TIME: Final = timedelta(days=5 * 365)
ROOT_TIME: Final = timedelta(days=20 * 365)


def serial_of(issuer: str, number: int) -> str:
    """Return the serial of a certificate: 32 hex digits. issuer: RFC 2253, last part first."""
    return md5(f"{issuer}{number}".encode(), usedforsecurity=False).hexdigest()


def cert_sn(cert: x509.Certificate) -> str:
    """Return the serial of a certificate."""
    return serial_of(cert.issuer.rfc4514_string(), cert.serial_number)


def root_sn(pem: str) -> str:
    """Return the serial of a root file: those of its RSA-signed certificates, joined."""
    certs = x509.load_pem_x509_certificates(pem.encode())
    return "_".join(
        cert_sn(each)
        for each in certs
        if each.signature_algorithm_oid.dotted_string.startswith(_RSA_SIGNED)
    )


def name_of(common: str, unit: str) -> x509.Name:
    """Return a name with the four parts that every SDK knows."""
    values = ("CN", "Venule", unit, common)
    return x509.Name(
        [x509.NameAttribute(oid, value) for oid, value in zip(_ORDER, values, strict=True)]
    )


def pem_of(cert: x509.Certificate) -> str:
    """Return a certificate in PEM armour."""
    return cert.public_bytes(serialization.Encoding.PEM).decode()


def issue(
    subject: x509.Name,
    key: RSAPublicKey,
    issuer: x509.Name,
    root: RSAPrivateKey,
    number: int,
    now: datetime,
    *,
    is_root: bool = False,
) -> x509.Certificate:
    """Issue a certificate signed by the root. number: its serial number, not used before."""
    end = now + (ROOT_TIME if is_root else CERT_TIME)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(number)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
    )
    return builder.sign(root, hashes.SHA256())


def requested_key(pem: str) -> RSAPublicKey:
    """Return the key of a certificate signing request that is signed by it. Raises: KeyUnfit."""
    try:
        request = x509.load_pem_x509_csr(pem.encode())
    except ValueError:
        raise KeyUnfit("a certificate signing request in PEM", "something else") from None
    key = request.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < KEY_BITS_MIN:
        raise KeyUnfit(f"an RSA key of at least {KEY_BITS_MIN} bits", type(key).__name__)
    if not request.is_signature_valid:
        raise KeyUnfit("a request signed by its key", "another signature")
    return key
