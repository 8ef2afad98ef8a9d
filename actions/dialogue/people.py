"""Actions that lead to people and places: hand-off, complaint, abuse, service centres."""

from __future__ import annotations

from dataclasses import replace

from rasa_sdk import Tracker

from actions.answers import Answerer, Outcome, Turn
from actions.answers.buttons import payload
from actions.answers.words import data, fold, has_phrase
from actions.centres import Place
from actions.centres.directory import Point
from actions.dialogue.base import DialogueAction, last_question
from actions.handoff import OfficeHours
from actions.handoff.desk import Desk, hours_text
from actions.services import Services
from common.errors import NotFound
from common.messages import Button, Reply, Status

__all__ = ["Abuse", "Complain", "FindCentre", "Handoff"]

_RUDE_BEFORE_PERSON = 2
# Below this confidence of the classifier a text that names a procedure is a question, whatever single word it holds.
_SURE = 0.8


def _spoken(action: str, turn: Turn) -> bool:
    """Whether the text holds a word of what the action is for (`answers/data/evidence.yml`): the classifier errs."""
    folded = fold(turn.text)
    return any(has_phrase(folded, phrase) for phrase in data("evidence")[action])


def _misread(answerer: Answerer, turn: Turn) -> Outcome | None:
    return answerer.misread(turn) if turn.confidence < _SURE else None


class Handoff(DialogueAction):
    """Opens a ticket and says when a person answers."""

    action_name = "action_handoff"

    def __init__(self, services: Services, answerer: Answerer) -> None:
        super().__init__(services, answerer)
        self._desk = Desk(services)

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        if turn.text and not _spoken(self.name(), turn):
            return self._answerer.answer(turn)
        procedure = (self._answerer.petition(turn) or _misread(self._answerer, turn)) if turn.text else None
        if procedure is not None:
            return procedure
        question = last_question(tracker, but=("talk_to_person",))
        _, reply = self._desk.request(str(tracker.sender_id), turn, "asked", question)
        return Outcome((reply,))


class Complain(DialogueAction):
    """Takes a complaint down on a ticket, regretting the trouble, and leaves the rest to a person. Who asks for the
    formal procedure (khiếu nại, tố cáo) is told about it.
    """

    action_name = "action_complain"

    def __init__(self, services: Services, answerer: Answerer) -> None:
        super().__init__(services, answerer)
        self._desk = Desk(services)

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        procedure = self._answerer.petition(turn) or _misread(self._answerer, turn)
        if procedure is not None:
            return procedure
        if turn.text and not _spoken(self.name(), turn):
            return self._answerer.answer(replace(turn, intent=""))
        ticket, _ = self._desk.request(str(tracker.sender_id), turn, "complaint")
        text = self._services.messages.render("complaint.text", number=ticket.number)
        return Outcome((Reply(text=text, status=Status.HANDED_OFF, buttons=self._desk.buttons()),))


class Abuse(DialogueAction):
    """Stays calm; after repeated abuse offers a person instead of more of the same."""

    action_name = "action_abuse"

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        messages = self._services.messages
        rude = sum(
            event.get("event") == "user"
            and ((event.get("parse_data") or {}).get("intent") or {}).get("name") == "abuse"
            for event in tracker.events
        )
        key = "abuse.person" if rude >= _RUDE_BEFORE_PERSON else "abuse.calm"
        buttons = [
            Button(title=messages.render("button.person"), payload=payload("talk_to_person")),
            Button(title=messages.render("button.start_over"), payload=payload("start_over")),
        ]
        return Outcome((Reply(text=messages.render(key), status=Status.SMALLTALK, buttons=buttons),))


class FindCentre(DialogueAction):
    """Which unit serves a place, by its present or former name, and when people are there."""

    action_name = "action_find_centre"

    def __init__(self, services: Services, answerer: Answerer) -> None:
        super().__init__(services, answerer)
        self._hours = OfficeHours.parse(services.settings.office_hours)

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        places = self._services.centres.mentioned(turn.text) if turn.text else []
        # A misspelt name ("phuong hg gai") that only the gazetteer knows.
        guessed = None if places else self._services.centres.coded(turn.entity("commune"))
        places = [guessed] if guessed else places
        if turn.text and not _spoken(self.name(), turn) and self._answerer.has_matter(turn.text):
            return self._answerer.answer(turn)
        streets = self._streets(turn.text) if turn.text and not places else ""
        parts = [self._about(place) for place in places[:2]] or [streets or self._which(turn)]
        messages = self._services.messages
        point = self._point(places)
        parts.append(messages.render("centre.hours", hours=hours_text(messages, self._hours_of(point))))
        if point:
            parts[-1] += f" {self._services.dossiers.centres.wording.opening(point)}"
        if places:
            known = self._services.dossiers.centres.wording.known(point) if point else []
            parts.append("\n".join([messages.render("centre.anywhere"), *known]))
        buttons = [self._page(point), Button(title=messages.render("button.person"), payload=payload("talk_to_person"))]
        status = Status.ANSWERED if places or streets else Status.CLARIFIED
        slots = {"commune": places[0].units[0].code} if places and len(places[0].units) == 1 else {}
        return Outcome((Reply(text="\n\n".join(parts), status=status, buttons=buttons),), slots)

    def _point(self, places: list[Place]) -> Point | None:
        """The centre of the one unit meant, as staff keep it."""
        if not places or len(places[0].units) != 1:
            return None
        try:
            point: Point = self._services.dossiers.centres.directory.point(places[0].units[0].code)
        except NotFound:
            return None
        return point

    def _hours_of(self, point: Point | None) -> OfficeHours:
        if point is None:
            return self._hours
        hours: OfficeHours = self._services.dossiers.centres.directory.hours(point)
        return hours

    def _streets(self, text: str) -> str:
        """Where a street or area lies that staff entered; "" for none."""
        centres = self._services.dossiers.centres
        found = centres.finder.search(text)
        said: str = centres.wording.found(found, text) if found.streets else ""
        return said

    def _page(self, point: Point | None) -> Button:
        """The page of the centre, or the list, with the nearest by location."""
        texts = self._services.dossiers.centres.texts
        base = f"{self._services.settings.base_url}/centres"
        if point is None:
            return Button(title=texts.render("button.page"), url=base)
        title = texts.render("button.detail", name=point.unit.said)
        return Button(title=title[:80], url=f"{base}/{point.id}")

    def _about(self, place: Place) -> str:
        messages = self._services.messages
        if len(place.units) > 1:
            return messages.render("centre.split", old=place.said, units=[unit.said for unit in place.units])
        unit = place.units[0].said
        served = messages.render("centre.serves", unit=unit)
        return f"{served}\n{messages.render('centre.renamed', old=place.said, unit=unit)}" if place.former else served

    def _which(self, turn: Turn) -> str:
        named = turn.entity("old_place")
        messages = self._services.messages
        if named and turn.text:
            return messages.render("centre.unknown", place=named, province=self._services.settings.province)
        return messages.render("centre.which")
