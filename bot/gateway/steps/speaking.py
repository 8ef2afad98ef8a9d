"""In which language a turn is held: told from what the citizen writes, kept for buttons, values and short words."""

from __future__ import annotations

from anyio.to_thread import run_sync

from actions.answers.hearing import hear
from actions.messages import Messages
from bot.gateway.texts import talk
from bot.gateway.turn import Capturing, Turn
from common.language import Language, asked_in, in_english, speak
from common.messages import Reply, Status
from indexer.text.language import has_vietnamese, language_of

__all__ = ["Converse", "Honest", "Listen"]

_INTENT = "/"


class Listen:
    """Tells the language of a typed message and what it says where that isn't Vietnamese. A text that speaks for no
    language, and every button, keeps the conversation's.
    """

    closing = False

    async def run(self, turn: Turn) -> Status | None:
        spoken = turn.conversation.language
        if turn.text is not None:
            turn.language = _language(turn.text, spoken)
            speak(turn.language)
            if turn.language != "vi":
                turn.heard = hear(turn.text, turn.language)
        return None


def _language(text: str, spoken: Language) -> Language:
    """A set phrase of the language spoken so far ("non", "can") isn't a change to another."""
    if spoken != "vi" and not hear(text, spoken).intent:
        return spoken
    return language_of(text) or spoken


class Converse:
    """Greetings, thanks and calls for help in another language, unless a form is open: the domain's own responses are
    Vietnamese, so these are answered here, by button as well.
    """

    closing = False

    def __init__(self, intake: Capturing) -> None:
        self._intake = intake

    async def run(self, turn: Turn) -> Status | None:
        if not in_english() or turn.captured:
            return None
        said = turn.heard.talk if turn.heard else (turn.engine_message or "").removeprefix(_INTENT)
        reply = talk(said)
        if reply is None or await run_sync(self._intake.form_open, turn.conversation.id):
            return None
        turn.replies = [reply]
        return Status.SMALLTALK


class Honest:
    """Says what can't be said in the citizen's language: that a part is Vietnamese only, that answers are English."""

    closing = True

    def __init__(self) -> None:
        self._messages = Messages.load()

    async def run(self, turn: Turn) -> Status | None:
        if in_english() and turn.outcome is None:
            turn.replies = [self._marked(reply) for reply in turn.replies]
            asks = turn.heard is not None and bool(turn.heard.intent)
            new = turn.language != turn.conversation.language
            if asked_in() != "en" and turn.replies and not turn.captured and (asks or new):
                line = self._messages.render(f"answer.answered_in_english.{asked_in()}")
                first = turn.replies[0]
                turn.replies[0] = first.model_copy(update={"text": f"{line}\n\n{first.text}"})
        return None

    def _marked(self, reply: Reply) -> Reply:
        """`reply` with the word that it is Vietnamese, where it is and doesn't say so itself."""
        said = self._messages.render("answer.only_vietnamese") in reply.text
        if said or not has_vietnamese(reply.text) or language_of(reply.text) != "vi":
            return reply
        note = self._messages.render("answer.all_vietnamese")
        return reply.model_copy(update={"text": f"{reply.text}\n\n{note}"})
