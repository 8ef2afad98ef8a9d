"""What a turn is made of, and what the gateway needs from the rooms below it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from common.language import Language
from common.messages import Attachment, Button, Owner, Reply, Status

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from actions.answers.hearing import Heard
    from bot.gateway.tables import ConversationRow

__all__ = [
    "Answering", "AtDesk", "Captured", "Capturing", "Conversation", "FollowingUp", "Inbound",
    "Locating", "Masking", "Outcome", "Pressed", "ReadingPresses", "Turn", "Upload",
]

Masking = Callable[[str], str]


@dataclass(frozen=True)
class Upload:
    """A file as it arrived; its type is judged by content later."""

    filename: str
    content: bytes


@dataclass(frozen=True)
class Inbound:
    """One thing that a citizen sent: exactly one of `text`, `payload` (a button's), `upload` and `location`.

    A location (latitude, longitude in degrees) is used once: it is stored and logged nowhere. `client` tells callers
    apart where the channel can (a digest of the address); "" where it can't.
    """

    conversation_id: str
    client_id: str
    text: str | None = None
    payload: str | None = None
    upload: Upload | None = None
    location: tuple[float, float] | None = field(default=None, repr=False)
    client: str = ""


@dataclass(frozen=True)
class Conversation:
    """A conversation as it stands when the turn begins."""

    id: str
    owner: Owner
    epoch: int
    channel: str = "web"
    last_procedure: str | None = None
    agent: str | None = None
    language: Language = "vi"


@dataclass(frozen=True)
class Outcome:
    """What the channel gives back; `messages` are public `Message` data, `citizen_message` is the id under which the
    citizen's own words were stored, `citizen_text` what was stored of them: masked, and without values of e-forms."""

    messages: list[dict[str, Any]]
    owner: Owner
    status: Status
    took_ms: float
    citizen_message: str = ""
    citizen_text: str = ""


@dataclass
class Turn:
    """The working state of one turn; steps fill it in from top to bottom."""

    inbound: Inbound
    conversation: Conversation
    earlier: Outcome | None = None
    citizen_message: str | None = None
    text: str | None = None
    transcript: str = ""
    engine_message: str | None = None
    intent: str = ""
    captured: bool = False
    # Typed words that were taken for a button; the words themselves are in `transcript`.
    pressed: bool = False
    # The citizen's language, and what a text in another one than Vietnamese says (`steps/speaking.py`).
    language: Language = "vi"
    heard: Heard | None = None
    # What hangs on the citizen's message, and whether the dialogue engine failed in this turn.
    attachments: list[Attachment] = field(default_factory=list)
    unaided: bool = False
    replies: list[Reply] = field(default_factory=list)
    status: Status | None = None
    outcome: Outcome | None = None
    started: float = field(default_factory=time.perf_counter)

    @property
    def took_ms(self) -> float:
        return round((time.perf_counter() - self.started) * 1000, 1)

    @property
    def question(self) -> str | None:
        """The masked words that a search can be asked with; None for form values and commands of buttons."""
        if self.captured or not self.engine_message or self.engine_message.startswith("/"):
            return None
        return self.engine_message


class Captured(Protocol):
    """What a part took of a message: the words for the engine, and what may be stored."""

    @property
    def intent_message(self) -> str: ...
    @property
    def transcript(self) -> str: ...


class Capturing(Protocol):
    """`actions.dossiers.eforms.intake`: takes what is a value for the e-form field that is being asked."""

    def capture(
        self, conversation_id: str, text: str | None = None, payload: str | None = None, client: str = ""
    ) -> Captured | None: ...

    def capture_upload(self, conversation_id: str, filename: str, content: bytes) -> Captured | None: ...

    def form_open(self, conversation_id: str) -> bool: ...


class Pressed(Protocol):
    """What a typed text stands for: a button's payload, or the same wish in full words."""

    @property
    def payload(self) -> str: ...
    @property
    def words(self) -> str: ...


class ReadingPresses(Protocol):
    """`actions.companion.pressing`: what a typed text presses among what was shown last."""

    def read(
        self, text: str, shown: Sequence[Mapping[str, Any]], procedure: str = "", *, waiting: bool = False
    ) -> Pressed | None: ...


class FollowingUp(Protocol):
    """`bot.inbox.follow_ups`: a citizen is told later what can't be answered now."""

    def button(self, conversation_id: str, question: str) -> Button | None: ...
    def take(self, conversation_id: str, chosen: str) -> Reply | None: ...


class Answering(Protocol):
    """`actions.answers.fallback`: answers by search alone, or about a procedure that is settled."""

    def answer_about(self, text: str, code: str) -> list[Reply]: ...

    def answer_without_dialogue(self, text: str, last_procedure: str | None = None) -> list[Reply]: ...

    def answer_alone(self, text: str, last_procedure: str | None = None) -> list[Reply]: ...

    def shown(self, outcome: Any, under_discussion: str | None = None) -> Any: ...


class Locating(Protocol):
    """`actions.centres.nearby`: the points nearest to a location, in words that don't give it away."""

    def near(self, lat: float, lon: float) -> Reply: ...


class AtDesk(Protocol):
    """`bot.desk.talk`: what people at the desk have to do with a turn."""

    def receive(self, turn: Turn) -> None:
        """Before masking: a file for a person, or an answer that the desk asked for. Raises what a bad file raises."""

    def answer(self, turn: Turn) -> list[Reply] | None:
        """The replies to a button of the desk or to what `receive` took; None for anything else."""

    def recorded(self, session: Session, row: ConversationRow, message_id: str, turn: Turn) -> None:
        """The citizen's message was stored, in this transaction."""

    def settled(self, session: Session, row: ConversationRow, turn: Turn) -> list[Reply]:
        """The turn was concluded, in this transaction; returns what the system adds."""
