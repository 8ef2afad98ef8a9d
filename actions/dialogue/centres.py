"""Service centres in the conversation: which unit serves a place, where its centre is, when people are there."""

from __future__ import annotations

from rasa_sdk import Tracker

from actions.answers import Answerer, Outcome, Turn
from actions.answers.aspect import aspect_of_words
from actions.answers.buttons import payload
from actions.centres import Place
from actions.centres.acceptance import accepts
from actions.centres.directory import Point
from actions.dialogue.base import DialogueAction, spoken
from actions.handoff import OfficeHours
from actions.handoff.desk import hours_text
from actions.services import Services
from common.errors import NotFound
from common.messages import Button, Reply, Status

__all__ = ["CentreAnswers", "FindCentre"]

# Below this the classifier guesses: "ở Hạ Long đó" asks for no office.
_SURELY_ASKS = 0.5


class CentreAnswers:
    """Answers about places, by present or former name."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._hours = OfficeHours.parse(services.settings.office_hours)

    def instead(self, turn: Turn, outcome: Outcome) -> Outcome:
        """`outcome`, or the centre of the place named where "nộp ở chỗ nào gần Đầm Hà" names no procedure: it asks for
        the office, so there is nothing to ask back.
        """
        answered = any(reply.answer for reply in outcome.replies) or outcome.slots.get("candidates")
        guessed = turn.confidence < _SURELY_ASKS and aspect_of_words(turn.text) is None
        asked = turn.intent == "ask_place" and not (guessed or turn.procedure or turn.candidates)
        if not asked or answered or not self.places(turn):
            return outcome
        return self.about(turn)

    def places(self, turn: Turn) -> list[Place]:
        """The places that a typed text names; a misspelt one ("phuong hg gai") is known to the gazetteer alone."""
        named = turn.text or turn.entity("old_place")
        places = self._services.centres.mentioned(named) if named else []
        guessed = None if places else self._services.centres.coded(turn.entity("commune"))
        return [guessed] if guessed else places

    def about(self, turn: Turn, known: str = "") -> Outcome:
        """The centre of the place named, else of the one named before (`known`: the code of its unit); without any, the
        question which place is meant.
        """
        named = self.places(turn)
        if not named and (elsewhere := self._elsewhere(turn)):
            return elsewhere
        places = named or self._before(turn, known)
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

    def _elsewhere(self, turn: Turn) -> Outcome | None:
        """Where the procedure under discussion is handed in when no centre takes it: their hours would mislead."""
        published = self._services.kb.get(turn.procedure or "")
        if published is None or accepts(published.guide).at_centre:
            return None
        said = self._services.dossiers.centres.wording.acceptance(accepts(published.guide))
        person = Button(title=self._services.messages.render("button.person"), payload=payload("talk_to_person"))
        reply = Reply(text=said, status=Status.ANSWERED, buttons=[self._page(None), person])
        return Outcome((reply,)) if said else None

    def _before(self, turn: Turn, known: str) -> list[Place]:
        """The one unit that the conversation was about: "mấy giờ mở cửa" after "nộp ở Cẩm Phả"."""
        if turn.entity("old_place"):
            return []
        for text in turn.earlier:
            named = self._services.centres.mentioned(text)
            if named:
                return named[:1] if len(named[0].units) == 1 else []
        place = self._services.centres.coded(known)
        return [place] if place else []

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


class FindCentre(DialogueAction):
    """Which unit serves a place, by its present or former name, and when people are there."""

    action_name = "action_find_centre"

    def __init__(self, services: Services, answerer: Answerer) -> None:
        super().__init__(services, answerer)
        self._centres = CentreAnswers(services)

    def outcome(self, turn: Turn, tracker: Tracker) -> Outcome:
        if turn.text and not spoken(self.name(), turn) and self._answerer.has_matter(turn.text):
            return self._answerer.answer(turn)
        return self._centres.about(turn, str(tracker.get_slot("commune") or ""))
