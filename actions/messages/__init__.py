"""What iSee says to citizens: one reviewed catalogue (`vi.yml`), rendered by Jinja2 in a sandbox.

Keys are dotted paths (`answer.fee.free`). A missing key or a value that a message needs and did not get is an
error, never an empty sentence.

Beside a catalogue may stand its English twin (`en.yml` beside `vi.yml`, else `messages.en.yml` beside `messages.yml`).
It serves those who write in another language (`common.language`); what it lacks is said in Vietnamese.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import StrictUndefined, Template, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from yaml import CSafeLoader, MappingNode

from common.clock import to_local
from common.errors import ISeeError
from common.language import in_english, speaking

__all__ = [
    "CATALOGUE_DIR",
    "MessageError",
    "Messages",
    "catalogues",
    "day",
    "duration",
    "lower_first",
    "procedure",
    "sentences",
    "vnd",
]

CATALOGUE_DIR = Path(__file__).parent
_UNITS = {"working_day": "ngày làm việc", "day": "ngày", "hour": "giờ"}
_ENGLISH_UNITS = {"working_day": "working day", "day": "day", "hour": "hour"}
_SENTENCE_END = re.compile(r"(?<=\.)\s+(?=\w)")
_PROCEDURE = "thủ tục"
_BLANKS = re.compile(r"[ \t]+\n|\n{3,}")


class MessageError(ISeeError):
    """A message that cannot be rendered: unknown key, missing value or broken template."""


class Messages:
    """The catalogue in memory; safe to share between threads."""

    def __init__(self, templates: dict[str, Template], english: dict[str, Template] | None = None) -> None:
        self._templates, self._english = templates, english or {}

    @classmethod
    def load(cls, *files: Path) -> Messages:
        """All messages of `files` (every catalogue of this folder when none is given).

        Raises MessageError naming file and key of a broken template, of a key that occurs twice, or of an English one
        that has no Vietnamese.
        """
        files = files or catalogues()
        templates = _gathered(files)
        english = _gathered([twin for twin in map(_twin, files) if twin.exists()])
        orphans = sorted(english.keys() - templates.keys())
        if orphans:
            raise MessageError(f"English without Vietnamese: {', '.join(orphans)}")
        return cls(templates, english)

    def render(self, key: str, **values: Any) -> str:
        """The message `key` with `values` filled in, outer blanks removed; in English where the turn is and it has one.

        Raises MessageError when there is no such key, or the message needs a value that wasn't given.
        """
        english = self._english.get(key) if in_english() else None
        template = english or self._templates.get(key)
        if template is None:
            raise MessageError(f"No message {key!r} in the catalogue.")
        try:
            # Dates and amounts follow the sentence that they stand in.
            with speaking("en" if english else "vi"):
                text = template.render(values)
        except UndefinedError as error:
            raise MessageError(f"The message {key!r} lacks a value: {error}") from error
        return _BLANKS.sub(lambda blank: "\n" if blank.group().strip(" \t") == "\n" else "\n\n", text).strip()

    def has(self, key: str) -> bool:
        return key in self._templates

    def keys(self) -> Iterator[str]:
        """All keys, in catalogue order."""
        return iter(self._templates)


def catalogues() -> tuple[Path, ...]:
    """The catalogues of this folder, without their English twins."""
    return tuple(file for file in sorted(CATALOGUE_DIR.glob("*.yml")) if file.name != "en.yml")


def vnd(amount: int) -> str:
    """8000 → "8.000 đồng", in English "8,000 VND"."""
    if in_english():
        return f"{amount:,} VND"
    return f"{amount:,}".replace(",", ".") + " đồng"


def day(moment: date | datetime | str) -> str:
    """A date, or the Vietnamese date of a moment, as 24/11/2026 or 24 November 2026. Texts must be ISO dates."""
    if isinstance(moment, str):
        moment = date.fromisoformat(moment)
    if isinstance(moment, datetime):
        moment = to_local(moment)
    return f"{moment.day} {moment:%B %Y}" if in_english() else f"{moment:%d/%m/%Y}"


def duration(time: Any) -> str:
    """A guide's `Time` with amount and unit as "3 ngày làm việc", in English "3 working days"; 0.5 is written 0,5."""
    amount = time.amount
    if in_english():
        return f"{amount:g} {_ENGLISH_UNITS[str(time.unit)]}{'' if amount == 1 else 's'}"
    number = str(int(amount)) if float(amount).is_integer() else str(amount).replace(".", ",")
    return f"{number} {_UNITS[str(time.unit)]}"


