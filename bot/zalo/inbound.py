"""What each event means for the citizen's conversation (SPEC 4.4).

Every way through `take` ends with the event settled, in the transaction of what it brought about where it is no turn;
a turn is known by the event's key, so a process may die at any step and the event be taken again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import structlog
from anyio.to_thread import run_sync
from sqlalchemy.orm import Session

from bot.gateway.hub import EventHub
from bot.gateway.limits import RateLimiter
from bot.gateway.service import Gateway
from bot.gateway.store import locked
from bot.gateway.texts import problem
from bot.gateway.turn import Inbound, Outcome, Upload
from bot.gateway.unasked import Unasked
from bot.zalo.alarms import Alarms
from bot.zalo.events import ENTRIES, MEDIA, text_of
from bot.zalo.inbound_reading import Media, location, media, phone, words
from bot.zalo.leaving import Leaving
from bot.zalo.media_fetch import Fetch, Foreign, Gone, TooBig
from bot.zalo.model import Event
from bot.zalo.people import People, incoming_texts
from bot.zalo.queue import EventQueue
from bot.zalo.reacting import Reactions
from common.database import Database
from common.errors import Conflict, InvalidInput, ISeeError, NotFound, TooManyRequests
from common.keyring import Keyring
from common.messages import Reply, Status

__all__ = ["Inbox", "Parts", "Resolving"]

_MOST_FILES = 5
_TOO_FAST_EVERY_S = 60
_Result = TypeVar("_Result")
_log = structlog.get_logger(__name__)


class Resolving(Protocol):
    """`bot.zalo.buttons.Buttons`: what a text stands for."""

    def resolve(self, user_id: str, text: str) -> str | None:
        """The payload of a button token or menu number, exactly as it arrived; None for ordinary words."""


class Aside(Protocol):
    """`bot.zalo.asides.Asides`: what the channel answers without a turn of the gateway."""

    async def take(self, user_id: str, conversation_id: str, client_id: str, text: str) -> bool:
        """Whether the text, exactly as it arrived, was answered; settled once for each client id."""


@dataclass(frozen=True)
class Parts:
    """What the inbox works with."""

    database: Database
    keyring: Keyring
    gateway: Gateway
    hub: EventHub
    queue: EventQueue
    people: People
    alarms: Alarms
    buttons: Resolving
    fetch: Fetch
    upload_max_mb: float
    leaving: Leaving
    reactions: Reactions
    asides: Aside


class Inbox:
    """Takes one event of a citizen at a time."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._texts = parts, incoming_texts()
        self._unasked = Unasked(parts.hub)
        self._too_fast = RateLimiter(1, _TOO_FAST_EVERY_S)
        self._ways: dict[str, Callable[[Event], Awaitable[None]]] = {
            "user_send_text": self._text,
            "user_send_location": self._location,
            "unfollow": parts.leaving.left,
            "user_withdraw": self._withdraw,
            "user_submit_info": self._info,
            **dict.fromkeys(MEDIA, self._files),
            **dict.fromkeys(ENTRIES, self._entered),
        }

    async def take(self, event: Event) -> None:
        """Raises what may go better another time (a database that is away, a download that was cut)."""
        async with self._parts.reactions.while_at(event):
            await self._ways.get(event.name, self._wordless)(event)

    def give_up(self, event: Event, session: Session) -> None:
        """The event is dead: the citizen is told in this transaction, where they have a conversation."""
        conversation_id = self._parts.people.conversation_of(session, event.subject)
        if conversation_id:
            self._unasked.say(session, conversation_id, Reply(text=self._texts.render("failed"), status=Status.ERROR))

    async def wake(self, event: Event) -> None:
        """Something was said in the citizen's conversation."""
        conversation_id = await run_sync(self._parts.people.found, event.subject)
        if conversation_id:
            self._parts.hub.wake(conversation_id)

    # Turns

    async def _text(self, event: Event) -> None:
        said = words(event)
        if not said:
            await self._wordless(event)
            return
        raw = text_of(event.message, "text")
        try:
            if await self._aside(event, raw):
                await self._settle(event)
                return
        except TooManyRequests as error:
            await self._tell(event, await self._problem(event, error))
            return
        payload = await run_sync(self._parts.buttons.resolve, event.subject, raw)
        await self._turn(event, text=None if payload else said, payload=payload)

    async def _aside(self, event: Event, raw: str) -> bool:
        """Whether the channel answered by itself; such a message counts like any other. Raises TooManyRequests."""
        conversation_id = await run_sync(self._parts.people.conversation, event)
        await self._parts.gateway.admit.room(conversation_id)
        try:
            taken = await self._parts.asides.take(event.subject, conversation_id, f"{event.key[:58]}:", raw)
        except NotFound:
            return False  # erased a moment ago: the turn finds a new one
        if taken:
            with suppress(TooManyRequests):
                await self._parts.gateway.admit.count(conversation_id, "")
        return taken

    async def _location(self, event: Event) -> None:
        spot = location(event)
        if spot is None:
            await self._tell(event, self._texts.render("location.unreadable"))
        else:
            await self._turn(event, location=spot)

    async def _info(self, event: Event) -> None:
        """Name and telephone: only the number, only where we asked for it, and as what the citizen typed, so that the
        part that waits for it takes it (sealed) and nobody else sees it."""
        number = phone(event)
        asked = await run_sync(self._parts.people.asked_info, event.subject)
        if number and asked:
            await self._turn(event, text=number)
            await run_sync(self._parts.people.info_taken, event.subject)
        else:
            await self._settle(event)

    async def _files(self, event: Event) -> None:
        """Each picture or file is a turn. Words that came with them are a turn of their own unless a form took the
        file: then they would be taken for the answer to its next question."""
        found = media(event)
        if not found:
            await self._wordless(event)
            return
        taken_by_form, told = False, []
        for place, one in enumerate(found[:_MOST_FILES]):
            try:
                upload = await self._fetched(one, event.name)
                outcome = await self._handle(event, f"a{place}", upload=upload)
                taken_by_form = taken_by_form or outcome.status is not Status.AGENT
            except ISeeError as error:
                told.append(await self._problem(event, error))
        if len(found) > _MOST_FILES:
            told.append(self._texts.render("media.many", limit=_MOST_FILES))
        caption = words(event)
        if caption and not taken_by_form:
            try:
                await self._handle(event, "t", text=caption)
            except ISeeError as error:
                told.append(await self._problem(event, error))
        await self._tell(event, *dict.fromkeys(told))

    async def _fetched(self, one: Media, name: str) -> Upload:
        """Raises InvalidInput with a sentence for the citizen; what may go better another time passes."""
        try:
            content = await self._parts.fetch.get(one.url, one.md5)
        except Foreign as error:
            await run_sync(self._parts.alarms.raise_, "zalo_media_host", str(error))
            raise InvalidInput(self._texts.render("media.gone")) from error
        except Gone as error:
            raise InvalidInput(self._texts.render("media.gone")) from error
        except TooBig as error:
            limit = f"{self._parts.upload_max_mb:g}".replace(".", ",")
            raise InvalidInput(self._texts.render("media.large", limit=limit)) from error
        # Pictures come without a name; without an ending it is the content alone that is judged.
        return Upload(one.name or "anh", content)

    async def _turn(
        self, event: Event, *, text: str | None = None, payload: str | None = None,
        location: tuple[float, float] | None = None,
    ) -> None:
        try:
            await self._handle(event, "", text=text, payload=payload, location=location)
        except ISeeError as error:
            await self._tell(event, await self._problem(event, error))
        else:
            await self._settle(event)

    async def _handle(
        self, event: Event, part: str, *, text: str | None = None, payload: str | None = None,
        upload: Upload | None = None, location: tuple[float, float] | None = None,
    ) -> Outcome:
        """A turn under the event's own key, so that a repeat finds its first result."""
        inbound = Inbound(
            await run_sync(self._parts.people.conversation, event), f"{event.key[:58]}:{part}", text, payload, upload,
            location, client=self._parts.keyring.digest("zalo-client", event.subject))
        try:
            outcome = await self._parts.gateway.handle(inbound)
        except NotFound:
            # Erased a moment ago: a new conversation is opened.
            again = await run_sync(self._parts.people.conversation, event)
            outcome = await self._parts.gateway.handle(replace(inbound, conversation_id=again))
        if outcome.status is Status.AGENT:
            self._parts.reactions.for_person(event)
        return outcome

    async def _problem(self, event: Event, error: ISeeError) -> str:
        """The sentence for the citizen; "" where they were told a moment ago. Raises what is no fault of theirs."""
        if error.status >= 500 or (isinstance(error, Conflict) and error.detail == problem("queue_full")):
            raise error
        _log.info("zalo_message_refused", key=event.key[:12], name=event.name, status=error.status)
        if isinstance(error, TooManyRequests) and await self._too_fast.wait(event.subject):
            return ""
        return error.detail

    # What is said without a turn

    async def _wordless(self, event: Event) -> None:
        key = f"wordless.{event.name}"
        said = self._texts.render(key if self._texts.has(key) else "wordless.other")
        conversation_id = await run_sync(self._parts.people.conversation, event)

        def work(session: Session) -> None:
            if self._parts.people.wordless(session, event.subject):
                self._unasked.say(session, conversation_id, Reply(text=said, status=Status.ABSTAINED))
            self._parts.queue.settle(session, event.key)

        await run_sync(self._in_session, work, conversation_id)
        self._parts.hub.wake(conversation_id)

    async def _entered(self, event: Event) -> None:
        """Follow, or the message button on the profile: the greeting, at most once a day."""
        conversation_id = await run_sync(self._parts.people.conversation, event)

        def work(session: Session) -> None:
            people = self._parts.people
            if event.name == "follow":
                people.follows(session, event)
            if people.greet_again(session, event.subject):
                for reply in people.greeting():
                    self._unasked.say(session, conversation_id, reply)
            self._parts.queue.settle(session, event.key)

        await run_sync(self._in_session, work, conversation_id)
        self._parts.hub.wake(conversation_id)

    async def _withdraw(self, event: Event) -> None:
        """The citizen takes their consent back at Zalo: everything is erased, and that it was is logged. May be done
        twice: what is gone is not missed."""
        await self._parts.leaving.forget(event.subject)

    async def _tell(self, event: Event, *sentences: str) -> None:
        """Says them and settles the event, in one transaction."""
        text = "\n\n".join(filter(None, sentences))
        if text:
            await self._say(event, await run_sync(self._parts.people.conversation, event), text)
        else:
            await self._settle(event)

    async def _say(self, event: Event, conversation_id: str, text: str) -> None:
        def work(session: Session) -> None:
            self._unasked.say(session, conversation_id, Reply(text=text, status=Status.ERROR))
            self._parts.queue.settle(session, event.key)

        await run_sync(self._in_session, work)
        self._parts.hub.wake(conversation_id)

    async def _settle(self, event: Event) -> None:
        await run_sync(self._parts.queue.settled, event.key)

    def _in_session(self, work: Callable[[Session], _Result], conversation_id: str = "") -> _Result:
        with self._parts.database.session() as session:
            if conversation_id:
                with suppress(NotFound):  # what is said in a conversation that is gone is said to nobody
                    locked(session, conversation_id)  # before its citizen, as everybody locks the two
            return work(session)
