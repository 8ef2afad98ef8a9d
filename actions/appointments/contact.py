"""Name and telephone for an appointment: given freely, with consent, sealed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions.messages import Messages
from common.errors import InvalidInput

__all__ = ["Contact", "read_contact"]

_PHONE = re.compile(r"^0[235789]\d{8,9}$")


@dataclass(frozen=True)
class Contact:
    """Either part may be empty."""

    name: str
    phone: str
    consent_version: str


def read_contact(texts: Messages, name: str, phone: str, consented: bool) -> Contact | None:
    """None when nothing was given. Raises InvalidInput: given without consent, or not a name or number."""
    name = " ".join(name.split())
    digits = re.sub(r"[ .()-]", "", phone.strip())
    digits = re.sub(r"^(?:\+|00)?84(?=\d{9,10}$)", "0", digits)
    if not name and not digits:
        return None
    if not consented:
        raise InvalidInput(texts.render("problem.consent"), field="consent")
    if name and not (2 <= len(name) <= 100 and all(ch.isalpha() or ch in " .'-" for ch in name)):
        raise InvalidInput(texts.render("problem.name"), field="name")
    if digits and not _PHONE.match(digits):
        raise InvalidInput(texts.render("problem.phone"), field="phone")
    return Contact(name, digits, texts.render("consent.version"))
