"""The gateway's sentences, from `texts.yml`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from common.language import in_english
from common.messages import Button, Reply, Status

__all__ = ["feedback_note", "greeting", "problem", "say", "talk", "wordless"]


@cache
def _catalogue() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "texts.yml").read_text("utf-8"))
    return loaded


def say(key: str, **values: Any) -> str:
    """The sentence `key` with its values filled in, in English where the turn is and it has one. Raises KeyError for an
    unknown key.
    """
    english = f"{key}_en"
    return str(_catalogue()[english if in_english() and english in _catalogue() else key]).format(**values)


def problem(key: str, **values: Any) -> str:
    """The sentence of an HTTP error, in English as in `say`."""
    english = _catalogue()["problems_en"] if in_english() else {}
    return str(english.get(key) or _catalogue()["problems"][key]).format(**values)


def talk(kind: str) -> Reply | None:
    """The answer to talk (`greet`, `thank`, …) in English; None for what isn't talk."""
    item = _catalogue()["talk_en"].get(kind)
    if item is None:
        return None
    buttons = [Button(**button) for button in item.get("buttons", []) if button["payload"] != f"/{kind}"]
    return Reply(text=item["text"], status=Status.SMALLTALK, buttons=buttons)


def wordless(text: str) -> Reply:
    """The answer to a message without a letter: to thanks, anger or "???" by the marks in it, else that only words can
    be read.
    """
    marks = _catalogue()["wordless_marks"]
    meant = next((kind for kind, known in marks.items() if any(mark in known for mark in text)), "")
    if not meant:
        return Reply(text=say("wordless"), status=Status.ABSTAINED)
    offered = _catalogue()["wordless_buttons_en" if in_english() else "wordless_buttons"]
    buttons = [] if meant == "pleased" else [Button(**button) for button in offered]
    return Reply(text=say(f"wordless_{meant}"), status=Status.SMALLTALK, buttons=buttons)


def greeting(province: str, language: str = "vi") -> list[Reply]:
    """What a new conversation opens with; says that an automatic assistant speaks (Law 134/2025/QH15, art. 11)."""
    return [
        Reply(
            text=item["text"].format(province=province),
            status=Status.CONTROL,
            buttons=[Button(**button) for button in item.get("buttons", [])],
        )
        for item in _catalogue()["greeting" if language == "vi" else f"greeting_{language}"]
    ]


def feedback_note(reasons: Sequence[str], words: str) -> str:
    """The reasons chosen for a thumbs-down, as staff read them, before the citizen's (masked) words."""
    chosen = "; ".join(_catalogue()["feedback"][reason] for reason in dict.fromkeys(reasons))
    return ". ".join(part for part in (chosen, words) if part)
