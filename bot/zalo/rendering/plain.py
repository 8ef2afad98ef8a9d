"""Text as Zalo shows it: no markdown, whole addresses, counted as the platform counts."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urljoin

__all__ = ["length", "plain"]

_LINK = re.compile(r"\[([^\[\]\n]+)\]\(\s*<?([^\s()<>]+)>?\s*\)")
_BOLD = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_ITALIC = re.compile(r"(?<![\w*])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![\w*])")
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+", re.MULTILINE)
_QUOTE = re.compile(r"^[ \t]{0,3}>[ \t]?", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*[-*+][ \t]+", re.MULTILINE)
_CODE = re.compile(r"`+([^`\n]*)`+")
_BLANKS = re.compile(r"\n{3,}")


def plain(text: str, base_url: str = "") -> str:
    """`text` without markdown and control characters, in NFC. Links become "words: address", under `base_url`."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs"))
    text = _LINK.sub(lambda found: f"{found[1]}: {urljoin(base_url + '/', found[2]) if base_url else found[2]}", text)
    for mark in (_HEADING, _QUOTE):
        text = mark.sub("", text)
    text = _ITEM.sub("• ", text)
    text = _CODE.sub(r"\1", _BOLD.sub(r"\2", text))
    text = _ITALIC.sub(r"\1", text)
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return unicodedata.normalize("NFC", _BLANKS.sub("\n\n", text).strip())


def length(text: str) -> int:
    """Characters as the platform counts them (SPEC 5.4): code points after NFC."""
    return len(unicodedata.normalize("NFC", text))
