"""The normaliser: text as typed → text that the ranker and the entity rules read, with a map back."""

from __future__ import annotations

from dataclasses import dataclass, field

from indexer.text.abbreviate import expand
from indexer.text.characters import clean
from indexer.text.edits import Mapped
from indexer.text.joined import separate
from indexer.text.keyboard import compose
from indexer.text.legacy import legacy_encoding, to_unicode
from indexer.text.tokens import PROTECTED

__all__ = ["Normalised", "normalise", "normalising"]

_PASSES = 5


@dataclass(frozen=True)
class Normalised:
    """A normalised text.

    `offsets[i]` is the index in `original` of the character that `value[i]` comes from; the offsets never
    decrease. Diacritics that the citizen left out are not guessed here: that is `restore_diacritics`.
    """

    original: str
    value: str
    offsets: tuple[int, ...]
    _ends: tuple[int, ...] = field(repr=False, compare=False)

    @property
    def folded(self) -> str:
        """`value` in lower case, of the same length."""
        lowered = self.value.lower()
        if len(lowered) == len(self.value):
            return lowered
        return "".join(char.lower() if len(char.lower()) == 1 else char for char in self.value)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The span of `original` that `value[start:end]` stands for; an expanded word gives its whole source.

        Raises IndexError where the span lies outside `value`.
        """
        if not 0 <= start <= end <= len(self.value):
            raise IndexError(f"span {start}:{end} lies outside a text of {len(self.value)} characters")
        if start == end:
            point = self.offsets[start] if start < len(self.offsets) else len(self.original)
            return point, point
        return self.offsets[start], self._ends[end - 1]


def _once(text: Mapped) -> Mapped:
    for step in (compose, separate, expand):
        protected = [match.span() for match in PROTECTED.finditer(text.value)]
        text = step(text, protected)
    return clean(text)


def _settled(text: Mapped) -> Mapped:
    """`text` cleaned and rewritten until nothing changes.

    Where the rewriting doesn't come to rest, the cleaned text alone is the result: so the function is
    idempotent whatever the tables say (it starts from the cleaned text in both cases).
    """
    cleaned = clean(text)
    text = cleaned
    for _ in range(_PASSES):
        before = text.value
        text = _once(text)
        if text.value == before:
            return text
    return cleaned


def _decoded(text: Mapped) -> Mapped | None:
    """`text` freed from a 1990s encoding and settled, or None when it isn't in one."""
    encoding = legacy_encoding(text.value)
    if encoding is None:
        return None
    result = _settled(to_unicode(text, encoding))
    return result if legacy_encoding(result.value) is None else None


def normalise(text: str) -> Normalised:
    """Normalise `text`: characters, keystrokes, joined words and abbreviations; idempotent, never raises.

    The case is kept (names and codes need it), see `Normalised.folded`. Codes, dates, numbers and addresses
    of web pages pass unchanged.
    """
    start = Mapped(text)
    result = _decoded(start)
    if result is None:
        result = _settled(start)
        result = _decoded(result) or result
    return Normalised(text, result.value, tuple(result.starts), tuple(result.ends))


def normalising(text: str) -> list[tuple[str, str]]:
    """What `normalise` does to `text`, for people: (step, text after it) of each step that changed something.

    Steps: `legacy` (1990s encodings), `clean` (characters, tone placement), `compose` (Telex, VNI), `separate` (joined
    words), `expand` (abbreviations). Where they wouldn't come to rest, `settle` is what is taken in the end.
    """
    seen: list[tuple[str, str]] = []
    current = Mapped(text)

    def note(step: str, after: Mapped) -> Mapped:
        if after.value != (seen[-1][1] if seen else text):
            seen.append((step, after.value))
        return after

    encoding = legacy_encoding(text)
    if encoding is not None:
        current = note("legacy", to_unicode(current, encoding))
    current = note("clean", clean(current))
    for _ in range(_PASSES):
        before = current.value
        for name, step in (("compose", compose), ("separate", separate), ("expand", expand)):
            protected = [match.span() for match in PROTECTED.finditer(current.value)]
            current = note(name, step(current, protected))
        current = note("clean", clean(current))
        if current.value == before:
            break
    note("settle", Mapped(normalise(text).value))
    return seen
