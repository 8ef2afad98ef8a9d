"""One's own data from the conversation: what there is, and the ways to correct, take away, erase and withdraw."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk.events import SlotSet

from actions.answers import Answerer
from actions.answers.buttons import payload
from actions.answers.words import fold, has_phrase
from actions.companion.base import DossierServices, EformAction, Turn
from actions.companion.cards import Cards
from actions.rights.holding import holdings
from common.messages import Button, Reply, Status

__all__ = ["ACTIONS", "KIND", "MyData"]

KIND = "rights"
_LINK_LIFE = timedelta(hours=12)
_SPEECH = Path(__file__).parent / "rights_speech.yml"


class MyData(EformAction):
    """By button, or by the words that say which right is meant; erasing and withdrawing are confirmed first.

    Both end a form that is open, and leave the loop to itself: the rules let it ask once more, which it has nothing to,
    and the next message ends it (`form_is_over`). Closed here, no rule fits and Rasa answers until its limit.
    """

    def __init__(self, services: DossierServices, cards: Cards, answerer: Answerer | None = None) -> None:
        super().__init__(services, cards)
        self._answerer = answerer
        self._rights = services.dossiers.rights

    def name(self) -> str:
        return "action_my_data"

    def perform(self, turn: Turn) -> None:
        typed = turn.text if turn.text and not turn.text.startswith("/") else ""
        if typed and self._answerer and not _says("any", typed):
            outcome = self._answerer.answer(turn.said)
            turn.replies += outcome.replies
            turn.events += [SlotSet(name, value) for name, value in outcome.slots.items()]
            return
        wanted = turn.entity("act") or next(
            (act for act in ("withdraw", "erase", "correct") if typed and _says(act, typed)), "see")
        doing = {
            "see": self._see, "erase": self._erase, "erase_now": self._erase_now, "withdraw": self.ask_to_withdraw,
            "withdraw_now": self._withdraw_now, "correct": self._correct, "keep": self._keep,
        }
        doing.get(wanted, self._see)(turn)

    def _see(self, turn: Turn) -> None:
        held = self._rights.see(turn.conversation_id)
        sections = [{"title": part.title, "count": self._count(len(part.records))} for part in held.sections]
        buttons = [
            self._page(turn), self._button("erase"), self._button("withdraw"),
        ]
        turn.say(self._say("summary", buttons, sections=sections))

    def _erase(self, turn: Turn) -> None:
        facts = holdings()
        erased = [facts[name]["title"] for name in self._rights.holders if facts[name]["erased"]]
        codes = self._rights.codes(turn.conversation_id)
        kept = [facts[name]["stays"] for name in self._rights.holders if not facts[name]["erased"]
                and (name != "dossiers" or codes)]
        if codes:
            kept.append(self._rights.texts.render("erase.kept_dossiers", codes=codes, until=self._rights.archive()))
        turn.say(self._say("erase.ask", [self._button("erase_now"), self._button("keep")], erased=erased, kept=kept))

    def _erase_now(self, turn: Turn) -> None:
        codes = self._rights.codes(turn.conversation_id)
        request = self._rights.erase_soon(turn.conversation_id)
        self.dossiers.drafts.cancel(turn.conversation_id)  # nothing is asked of whoever leaves
        turn.say(self._say("erase.done", number=request.number, codes=codes))

    def ask_to_withdraw(self, turn: Turn) -> None:
        """What taking back consent means, with erasing beside it; nothing is done yet."""
        codes, due = self._rights.codes(turn.conversation_id), self._rights.log.due("withdraw")
        buttons = [self._button("withdraw_now"), self._button("erase"), self._button("keep")]
        turn.say(self._say("withdraw.ask", buttons, codes=codes, due=due))

    def _withdraw_now(self, turn: Turn) -> None:
        request = self._rights.withdraw(turn.conversation_id)
        turn.say(self._say(
            "withdraw.done", number=request.number, codes=request.body["dossiers"], due=request.due_on))

    def _correct(self, turn: Turn) -> None:
        turn.say(self._say("correct", [self._page(turn, "correct")], due=self._rights.log.due("correct")))

    def _keep(self, turn: Turn) -> None:
        turn.say(self._say("kept"))

    def _count(self, number: int) -> str:
        return self._rights.texts.render("count.some" if number else "count.none", n=number)

    def _page(self, turn: Turn, title: str = "page") -> Button:
        token = self.dossiers.links.make(KIND, turn.conversation_id, _LINK_LIFE)
        url = f"{self.services.settings.base_url}/rights/{token}"
        return Button(title=self._rights.texts.render(f"button.{title}"), url=url)

    def _button(self, act: str) -> Button:
        return Button(title=self._rights.texts.render(f"button.{act}"), payload=payload("my_data", act=act))

    def _say(self, key: str, buttons: list[Button] | None = None, **values: Any) -> Reply:
        text = self._rights.texts.render(key, **values)
        return Reply(text=text, status=Status.CONTROL, buttons=buttons or [])


def _says(what: str, text: str) -> bool:
    folded = fold(text)
    return any(has_phrase(folded, phrase) for phrase in _speech()[what])


@lru_cache(maxsize=1)
def _speech() -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = yaml.safe_load(_SPEECH.read_text("utf-8"))
    return loaded


ACTIONS = (MyData,)
