"""The thumb up: for a slow answer and for words to a person, once, and never at the expense of a turn (SPEC 5.12)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import update

from bot.gateway.tables import ConversationRow
from bot.zalo import reacting
from bot.zalo.errors import refused
from bot.zalo.model import Act, Event, SendFailed
from bot.zalo.reacting import Reactions
from tests.bot.zalo.incoming import Hook, hooked, said, until

USER = "7788009900110022003"


class Signs:
    """Stands for the platform: notes what was reacted to, and refuses as told."""

    def __init__(self, *errors: SendFailed | Exception) -> None:
        self.seen: list[tuple[str, str]] = []
        self.errors = list(errors)

    async def react(self, user_id: str, message_id: str) -> None:
        self.seen.append((user_id, message_id))
        if self.errors:
            raise self.errors.pop(0)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reacting, "SLOW_S", 0.05)
    monkeypatch.setattr(reacting, "_AT_LEAST_S", 0.01)


def event(number: int = 1, user: str = USER) -> Event:
    return Event("user_send_text", f"k{number}", user, sent_ms=int(time.time() * 1000), msg_id=f"m{number}")


async def work(reactions: Reactions, one: Event, seconds: float) -> None:
    async with reactions.while_at(one):
        await asyncio.sleep(seconds)
    await asyncio.sleep(0.01)


async def test_a_slow_answer_gets_one_sign_and_a_quick_one_none() -> None:
    signs = Signs()
    reactions = Reactions(signs.react, on=True)
    await work(reactions, event(1), 0.2)
    await work(reactions, event(1), 0.2)  # the same event, tried again
    await work(reactions, event(2), 0)
    await asyncio.sleep(0.1)
    assert signs.seen == [(USER, "m1")]


async def test_what_waited_in_the_queue_already_gets_its_sign_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reacting, "SLOW_S", 30.0)
    signs = Signs()
    reactions = Reactions(signs.react, on=True)
    await work(reactions, replace(event(1), sent_ms=int(time.time() * 1000) - 60_000), 0.15)
    await work(reactions, event(2), 0.15)
    assert signs.seen == [(USER, "m1")]


async def test_off_is_off_and_what_has_no_id_gets_none() -> None:
    signs = Signs()
    await work(Reactions(signs.react, on=False), event(1), 0.15)
    await work(Reactions(signs.react, on=True), replace(event(2), msg_id=""), 0.15)
    assert signs.seen == []


@pytest.mark.parametrize("error", [refused(-201), refused(-240), RuntimeError("odd"), SendFailed(Act.RETRY)])
async def test_a_refusal_fails_no_turn_and_one_for_good_is_not_met_again(error: SendFailed | Exception) -> None:
    signs = Signs(error)
    reactions = Reactions(signs.react, on=True)
    await work(reactions, event(1), 0.15)
    await work(reactions, event(2), 0.15)
    for_good = isinstance(error, SendFailed) and error.act is not Act.RETRY
    assert len(signs.seen) == (1 if for_good else 2)


async def test_words_to_a_person_get_one_sign_in_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    signs = Signs()
    reactions = Reactions(signs.react, on=True)
    for number in range(3):
        reactions.for_person(event(number))
    reactions.for_person(event(9, "12345"))
    await asyncio.sleep(0.05)
    assert signs.seen == [(USER, "m0"), ("12345", "m9")]


@pytest.fixture(scope="module")
def hook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hook]:
    with hooked(tmp_path_factory.mktemp("home")) as running:
        yield running


def test_a_citizen_whom_a_person_answers_sees_that_it_arrived(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reacting, "_AT_LEAST_S", 60.0)  # a busy machine is no slow answer
    signs, room = Signs(), hook.running.context.zalo
    room.worker._inbox._parts.reactions._react = signs.react
    assert hook.post(said("một", user="91001", msg_id="w1")).status_code == 200
    hook.settled()
    found = hook.user("91001")
    assert found and signs.seen == []
    with hook.running.context.database.session() as session:
        session.execute(update(ConversationRow).where(ConversationRow.id == found.conversation_id).values(
            owner="agent", agent="an"))
    assert hook.post(said("cán bộ ơi", user="91001", msg_id="w2")).status_code == 200
    until(lambda: signs.seen == [("91001", "w2")])
