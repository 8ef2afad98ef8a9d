"""What a typed text means beside the buttons under the latest message: the button itself, by its title or by yes and
no; a day, a time or a centre of a booking; or a place, alone. In a few words ("bai chay", "sang thu tu") the classifier
hardly sees what is meant, while what was asked last tells it for certain.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from actions.answers.words import fold, has_phrase
from actions.appointments.saying import Moment, read_moment
from actions.centres.bundle import CentreRoom
from actions.centres.places import Place
from actions.companion.appointment_steps import STAMP, Step, joined, payload, read_step, says
from common.clock import local_now
from indexer.text.syllable import is_plain_syllable

__all__ = ["Pressed", "Pressing"]

_WORDS = Path(__file__).parent / "pressing_words.yml"
# A longer text says more than a button does.
_LONGEST = 60
_ABOUT_PLACES = re.compile(r"/centres(?:$|[/?])")
_BRACKETS = re.compile(r"\s*\([^()]*\)\s*$")
_ADDRESS = re.compile(r"(?:thon|khu|to|xom|ap|ban|so|ngo|ngach|duong|pho|doi)\b")
_LEAST_GUESSED, _MOST_GUESSED = 4, 20
# Buttons of an appointment that one word names (`appointment_words.yml`), where there is one such button.
_ACTS = {"x": "cancel", "y": "cancel", "m": "move", "r": "remind"}

_STANDING = "/desk_standing"
_WAITING = ("/desk_bot", "/desk_callback", _STANDING)


@dataclass(frozen=True)
class Pressed:
    """What to go on with instead of the text: a button's `payload`, or the same wish in full `words`."""

    payload: str = ""
    words: str = ""


class Pressing:
    """Reads texts. `today` is the day in Vietnam."""

    def __init__(self, centres: CentreRoom, today: Callable[[], date] = lambda: local_now().date()) -> None:
        self._centres, self._today = centres, today

    def read(
        self, text: str, shown: Sequence[Mapping[str, Any]], procedure: str = "", *, waiting: bool = False
    ) -> Pressed | None:
        """What `text` presses under `shown`, the messages since the citizen last spoke (public data); None for a text
        of its own. `procedure`: the code of the one under discussion. Who is `waiting` for a person may leave at any
        time, whatever is shown.
        """
        if not shown or len(text) > _LONGEST:
            return None
        if waiting and (wish := _STANDING if _asks_standing(text) else _meant(text, _WAITING)):
            return Pressed(wish)
        if "?" in text:
            return None
        buttons = [button for message in shown for button in message.get("buttons") or [] if button.get("payload")]
        sent = _titled(text, buttons) or _answered(text, buttons) or self._booked(text, buttons)
        sent = sent or _meant(text, {str(button["payload"]) for button in buttons})
        if not sent and (wish := next((wish for wish, said in _words()["wishes"].items() if _plain(text) in said), "")):
            return Pressed(payload=wish) if wish.startswith("/") else Pressed(words=wish)
        return Pressed(sent) if sent else self._placed(text, shown, procedure)

    def _booked(self, text: str, buttons: Sequence[Mapping[str, Any]]) -> str:
        """The step of a booking that a day, a time, a centre or a word ("hủy đi") stands for; "" for anything else."""
        steps = [step for button in buttons if (step := read_step(str(button["payload"])))]
        if not steps:
            return ""
        moment = read_moment(text, self._today())
        if moment and moment.alone and (moved := _moved(moment, steps)):
            return moved
        acts = [step for step in steps if step.kind in _ACTS and says(_ACTS[step.kind], text)]
        if len(acts) == 1:
            return payload(joined(acts[0].kind, acts[0].subject))
        chooses = any(step.kind in ("c", "l", "t", "d") for step in steps)
        place = self._place(text, asked=True) if chooses else None
        if place is None or len(place.units) != 1:
            return ""
        return payload(joined("c", place.units[0].code, steps[0].moving))

    def _placed(self, text: str, shown: Sequence[Mapping[str, Any]], procedure: str) -> Pressed | None:
        """A text that is nothing but a place asks where to go there, with the procedure under discussion."""
        place = self._place(text, asked=any(_is_about_places(message) for message in shown))
        if place is None:
            return None
        # Not every procedure is handed in at a centre: the guide says where, unless centres are being spoken of.
        if procedure and not any(_links_centres(message) for message in shown):
            return Pressed(words=f"nộp hồ sơ ở {place.said}")
        key, value = ("old_place", place.name) if place.former else ("commune", place.units[0].code)
        return Pressed(f"/find_centre{json.dumps({key: value}, ensure_ascii=False)}")

    def _place(self, text: str, *, asked: bool) -> Place | None:
        """The place that the whole text names; a misspelt one, or a bare name of a former unit that may be any other
        words, only where a place was `asked` for.
        """
        said = _said_place(text)
        if not said:
            return None
        names = self._centres.names
        units = names.find(said)
        if units and _more_than_address(said, units[0].name):
            return None  # "tôi muốn khiếu nại … ở phường Bãi Cháy" only ends with a place
        if units:
            named = names.mentioned(said)
            place = named[0] if named else Place(units[0].name, tuple(units), former=False)
            certain = asked or not place.former or fold(place.name) == fold(said) or not said.islower()
            return place if certain else None
        # A place among other words ("đặt lịch hẹn ở Bãi Cháy") is no bare place, and words that are spelt as words are
        # ("cám ơn", "khai sinh") may mean themselves: only a slip of the keys ("hg gai") is guessed at.
        slipped = any(not is_plain_syllable(word) for word in fold(said).split())
        guessed = asked and slipped and _LEAST_GUESSED <= len(said) <= _MOST_GUESSED and not names.mentioned(said)
        found = {point.unit.code for point in self._centres.finder.search(said).points} if guessed else set()
        return names.coded(found.pop()) if len(found) == 1 else None