def sentences(text: str, limit: int) -> str:
    """The whole sentences of `text` that fit into `limit` characters, at least the first, unchanged."""
    kept = ""
    for sentence in _SENTENCE_END.split(text.strip()):
        goes_on = sentence[:1].islower()  # "v.v. và"
        if kept and not goes_on and len(kept) + 1 + len(sentence) > limit:
            break
        kept = f"{kept} {sentence}" if kept else sentence
    return kept


def lower_first(text: str) -> str:
    """`text` as it stands inside a sentence: the first letter small, unless the first word is an acronym or a name.

    "Thẻ BHYT mất" → "thẻ BHYT mất"; "BHYT hộ gia đình" and "Hạ Long" stay.
    """
    first, _, rest = text.partition(" ")
    second = rest.partition(" ")[0]
    acronym = sum(letter.isupper() for letter in first) > 1
    named = second[:1].isupper() and not second.isupper()
    return text if acronym or named else text[:1].lower() + text[1:]


def procedure(name: str) -> str:
    """`name` in quotes after the word "thủ tục", which isn't said twice where the name begins with it."""
    bare = name[len(_PROCEDURE) :].lstrip() if name.lower().startswith(f"{_PROCEDURE} ") else name
    return f'{_PROCEDURE} "{bare[:1].upper()}{bare[1:]}"'


@cache
def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "vnd": vnd, "date": day, "duration": duration, "lower_first": lower_first, "procedure": procedure,
        "sentences": sentences,
    }  # fmt: skip
    return environment


def _twin(file: Path) -> Path:
    """Where the English of a catalogue stands."""
    return file.with_name("en.yml" if file.stem == "vi" else f"{file.stem}.en.yml")


def _gathered(files: Iterable[Path]) -> dict[str, Template]:
    templates: dict[str, Template] = {}
    for file in files:
        for key, template in _compiled(file, file.read_text("utf-8")).items():
            if key in templates:
                raise MessageError(f"{file.name}: the key {key} occurs twice")
            templates[key] = template
    return templates


@cache
def _compiled(file: Path, text: str) -> dict[str, Template]:
    """Template by key. Many parts share a catalogue and compiling takes long, so it is done once for each text."""
    templates: dict[str, Template] = {}
    for key, source in _flatten(_tree(file, text)):
        try:
            templates[key] = _environment().from_string(source)
        except Exception as error:
            raise MessageError(f"{file.name}: {key}: {error}") from error
    return templates


def _tree(file: Path, text: str) -> dict[str, Any]:
    """The tree of a catalogue. YAML lets a later key silently win over an equal one, so those are looked for."""
    _refuse_twins(file, yaml.compose(text, Loader=CSafeLoader))
    tree: dict[str, Any] = yaml.load(text, Loader=CSafeLoader) or {}
    return tree


def _refuse_twins(file: Path, node: yaml.Node | None) -> None:
    if not isinstance(node, MappingNode):
        return
    seen: set[str] = set()
    for key, value in node.value:
        if key.value in seen:
            raise MessageError(f"{file.name}:{key.start_mark.line + 1}: the key {key.value} occurs twice")
        seen.add(key.value)
        _refuse_twins(file, value)


def _flatten(tree: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in tree.items():
        if not isinstance(key, str):
            raise MessageError(f"The key {prefix}{key} reads as {type(key).__name__} in YAML; choose another word.")
        path = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flatten(value, f"{path}.")
        elif isinstance(value, str):
            yield path, value
        else:
            raise MessageError(f"The message {path!r} must be text, not {type(value).__name__}.")
