"""A pasted notice: whether a text is one, its points, and the names in it taken out. No guide in here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from actions.answers.words import spelled
from actions.dossiers.eforms.names import NameJudge
from common.identifier_patterns import folded
from common.identifiers import BULLET, mask

__all__ = [
    "Point", "defect", "is_notice", "plain_words", "points", "redacted", "without_empty",
    "words",
]

_SHORTEST_PASTE = 90
_MOST_POINTS = 15
_LONGEST_POINT = 300
_BULLET = re.compile(r"^\s*(?:[-–—+•*▪●]|\(?\d{1,2}[.)/](?!\d)|\(?[a-hA-H][.)])\s*(?=\S)")
_INLINE = re.compile(r"(?:(?<=[\s:;.])|^)(?:\(?\d{1,2}[.)/]|[a-h]\))\s+(?=\S)|(?<=[:;.])\s+[-–+•]\s+")
_CLAUSE = re.compile(
    r";\s*|\.\s+(?=\w)|,?\s+đồng thời\s+|,\s+và\s+(?=(?:thiếu|chưa|không|văn|giấy|tờ|bản))"
    # "thiếu giấy chứng sinh và tờ khai chưa ký": another paper with a fault of its own.
    r"|\s+v[àa]\s+(?=(?:gi[ấa]y|t[ờo]|[đd][ơo]n|b[ảa]n|v[ăa]n|h[ợo]p|s[ổo]|th[ẻe]|[ảa]nh)\b(?:\s+\w+){0,4}\s+"
    r"(?:ch[ưu]a|kh[ôo]ng|thi[ếe]u|sai|b[ịi] m[ờo]|h[ếe]t h[ạa]n))", re.IGNORECASE)
# No range will do: capital and small letters with marks lie mixed.
_UPPER = "".join(chr(code) for code in range(0x41, 0x1EFA) if chr(code).isupper() and not 0x250 <= code < 0x1E00)
_CAPITALISED = re.compile(rf"\b[{_UPPER}]\w*(?:[ \t]+[{_UPPER}]\w*){{1,5}}\b")


@dataclass(frozen=True)
class Point:
    """One thing that the notice finds fault with: its words, and the kind of defect (a key of `words.yml`)."""

    text: str
    defect: str


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """`words.yml`, read once."""
    data: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("words.yml").read_text(encoding="utf-8"))
    return data


def plain_words(text: str) -> str:
    """Folded, lower case, words and numbers only, one blank between them. Nothing is expanded."""
    return " ".join(re.findall(r"[a-z0-9]+", folded(text)[0].lower()))


def is_notice(text: str) -> bool:
    """Whether `text` was evidently copied from a notice: it is long, speaks like one, and names a defect."""
    if len(text) < _SHORTEST_PASTE or text.rstrip().endswith("?"):
        return False
    plain = plain_words(text)
    return any(re.search(pattern, plain) for pattern in words()["notice"]) and bool(points(text))


def points(text: str) -> list[Point]:
    """The points in the order of the text, at most 15. Empty where the text finds fault with nothing."""
    fragments = _listed(text) or _prose(text)
    found: dict[str, Point] = {}
    for fragment in fragments:
        cleaned = " ".join(fragment.split()).strip(" .;,:-–+")
        kind = defect(cleaned)
        if _says_something(cleaned):
            found.setdefault(plain_words(cleaned), Point(cleaned[:_LONGEST_POINT], kind or "missing"))
    return list(found.values())[:_MOST_POINTS]


def defect(text: str) -> str:
    """The kind of defect that `text` names, "" where it names none."""
    plain = plain_words(text)
    for kind, patterns in words()["defects"].items():
        if any(re.search(pattern, plain) for pattern in patterns):
            return str(kind)
    return ""


def redacted(text: str) -> str:
    """`text` with personal numbers masked and names shortened to their initials."""
    judge = _judge()
    titles = "|".join(sorted(map(re.escape, words()["titles"]), key=len, reverse=True))
    titled = re.compile(rf"(?:^|(?<=\W))(?:{titles})\s*:?\s*$", re.IGNORECASE)

    def shorten(match: re.Match[str]) -> str:
        name, title = match.group(), ""
        first, _, rest = name.partition(" ")
        if first.lower() in words()["titles"]:
            name, title = rest, first
        known = judge.is_surely_a_name(name) and len(name.split()) >= 3
        if known or title or titled.search(text[: match.start()]):
            return " ".join([title, *(word[0] + BULLET * 3 for word in name.split())]).strip()
        return name

    return mask(_CAPITALISED.sub(shorten, text))


def _listed(text: str) -> list[str]:
    """The items of a list, by bullets or numbers at the beginning of lines, or within one line."""
    items: list[str] = []
    for line in text.splitlines():
        if _BULLET.match(line):
            items.append(_BULLET.sub("", line))
        elif items and line.strip() and not _is_furniture(line) and line.strip()[0].islower():
            items[-1] += " " + line.strip()
    if items:
        return [part for item in items for part in item.split(";")]
    inline = _INLINE.split(text)
    return inline[1:] if len(inline) > 2 else []


def _prose(text: str) -> list[str]:
    """Clauses that name a defect, what introduces them left out; after "bổ sung:" every clause is asked for."""
    lines = " ".join(line for line in text.splitlines() if not _is_furniture(line)) or text
    rest, announced = _after_opening(lines)
    clauses = [clause for clause in _CLAUSE.split(rest) if clause and not _is_furniture(clause)]
    return [clause for clause in clauses if announced or defect(clause)]


def _after_opening(text: str) -> tuple[str, bool]:
    """`text` after what introduces the points, and whether a colon did. Folding knows places: the original is cut."""
    plain, places = folded(text)
    best, announced = 0, False
    for pattern in words()["openings"]:
        match = re.search(pattern, plain.lower())
        if match and match.end() < len(plain) - 5 and match.end() > best:
            best, announced = match.end(), ":" in match.group()
    return (text[places[best]:] if best else text), announced


def _is_furniture(line: str) -> bool:
    plain = plain_words(line)
    return not plain or any(re.search(pattern, plain) for pattern in words()["furniture"])


@lru_cache(maxsize=8192)
def without_empty(text: str) -> str:
    """What is left of `text` without the words that don't say which paper is meant: folded, in the guides' words."""
    said = " ".join(spelled(text))
    for phrase, meant in words()["also"].items():
        if meant not in said:
            said = re.sub(rf"\b{phrase}\b", meant, said)
    return folded(" ".join(_empty().sub(" ", said).split()))[0].lower()


def _says_something(text: str) -> bool:
    plain = plain_words(text)
    return bool(re.search(r"[a-z]{2}", without_empty(text))) or any(form in plain for form in words()["form"])


@lru_cache(maxsize=1)
def _empty() -> re.Pattern[str]:
    phrases = {phrase for line in words()["empty"] for phrase in line.split("|")}
    return re.compile(rf"\b(?:{'|'.join(sorted(phrases, key=len, reverse=True))})\b")


@lru_cache(maxsize=1)
def _judge() -> NameJudge:
    return NameJudge()
