"""Checks the signatures in any PDF: is the file as it was signed, who signed, do we know the issuer (pyHanko)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import pem
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from common.errors import InvalidInput, SetupProblem

__all__ = ["Finding", "SignatureCheck", "trusted_issuers"]

_MOST_SIGNATURES = 20
# pyHanko reports certificates that it doesn't trust with a traceback; that is a finding here, not an incident.
logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Finding:
    """One signature. `trusted`: its certificate leads to an issuer that we were told to trust."""

    signer: str
    issuer: str
    at: datetime | None
    intact: bool
    whole: bool
    trusted: bool
    expired: bool

    @property
    def verdict(self) -> str:
        """The key of the sentence that says what this means."""
        if not self.intact:
            return "altered"
        if not self.whole:
            return "added_to"
        if not self.trusted:
            return "expired" if self.expired else "unknown_issuer"
        return "good"


class SignatureCheck:
    """Checks against `roots`: certificates of issuers to trust (of the national root CA, and of our own seal)."""

    def __init__(self, roots: Callable[[], Sequence[asn1_x509.Certificate]]) -> None:
        self._roots = roots

    def check(self, content: bytes, unreadable: str) -> list[Finding]:
        """Every signature of a PDF, in order of signing; empty where there is none.

        Raises InvalidInput with the sentence `unreadable` when it is no readable PDF.
        """
        try:
            signatures = list(PdfFileReader(BytesIO(content), strict=False).embedded_signatures)[:_MOST_SIGNATURES]
            return [self._finding(signature) for signature in signatures]
        except Exception as error:  # a stranger's file can make a parser fail in any way; none of them is ours to mend
            raise InvalidInput(unreadable) from error

    def _finding(self, signature: Any) -> Finding:
        certificate = signature.signer_cert
        context = ValidationContext(trust_roots=self._roots(), other_certs=list(signature.other_embedded_certs))
        status = validate_pdf_signature(signature, context)
        at = status.signer_reported_dt
        validity = certificate["tbs_certificate"]["validity"]
        return Finding(
            signer=_organisation(certificate.subject), issuer=_organisation(certificate.issuer), at=at,
            intact=bool(status.intact and status.valid),
            # A second person's signature may follow the first: such additions are legal, others are not.
            whole=bool(status.coverage == SignatureCoverageLevel.ENTIRE_FILE or status.docmdp_ok),
            trusted=bool(status.trusted),
            expired=bool(at and not validity["not_before"].native <= at <= validity["not_after"].native))


def _organisation(name: asn1_x509.Name) -> str:
    parts = name.native
    found = parts.get("common_name") or parts.get("organization_name") or name.human_friendly
    return ", ".join(found) if isinstance(found, list) else str(found)


def trusted_issuers(folder: str) -> list[asn1_x509.Certificate]:
    """Every certificate (.pem, .crt, .cer) of a folder; none without one. Raises SetupProblem naming a bad file."""
    found: list[asn1_x509.Certificate] = []
    for path in sorted(Path(folder).iterdir()) if folder else ():
        if path.suffix.lower() in (".pem", ".crt", ".cer"):
            try:
                found += _certificates(path.read_bytes())
            except ValueError as error:
                raise SetupProblem(f"Không đọc được chứng thư {path.name} trong ISEE_SIGNATURE_ROOTS.") from error
    return found


def _certificates(content: bytes) -> list[asn1_x509.Certificate]:
    if not pem.detect(content):
        return [asn1_x509.Certificate.load(content, strict=True)]
    return [asn1_x509.Certificate.load(der) for _, _, der in pem.unarmor(content, multiple=True)]
