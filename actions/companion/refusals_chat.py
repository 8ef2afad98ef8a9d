"""In chat: asks for the notice and explains it, or explains what an officer wrote about a dossier."""

from __future__ import annotations

from functools import cached_property

from rasa_sdk.events import SlotSet

from actions.companion.base import EformAction, Turn, written_code
from actions.dossiers.refusals.explain import Explainer
from actions.dossiers.refusals.notice import Point, points
from actions.dossiers.registry.status import PublicStatus
from common.errors import InvalidInput
from common.identifiers import parse_dossier_code
from common.messages import Button, DossierRef, Reply, Status

__all__ = ["ACTIONS"]

_SPOKEN = frozenset({"supplement_requested", "rejected"})


class ExplainRefusal(EformAction):
    """Explains a notice, point by point; hands over what the guide doesn't say."""

    def name(self) -> str:
        return "action_explain_refusal"

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(self.services.kb, self.services.search)

    def perform(self, turn: Turn) -> None:
        ref = turn.entity("eform_input")
        if ref:
            notice = self.dossiers.pastes.take(turn.conversation_id, ref)
            if notice:
                self._explain(turn, notice, turn.entity("procedure_code"))
            else:
                self._ask(turn, "refusal.gone")
            return
        typed = "" if turn.text.startswith("/") else turn.text
        code = turn.entity("dossier_code") or written_code(typed)
        if code or not self._reason_given(turn, typed):
            self._own(turn, code)

    def _explain(self, turn: Turn, notice: str, chosen: str) -> None:
        held = self._held(turn, written_code(notice))
        if held and held.status in _SPOKEN:
            self._officer(turn, held)
            return
        found = points(notice)
        if not found:
            self._ask(turn, "refusal.no_points")
            return
        published, hits = self._explainer.about(notice, found, turn.slot("procedure"))
        published = self._explainer.guide(chosen) if chosen else published
        if published:
            self._say(turn, self._explainer.reply(published, found))
            turn.events.append(SlotSet("procedure", published.code))
        elif hits:
            reply = self._explainer.options(hits, self.dossiers.pastes.keep(turn.conversation_id, notice))
            self._say(turn, reply)
        else:
            self._ask(turn, "refusal.which_unknown")

    def _reason_given(self, turn: Turn, typed: str) -> bool:
        """A reason said with the wish ("… ghi là thiếu giấy chứng sinh") is explained if the guide knows it."""
        found = [point for point in points(typed) if point.defect != "other"]
        published = self._explainer.about(typed, found, turn.slot("procedure"))[0] if found else None
        if published is None or not self._explainer.knows(published, found):
            return False
        self._say(turn, self._explainer.reply(published, found))
        turn.events.append(SlotSet("procedure", published.code))
        return True

    def _own(self, turn: Turn, code: str) -> None:
        """What an officer wrote about a dossier of this conversation; without one, the notice is asked for."""
        if code:
            held = self._held(turn, code)
            if held is None:
                self._prove(turn, code)
            elif held.status in _SPOKEN:
                self._officer(turn, held)
            else:
                self._ask(turn, "refusal.ask")
            return
        codes = self.dossiers.access.held(turn.conversation_id)
        spoken = [s for s in map(self.dossiers.registry.status, codes) if s.status in _SPOKEN]
        if len(spoken) == 1:
            self._officer(turn, spoken[0])
        elif spoken:
            buttons = [self._button("dossier", _payload("dossier_code", s.code), code=s.code) for s in spoken]
            self._say(turn, Reply(text=self._text("refusal.which_dossier"), status=Status.CLARIFIED, buttons=buttons))
        else:
            self._ask(turn, "refusal.ask")

    def _officer(self, turn: Turn, status: PublicStatus) -> None:
        found = self._written(status)
        published = self._explainer.guide(status.procedure_code)
        if not found or published is None:
            self._ask(turn, "refusal.no_reason", code=status.code)
            return
        open_ones = [self._button("supplement", _supplement(status.code))] if status.open_requests else []
        reply = self._explainer.reply(published, found, status.code, *open_ones)
        self._say(turn, reply.model_copy(update={"dossier": DossierRef(code=status.code, status=status.status)}))
        turn.events.append(SlotSet("procedure", published.code))

    def _written(self, status: PublicStatus) -> list[Point]:
        """The requests that are open, else the points of the latest note."""
        if status.open_requests:
            return self._explainer.requested(status.open_requests)
        notes = [entry.note for entry in status.timeline if entry.state in _SPOKEN and entry.note]
        if not notes:
            return []
        return points(notes[-1]) or [Point(notes[-1], "other")]

    def _held(self, turn: Turn, code: str) -> PublicStatus | None:
        """The dossier if this conversation may see it; a code alone opens nothing."""
        try:
            wanted = parse_dossier_code(code).value if code else ""
        except InvalidInput:
            return None
        if not wanted or wanted not in self.dossiers.access.held(turn.conversation_id):
            return None
        return self.dossiers.registry.status(wanted)

    def _prove(self, turn: Turn, code: str) -> None:
        try:
            wanted = parse_dossier_code(code).value
        except InvalidInput as problem:
            turn.say(self.cards.error(problem.detail, [self.cards.person()]))
            return
        self.dossiers.intake.expect_pin(turn.conversation_id, wanted)
        turn.say(self.cards.say("track.ask_pin", Status.CONTROL, code=wanted))

    def _ask(self, turn: Turn, key: str, **values: object) -> None:
        self.dossiers.pastes.expect(turn.conversation_id)
        turn.say(Reply(text=self._text(key, **values), status=Status.CONTROL, buttons=[self.cards.person()]))

    def _say(self, turn: Turn, reply: Reply) -> None:
        turn.say(reply.model_copy(update={"buttons": [*reply.buttons, self.cards.person()]}))

    def _text(self, key: str, **values: object) -> str:
        return self._explainer.texts.render(key, **values)

    def _button(self, name: str, payload: str, **values: object) -> Button:
        return Button(title=self._text(f"refusal.button.{name}", **values), payload=payload)


def _payload(name: str, value: str) -> str:
    return f'/explain_refusal{{"{name}":"{value}"}}'


def _supplement(code: str) -> str:
    return f'/supplement_dossier{{"dossier_code":"{code}"}}'


ACTIONS = (ExplainRefusal,)
