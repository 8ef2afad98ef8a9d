"""One bubble as parts to send: texts within the limit, and its choices as buttons or as a numbered menu."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from actions.messages import Messages
from bot.zalo.menus import Choice, block, lines, numbers
from bot.zalo.rendering.plain import length
from bot.zalo.rendering.split import numbered as in_parts
from bot.zalo.settings import ZaloSettings

__all__ = ["Laid", "Part", "lay_out"]


@dataclass(frozen=True)
class Part:
    """What becomes a `ZaloPartRow`: its `kind` and `body`."""

    kind: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Laid:
    """`menu`: token by the number that the citizen was shown for it."""

    parts: list[Part]
    menu: dict[int, str] = field(default_factory=dict)


def lay_out(
    text: str, choices: Sequence[Choice], texts: Messages, settings: ZaloSettings, *,
    buttons: bool, typed: bool = False, asked: Sequence[Choice] = (), after: int = 0,
) -> Laid:
    """The parts of one bubble.

    Args:
        choices: all choices under the text.
        buttons: whether this citizen is sent buttons.
        typed: a value is asked for that may be a number, so that no number may mean a choice: choices are words then.
        asked: those of `choices` that answer a question; they are buttons alone where all together are too many.
            Without any, links and telephones beyond the limit become lines of the text.
        after: numbers up to here are taken.
    """
    if not choices:
        return Laid(_texts(text, "", settings))
    if buttons:
        whole = block(choices, settings)
        if whole:
            return Laid(_with_block(text, whole, _menu(text, choices, texts, typed, after)[0], texts, settings))
        asked = asked or _kept(choices, settings.max_buttons)
        answers = block(asked, settings)
        if answers:
            others = [choice for choice in choices if choice not in asked]
            text = "\n\n".join((text, _words(others, texts)))
            return Laid(_with_block(text, answers, _menu(text, asked, texts, typed, after)[0], texts, settings))
    menu, counted = _menu(text, choices, texts, typed, after)
    return Laid(_texts(text, menu, settings), {number: choice.token for number, choice in counted.items()})


def _kept(choices: Sequence[Choice], most: int) -> list[Choice]:
    """What comes back to us, and as many of the links as fit beside; nothing where even the former is too much."""
    links = [choice for choice in choices if not choice.token]
    room = most - (len(choices) - len(links))
    return [choice for choice in choices if choice.token or choice in links[:room]] if room >= 0 else []


def _menu(
    text: str, choices: Sequence[Choice], texts: Messages, typed: bool, after: int
) -> tuple[str, dict[int, Choice]]:
    if typed:
        return _words(choices, texts), {}
    counted = numbers(choices, text, after)
    return lines(choices, counted, text, texts), counted


def _words(choices: Sequence[Choice], texts: Messages) -> str:
    """Choices that are taken by their titles, then links and telephones."""
    titles = [choice.title for choice in choices if choice.token]
    said = [texts.render("form.words", words=titles)] if titles else []
    rest = lines([choice for choice in choices if not choice.token], {}, "", texts)
    return "\n".join(part for part in (*said, rest) if part)


def _texts(text: str, menu: str, settings: ZaloSettings) -> list[Part]:
    """The text with its menu: together where that fits, else the menu on its own."""
    together = f"{text}\n\n{menu}".strip()
    if not menu or length(together) <= settings.max_text:
        pieces = in_parts(together, settings.max_text)
    else:
        pieces = [*in_parts(text, settings.max_text), *in_parts(menu, settings.max_text)]
    return [Part("text", {"text": piece}) for piece in pieces]


def _with_block(
    text: str, attachment: dict[str, Any], menu: str, texts: Messages, settings: ZaloSettings
) -> list[Part]:
    """The buttons under the last piece of the text, or under a sentence of their own where the menu that may have to
    take their place would not fit there."""
    pieces = in_parts(text, settings.max_text)
    # A number more may be needed than was foreseen: one of three digits for each line.
    room = settings.max_text - length(menu) - 3 * (menu.count("\n") + 2)
    if not pieces or length(pieces[-1]) > room:
        pieces.append(texts.render("menu.alone"))
    *before, last = pieces
    return [*(Part("text", {"text": piece}) for piece in before),
            Part("buttons", {"text": last, "attachment": attachment})]
