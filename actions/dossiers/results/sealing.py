"""The seal under issued results: an organisation's certificate from a PKCS#12 file, or a test seal of our own making.

Signatures are PAdES baseline B (ETSI EN 319 142-1) by pyHanko, certifying: any later change of the file shows.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

from common.clock import utc_now
from common.errors import SetupProblem
from common.keyring import Keyring
from common.settings import Settings

__all__ = ["Seal"]

_FIELD = "Seal"
_TEST_ORGANISATION = "iSee (chữ ký thử nghiệm)"
_TEST_LIFE = timedelta(days=3650)


@dataclass(frozen=True)
class Seal:
    """Signs PDFs. `test` says that the certificate is our own and binds nobody: papers say so too."""

    signer: signers.SimpleSigner
    roots: tuple[asn1_x509.Certificate, ...]
    test: bool

    @classmethod
    def from_settings(cls, settings: Settings, keyring: Keyring) -> Seal | None:
        """The configured seal; a test seal for a local run; None in production without one (nothing is issued then).

        Raises SetupProblem when the configured file can't be opened with its password.
        """
        if settings.result_seal:
            return cls._loaded(Path(settings.result_seal), settings.result_seal_password.get_secret_value().encode())
        if settings.environment == "production":
            return None
        path, password = settings.home / "secrets" / "test-seal.p12", keyring.derive("test-seal").hex().encode()
        if not path.exists():
            _make_test_seal(path, password)
        return cls._loaded(path, password, test=True)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the signing certificate, hex."""
        return str(self._certificate.sha256_fingerprint).replace(" ", "").lower()

    @property
    def name(self) -> str:
        """Whom the certificate names."""
        return str(self._certificate.subject.human_friendly)

    @property
    def _certificate(self) -> asn1_x509.Certificate:
        certificate = self.signer.signing_cert
        assert certificate is not None  # `_loaded` gives a signer only with its certificate
        return certificate

    def sign(self, pdf: bytes, *, reason: str, place: str) -> bytes:
        """`pdf` with our certifying signature; no later change is allowed."""
        details = signers.PdfSignatureMetadata(
            field_name=_FIELD, md_algorithm="sha256", reason=reason, location=place, certify=True,
            docmdp_permissions=MDPPerm.NO_CHANGES, subfilter=SigSeedSubFilter.PADES)
        signed = signers.sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), details, signer=self.signer)
        return bytes(signed.getbuffer())

    @classmethod
    def _loaded(cls, path: Path, password: bytes, *, test: bool = False) -> Seal:
        # pyHanko notes the cause in its log and returns nothing.
        signer = signers.SimpleSigner.load_pkcs12(str(path), passphrase=password) if path.exists() else None
        if signer is None:
            raise SetupProblem(
                f"Không mở được tệp chữ ký số {path.name}: kiểm tra ISEE_RESULT_SEAL và ISEE_RESULT_SEAL_PASSWORD.")
        chain = [cert for cert in signer.cert_registry if cert.self_issued]
        return cls(signer, tuple(chain or [signer.signing_cert]), test)


def _make_test_seal(path: Path, password: bytes) -> None:
    """A root and a seal below it, made once; written whole or not at all."""
    now = utc_now()
    root_key, seal_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name = _named(f"{_TEST_ORGANISATION} CA")
    root = (
        _certificate(root_name, root_name, root_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .sign(root_key, SHA256())
    )
    seal = (
        _certificate(_named(_TEST_ORGANISATION), root_name, seal_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .sign(root_key, SHA256())
    )
    packed = pkcs12.serialize_key_and_certificates(
        b"seal", seal_key, seal, [root], BestAvailableEncryption(password))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.touch(mode=0o600)
    part.write_bytes(packed)
    part.replace(path)


def _named(organisation: str) -> x509.Name:
    return x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
        x509.NameAttribute(NameOID.COMMON_NAME, organisation),
    ])


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now) -> x509.CertificateBuilder:  # type: ignore[no-untyped-def]
    return (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + _TEST_LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates, content_commitment=not certificates, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=certificates, crl_sign=certificates,
        encipher_only=False, decipher_only=False)
