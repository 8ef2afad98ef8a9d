"""The gateway's one door: `handle(inbound)` is a turn, from the citizen's message to the stored replies."""

from __future__ import annotations

import asyncio
import time

import structlog
from anyio.to_thread import run_sync

from bot.gateway.engine import EngineClient
from bot.gateway.hub import EventHub
from bot.gateway.metrics import TURN_SECONDS
from bot.gateway.ordering import TurnOrder
from bot.gateway.pipeline import Pipeline
from bot.gateway.steps.admission import Admit, Deduplicate
from bot.gateway.steps.answering import AskEngine, Desk, Fallback, Own, Wordless
from bot.gateway.steps.closing import Publish, Store
from bot.gateway.steps.following import FollowUp, OfferFollowUp
from bot.gateway.steps.locating import Located, Nearest
from bot.gateway.steps.pressing import Press
from bot.gateway.steps.reading import AskedByDesk, Capture, Mask, Offered, Record
from bot.gateway.steps.speaking import Converse, Honest, Listen
from bot.gateway.steps.switching import Switched
from bot.gateway.store import ConversationStore
from bot.gateway.texts import problem
from bot.gateway.turn import (
    Answering,
    AtDesk,
    Capturing,
    FollowingUp,
    Inbound,
    Locating,
    Masking,
    Outcome,
    ReadingPresses,
    Turn,
)
from bot.gateway.turns import Begun, TurnStore
from common.errors import Conflict, ISeeError
from common.language import speaking
from common.settings import Settings

__all__ = ["Gateway"]

_LOOK_AGAIN_S = 0.05
_log = structlog.get_logger(__name__)


class Gateway:
    """Orders the turns of each conversation and runs them through the pipeline."""

    def __init__(
        self,
        settings: Settings,
        store: ConversationStore,
        turns: TurnStore,
        engine: EngineClient,
        hub: EventHub,
        intake: Capturing,
        answerer: Answering,
        mask: Masking,
        switched: Switched,
        desk: AtDesk,
        follow_ups: FollowingUp,
        places: Locating,
        presses: ReadingPresses,
        admit: Admit,
    ) -> None:
        self._turns = turns
        self.admit = admit
        """Counts messages; a channel that answers some by itself counts those here, too."""
        self._order = TurnOrder()
        # Longer than a lease lives, so that a turn cut off by a killed process can always be taken up again.
        self._longest_wait_s = turns.lease_s + 5
        self._pipeline = Pipeline(
            [
                Deduplicate(),
                admit,
                Listen(),
                AskedByDesk(desk),
                Capture(intake),
                Offered(store),
                Located(),
                Mask(mask),
                Press(store, presses),
                Record(turns),
                Own(),
                Desk(desk),
                FollowUp(follow_ups),
                switched,
                Nearest(places),
                Wordless(),
                Converse(intake),
                AskEngine(engine, intake),
                Fallback(answerer),
                OfferFollowUp(follow_ups),
                Honest(),
                Store(turns),
                Publish(hub),
            ]
        )

    async def handle(self, inbound: Inbound) -> Outcome:
        """One turn. Raises the problem of a message that can't be taken (ISeeError); all else is an Outcome."""
        status = "error"
        started = time.perf_counter()
        try:
            async with self._order.turn(inbound.conversation_id):
                outcome = await self._taken(inbound)
            status = outcome.status.value
            return outcome
        except ISeeError as error:
            status = "rejected" if error.status < 500 else "error"
            raise
        finally:
            seconds = time.perf_counter() - started
            TURN_SECONDS.labels(status).observe(seconds)
            _log.info("turn", conversation=inbound.conversation_id, status=status, took_ms=round(seconds * 1000, 1))

    async def _taken(self, inbound: Inbound) -> Outcome:
        begun = await self._begin(inbound)
        turn = Turn(inbound, begun.conversation, begun.earlier, begun.citizen_message)
        turn.language = begun.conversation.language
        try:
            with speaking(turn.language):
                await self._pipeline.run(turn)
        finally:
            if turn.outcome is None or turn.earlier is not None:
                await run_sync(self._turns.release, inbound.conversation_id)
        if turn.outcome is None:
            raise RuntimeError("a turn ended without an outcome")
        return turn.outcome

    async def _begin(self, inbound: Inbound) -> Begun:
        """Takes the conversation, waiting while another process answers in it."""
        give_up = time.monotonic() + self._longest_wait_s
        while (begun := await run_sync(self._turns.begin, inbound.conversation_id, inbound.client_id)) is None:
            if time.monotonic() > give_up:
                raise Conflict(problem("queue_full"))
            await asyncio.sleep(_LOOK_AGAIN_S)
        return begun
