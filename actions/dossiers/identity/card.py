"""What the QR code of a citizen identity card says.

`id|old id|name|birth ddmmyyyy|sex|address|issue date ddmmyyyy`, and on newer cards further fields, which are left
unread. The old id (CMND) may be empty. No signature stands in it: whoever can print a code can write one, so what
is read is "read from a card", never "verified".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from actions.dossiers.identity.person import Person, Sex, checked
from common.errors import InvalidInput
from indexer.text.edits import Mapped
from indexer.text.legacy import legacy_encoding, to_unicode

__all__ = ["read_card", "read_payload"]

_LONGEST = 1200
_FEWEST, _MOST = 7, 20
_SEXES: dict[str, Sex] = {"nam": "male", "nữ": "female"}


def read_card(codes: Sequence[bytes], today: date) -> Person:
    """The person on the first card among `codes` (a photo may show other QR codes). Raises InvalidInput."""
    problem = InvalidInput("no_code")
    for code in codes:
        try:
            return read_payload(code, today)
        except InvalidInput as error:
            problem = error
    raise problem


def read_payload(code: bytes, today: date) -> Person:
    """The person whom one code describes. Raises InvalidInput where it is not a card's, or its facts disagree."""
    if len(code) > _LONGEST:
        raise InvalidInput("not_a_card")
    parts = [part.strip() for part in _text(code).strip().split("|")]
    if not _FEWEST <= len(parts) <= _MOST:
        raise InvalidInput("not_a_card")
    number, old, name, birth, sex, address, issued = parts[:7]
    if not re.fullmatch(r"[0-9]{12}", number) or not re.fullmatch(r"(?:[0-9]{9}|[0-9]{12})?", old) or not name:
        raise InvalidInput("not_a_card")
    born, known_sex = _date(birth), _SEXES.get(sex.lower())
    given = _date(issued) if issued else None
    if born is None or known_sex is None or (issued and given is None):
        raise InvalidInput("not_a_card")
    if given and not born <= given <= today:
        raise InvalidInput("issued")
    return checked(Person(number, name, born, known_sex, address), today)


def _text(code: bytes) -> str:
    """The code's text in NFC: UTF-8, else the encodings that older Vietnamese software wrote."""
    try:
        text = code.decode("utf-8")
    except UnicodeDecodeError:
        text = _older(code)
    encoding = legacy_encoding(text)
    if encoding:
        text = to_unicode(Mapped(text), encoding).value
    return unicodedata.normalize("NFC", text)


def _older(code: bytes) -> str:
    """Windows-1258 writes tones as marks of their own, which TCVN3 and VNI text read that way has nowhere."""
    text = unicodedata.normalize("NFC", code.decode("cp1258", "replace"))
    latin = code.decode("cp1252", "replace")
    return latin if legacy_encoding(latin) else text


def _date(written: str) -> date | None:
    if not re.fullmatch(r"[0-9]{8}", written):
        return None
    try:
        return date(int(written[4:]), int(written[2:4]), int(written[:2]))
    except ValueError:
        return None