def _titled(text: str, buttons: Sequence[Mapping[str, Any]]) -> str:
    """The payload of the only button whose title the text says; what stands in brackets ("36 chỗ") need not be said."""
    said, found = _plain(text), set()
    for button in buttons:
        title = str(button["title"])
        if said and said in (_plain(title), _plain(_BRACKETS.sub("", title))):
            found.add(str(button["payload"]))
    return found.pop() if len(found) == 1 else ""


def _answered(text: str, buttons: Sequence[Mapping[str, Any]]) -> str:
    """Yes or no to a message that offers just these two: a button that declines, and another."""
    folded = fold(text)
    agrees, declines = folded in _phrases("agreeing"), folded in _phrases("refusing")
    if len(buttons) != 2 or not (agrees or declines):
        return ""
    first = [fold(str(button["title"])).split(" ", 1)[0] in _phrases("declining") for button in buttons]
    if first.count(True) != 1:
        return ""
    return str(buttons[first.index(declines)]["payload"])


def _moved(moment: Moment, steps: Sequence[Step]) -> str:
    """The times of the day named, or the booking at the time named, at the centre whose days or times are shown."""
    days = next((step for step in steps if step.kind in ("t", "d")), None)
    times = next((step for step in steps if step.kind == "b" and step.day), None)
    if times and times.day and moment.clock and moment.day in (None, times.day):
        stamp = datetime.combine(times.day, moment.clock).strftime(STAMP)
        return payload(joined("b", times.subject, stamp, times.moving))
    if days and moment.day:
        return payload(joined("t", days.subject, f"{moment.day:%Y%m%d}", "0", days.moving))
    return ""


def _meant(text: str, offered: Collection[str]) -> str:
    """The payload on offer whose purpose the text says in other words than its title; "" for none."""
    folded = fold(text)
    return next((
        sent for sent, phrases in _words()["meaning"].items()
        if sent in offered and any(has_phrase(folded, phrase) for phrase in phrases)), "")


def _is_about_places(message: Mapping[str, Any]) -> bool:
    """Whether the message tells or asks where to go."""
    return (message.get("answer") or {}).get("aspect") == "place" or _links_centres(message)


def _links_centres(message: Mapping[str, Any]) -> bool:
    return any(_ABOUT_PLACES.search(str(button.get("url") or "")) for button in message.get("buttons") or [])


def _said_place(text: str) -> str:
    """`text` without what may stand around a place ("nhà em ở … ạ")."""
    words = text.strip(" .,!").split()
    while words and fold(words[-1]) in _phrases("polite"):
        words.pop()
    for length in (4, 3, 2, 1):
        if len(words) > length and fold(" ".join(words[:length])) in _phrases("before_place"):
            words = words[length:]
            break
    return " ".join(words)


def _asks_standing(text: str) -> bool:
    """Whether the whole text asks how much longer it takes, with or without polite words ("cho" is "chờ", too)."""
    said = [fold(text), _plain(text)]
    return any(words in _phrases("standing") for words in (*said, *map(_core, said)))


def _core(folded: str) -> str:
    words = folded.split()
    while len(words) > 1 and words[-1] in _phrases("trailing"):
        words.pop()
    return " ".join(words)


def _more_than_address(text: str, unit: str) -> bool:
    """Whether `text` ends with the name of `unit` after something else than a part of an address ("thôn 3")."""
    before, found, _ = f" {fold(text)} ".partition(f" {fold(unit)} ")
    return bool(found and before.strip()) and not _ADDRESS.match(before.strip())


def _plain(text: str) -> str:
    """The folded words without polite ones, unless they are all that is said."""
    words = fold(text).split()
    return " ".join(word for word in words if word not in _phrases("polite")) or " ".join(words)


@lru_cache(maxsize=8)
def _phrases(name: str) -> frozenset[str]:
    return frozenset(_words()[name])


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    words: dict[str, Any] = yaml.safe_load(_WORDS.read_text("utf-8"))
    return words
