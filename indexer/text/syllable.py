"""The shape of a Vietnamese syllable: which onsets, rimes and tones go together, and where the mark stands.

The inventory follows school grammar (onset + rime + tone). The mark is put in the traditional place that
state documents use ("hòa", "ủy ban", "khỏe"), whatever place the citizen's keyboard chose.
"""

from __future__ import annotations

from functools import lru_cache

from indexer.text.alphabet import ACUTE, DOT, LEVEL, VOWELS, add_tone, split_tone, strip_diacritics

__all__ = ["is_plain_syllable", "is_syllable", "place_tone", "retone"]

_ONSETS = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x".split()  # noqa: SIM905 - reads better than a list
_RIMES = frozenset(
    """a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây
    e ec em en eng eo ep et ê êch êm ên êng ênh êp êt êu
    i ia ich im in inh ip it iu iêc iêm iên iêng iêp iêt iêu
    o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo oet
    oc oi om on ong ooc oong op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt
    u ua uc ui um un ung up ut uân uâng uât uây uê uêch uênh uôc uôi uôm uôn uông uôt uơ
    uy uya uych uyn uynh uyp uyt uyu uyên uyêt ư ưa ưc ưi ưm ưn ưng ưt ưu
    ươc ươi ươm ươn ương ươp ươt ươu y""".split()  # noqa: SIM905
)
_BARE_ONLY = frozenset("yêm yên yêng yêt yêu".split())  # noqa: SIM905
_GI_MERGED = frozenset("gi gin gim gip git giêc giêm giên giêng giêp giêt giêu".split())  # noqa: SIM905
_FRONT = frozenset("eêiy")
_STOPS = ("c", "ch", "p", "t")


def _rimes_of(onset: str) -> frozenset[str]:
    """Rimes that `onset` takes: c/k, g/gh and ng/ngh share them by the front vowels; q is always qu."""
    if onset in ("c", "g", "ng"):
        return frozenset(rime for rime in _RIMES if rime[0] not in _FRONT)
    if onset in ("k", "gh", "ngh"):
        return frozenset(rime for rime in _RIMES if rime[0] in _FRONT)
    if onset == "qu":
        y_rimes = {"i", "it", "y", "ych", "yt", "ynh", "yên", "yêt", "yêu"}
        return frozenset(rime for rime in _RIMES if rime[0] not in "ouiưy") | y_rimes
    return _RIMES


def _inventory() -> frozenset[str]:
    shapes = {rime for rime in _RIMES if rime != "ia"} | _BARE_ONLY | {"ia"} | _GI_MERGED
    for onset in _ONSETS:
        shapes.update(onset + rime for rime in _rimes_of(onset))
    return frozenset(shapes)


_TONELESS = _inventory()
_PLAIN = frozenset(strip_diacritics(shape) for shape in _TONELESS)


@lru_cache(maxsize=8192)
def is_syllable(word: str) -> bool:
    """Whether `word` (NFC, any case) is a well-formed syllable, its marks included.

    Syllables ending in c, ch, p or t carry sắc or nặng, as in the living language.
    """
    shape, tone = split_tone(word.lower())
    if shape not in _TONELESS:
        return False
    return tone in (ACUTE, DOT) if shape.endswith(_STOPS) else True


@lru_cache(maxsize=8192)
def is_plain_syllable(word: str) -> bool:
    """Whether `word` (any case) is what remains of some syllable when its marks are left out."""
    return word.lower() in _PLAIN


def place_tone(shape: str, tone: int) -> str:
    """The toneless syllable `shape` (any case) under `tone`; `shape` itself when it has no vowel."""
    lowered = shape.lower()
    if tone == LEVEL:
        return shape
    start = 2 if lowered.startswith("qu") or (lowered.startswith("gi") and _has_vowel(lowered[2:])) else 0
    places = [index for index in range(start, len(shape)) if shape[index] in VOWELS]
    if not places:
        return shape
    place = _bearer(lowered, places)
    return shape[:place] + add_tone(shape[place], tone) + shape[place + 1 :]


def _has_vowel(text: str) -> bool:
    return any(char in VOWELS for char in text)


def _bearer(shape: str, places: list[int]) -> int:
    """The vowel that carries the mark: a shaped one (the last, as in ươ), else by the count of vowels."""
    shaped = [index for index in places if shape[index] in "ăâêôơư"]
    if shaped:
        return shaped[-1]
    if len(places) == 1:
        return places[0]
    closed = places[-1] < len(shape) - 1
    return places[1] if closed or len(places) >= 3 else places[0]


@lru_cache(maxsize=8192)
def retone(word: str) -> str:
    """`word` with its tone mark in the traditional place ("hoà" → "hòa", "tóan" → "toán").

    Anything that is no well-formed syllable comes back unchanged.
    """
    shape, tone = split_tone(word)
    if tone == LEVEL or shape.lower() not in _TONELESS:
        return word
    return place_tone(shape, tone)
