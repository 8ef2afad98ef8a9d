"""The guided help for the personal digital signature, as data (`signature_help.yml`)."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

__all__ = ["SignatureHelp", "signature_help"]

_FILE = Path(__file__).parent / "signature_help.yml"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Link(_Part):
    title: str
    url: str


class Chapter(_Part):
    title: str
    steps: list[str]
    link: Link | None = None


class Law(_Part):
    number: str
    title: str


class Provider(_Part):
    """Who gives the signature free of charge, as checked by staff on `checked_on`."""

    name: str
    url: str
    until: date | None = None
    checked_on: date


class SignatureHelp(_Part):
    checked_on: date
    legal: list[Law]
    intro: str
    who: Chapter
    get: Chapter
    sign: Chapter
    providers: list[Provider]


@cache
def signature_help() -> SignatureHelp:
    """The shipped help. Raises pydantic.ValidationError naming the field at fault."""
    return SignatureHelp.model_validate(yaml.safe_load(_FILE.read_text(encoding="utf-8")))
