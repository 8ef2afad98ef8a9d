"""Appointments in chat: centre, day and time by buttons; moving, cancelling and being reminded by buttons too."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Any

from rasa_sdk.events import SlotSet

from actions.answers import Answerer
from actions.answers.compose import short_name
from actions.appointments.booking import Appointment, Matter
from actions.appointments.bundle import AppointmentRoom
from actions.appointments.saying import read_moment
from actions.appointments.schedule import Slot
from actions.centres.acceptance import accepts
from actions.centres.directory import Point
from actions.companion.appointment_steps import PAGE, STAMP, joined, paged, part, payload, says, to_count, to_day
from actions.companion.base import DossierServices, EformAction, Turn
from actions.companion.cards import Cards
from common.clock import LOCAL, local_now
from common.errors import Conflict, NotFound
from common.language import speaking
from common.messages import Button, Reply, Status

__all__ = ["ACTIONS", "BookAppointment"]


class BookAppointment(EformAction):
    """One step of booking, moving or cancelling, by what the button or the text says."""

    def __init__(self, services: DossierServices, cards: Cards, answerer: Answerer | None = None) -> None:
        super().__init__(services, cards)
        self._answerer = answerer

    def name(self) -> str:
        return "action_book_appointment"

    def perform(self, turn: Turn) -> None:
        typed = turn.text and not turn.text.startswith("/")
        if typed and self._answerer and not says("any", turn.text):
            outcome = self._answerer.answer(turn.said)
            turn.replies += outcome.replies
            turn.events += [SlotSet(name, value) for name, value in outcome.slots.items()]
            return
        step, *parts = (turn.entity("appointment") or "").split(".")
        try:
            self._step(turn, step, parts)
        except (Conflict, NotFound) as problem:
            turn.say(Reply(text=problem.detail, status=Status.ANSWERED, buttons=[self._new(), self._person()]))

    def _step(self, turn: Turn, step: str, parts: list[str]) -> None:
        first, rest = (parts[0] if parts else ""), parts[1:]
        if step == "c":
            self._days(turn, self._point(first), 0, part(rest, 0))
        elif step == "d":
            self._days(turn, self._point(first), to_count(part(rest, 0)), part(rest, 1))
        elif step == "t":
            self._times(turn, self._point(first), to_day(part(rest, 0)), to_count(part(rest, 1)), part(rest, 2))
        elif step == "b":
            self._book(turn, first, part(rest, 0), part(rest, 1))
        elif step == "l":
            self._centres(turn, to_count(first), part(rest, 0))
        elif step == "m":
            appointment = self._room.bookings.numbered(turn.conversation_id, first)
            self._days(turn, self._point(appointment.point_id), 0, appointment.number)
        elif step in ("x", "y", "r"):
            self._change(turn, step, self._room.bookings.numbered(turn.conversation_id, first))
        elif step == "k":
            turn.say(self._reply("chat.kept"))
        else:
            self._begin(turn, new=step == "n")

    def _begin(self, turn: Turn, *, new: bool) -> None:
        """What the citizen has already, when they speak of it; else the first choice."""
        said = "" if turn.text.startswith("/") else turn.text
        upcoming = self._room.bookings.upcoming(turn.conversation_id)
        speaks_of_own = any(says(act, said) for act in ("cancel", "move", "look"))
        if not new and (speaks_of_own or (upcoming and not said)):
            self._own(turn, upcoming, said)
            return
        refused = self._refused(turn)
        if refused:
            turn.say(Reply(text=refused, status=Status.ANSWERED, buttons=[self._person()]))
            return
        found = self.dossiers.centres.finder.search(turn.text) if said and self._places(turn.text) else None
        if found is None or not found.points:
            self._centres(turn, 0, "")
            return
        offering = {point.id for point in self._room.timetable.offering()}
        open_ones = [point for point in found.points if point.id in offering]
        if len(open_ones) == 1:
            self._wanted(turn, open_ones[0])
        elif open_ones and found.place:
            buttons = [self._centre_button(point, "") for point in open_ones[:PAGE]]
            turn.say(self._reply("chat.split", buttons, old=found.place.name))
        else:
            others = self._some_centres("", 0)
            buttons, name = others or [self._person()], found.points[0].name
            turn.say(self._reply("chat.place_not", buttons, name=name, others=bool(others)))

    def _wanted(self, turn: Turn, point: Point) -> None:
        """The times of the day that the text names ("sáng thứ tư"), else the days."""
        moment = read_moment(turn.text, self._room.timetable.today())
        free = {day for day, _ in self._room.timetable.days(point)} if moment and moment.day else set()
        if moment and moment.day in free:
            self._times(turn, point, moment.day, 0, "")
        else:
            self._days(turn, point, 0, "")

    def _own(self, turn: Turn, upcoming: list[Appointment], said: str) -> None:
        if not upcoming:
            turn.say(self._reply("chat.none", [self._new(), self._person()]))
            return
        if len(upcoming) == 1 and says("cancel", said) != says("move", said):
            # There is nothing to choose: the next question at once.
            self._step(turn, "x" if says("cancel", said) else "m", [upcoming[0].number])
            return
        items = [
            {"number": one.number, "when": self._when(one), "name": self._room.wording.name(one),
             "title": one.matter.title}
            for one in upcoming
        ]  # fmt: skip
        buttons: list[Button] = []
        for one in upcoming:
            if not says("cancel", said):
                buttons.append(self._button("move", f"m.{one.number}", number=one.number))
            if not says("move", said):
                buttons.append(self._button("cancel", f"x.{one.number}", number=one.number))
        turn.say(self._reply("chat.yours", [*buttons, self._new()], items=items))

    def _centres(self, turn: Turn, page: int, moving: str) -> None:
        buttons = self._some_centres(moving, page)
        if buttons:
            turn.say(self._reply("chat.asks_centre", buttons))
        else:
            find = Button(title=self._room.texts.render("button.find"), payload="/find_centre")
            turn.say(self._reply("chat.nowhere", [find, self._person()]))

    def _some_centres(self, moving: str, page: int) -> list[Button]:
        points = self._room.timetable.offering()
        shown, more = paged(points, page)
        buttons = [self._centre_button(point, moving) for point in shown]
        return [*buttons, self._more(joined("l", str(page + 1), moving))] if more else buttons

    def _days(self, turn: Turn, point: Point, page: int, moving: str) -> None:
        days = self._room.timetable.days(point)
        other = self._button("other_centre", joined("l", "0", moving))
        if not days:
            key = "chat.no_days" if self._room.timetable.offers(point) else "problem.none_offered"
            turn.say(self._reply(key, [other], name=point.name, days=self._room.timetable.ahead_days))
            return
        shown, more = paged(days, page)
        wording = self._room.wording
        buttons = [
            Button(
                title=self._room.texts.render("day_button", weekday=wording.weekday_title(day), day=day, free=free),
                payload=payload(joined("t", point.id, f"{day:%Y%m%d}", "0", moving)))
            for day, free in shown
        ]  # fmt: skip
        if more:
            buttons.append(self._more(joined("d", point.id, str(page + 1), moving)))
        turn.say(self._reply("chat.asks_day", [*buttons, other], name=point.name, moving=bool(moving)))

    def _times(self, turn: Turn, point: Point, day: date | None, page: int, moving: str) -> None:
        slots: list[Slot] = self._room.timetable.slots(point, day) if day else []
        if day is None or not slots:
            turn.say(self._reply("chat.no_times", day=day or local_now().date()))
            self._days(turn, point, 0, moving)
            return
        shown, more = paged(slots, page)
        buttons = [
            Button(
                title=self._room.texts.render("time_button", time=f"{slot.starts_at:%H:%M}", free=slot.free),
                payload=payload(joined("b", point.id, f"{slot.starts_at:{STAMP}}", moving)))
            for slot in shown
        ]  # fmt: skip
        if more:
            buttons.append(self._more(joined("t", point.id, f"{day:%Y%m%d}", str(page + 1), moving)))
        buttons.append(self._button("other_day", joined("d", point.id, "0", moving)))
        turn.say(self._reply("chat.asks_time", buttons, weekday=self._room.wording.weekday_title(day), day=day))

    def _book(self, turn: Turn, point_id: str, stamp: str, moving: str) -> None:
        try:
            start = datetime.strptime(stamp, STAMP).replace(tzinfo=LOCAL)
        except ValueError:
            self._centres(turn, 0, moving)
            return
        bookings = self._room.bookings
        try:
            if moving:
                own = bookings.numbered(turn.conversation_id, moving)
                done = bookings.move(own.id, point_id, start)
            else:
                # The conversation's turns come one by one, so a button pressed twice finds the first one's booking.
                same = (one for one in bookings.upcoming(turn.conversation_id)
                        if one.point_id == point_id and one.starts_at == start)
                done = next(same, None) or bookings.book(
                    turn.conversation_id, point_id, start, secrets.token_urlsafe(12), self._matter(turn))
        except Conflict as problem:
            turn.say(Reply(text=problem.detail, status=Status.ANSWERED))
            self._times(turn, self._point(point_id), start.date(), 0, moving)
            return
        self._done(turn, done, "chat.moved" if moving else "chat.booked")

    def _change(self, turn: Turn, step: str, own: Appointment) -> None:
        """Ask before cancelling; cancel; remind."""
        values: dict[str, Any] = {
            "number": own.number, "when": self._when(own), "name": self._room.wording.name(own)}
        if step == "x":
            buttons = [self._button("yes_cancel", f"y.{own.number}"), self._button("keep", "k")]
            turn.say(self._reply("chat.asks_cancel", buttons, **values))
        elif step == "y":
            self._room.bookings.cancel(own.id)
            turn.say(self._reply("chat.cancelled", [self._new()], **values))
        else:
            self._room.bookings.wish_reminder(own.id)
            turn.say(self._reply("chat.reminds", self._own_buttons(own), **values))

    def _done(self, turn: Turn, one: Appointment, key: str) -> None:
        room, point = self._room, self._point(one.point_id)
        buttons = [
            Button(title=room.texts.render("button.page"), url=room.wording.address(one)),
            Button(title=room.texts.render("button.calendar"), url=room.wording.address(one, "/calendar.ics")),
        ]
        if not one.remind:
            buttons.append(self._button("remind", f"r.{one.number}"))
        buttons += self._own_buttons(one)
        turn.say(self._reply(
            key, buttons, number=one.number, when=self._when(one), name=point.name, title=one.matter.title,
            code=one.matter.dossier_code, address=point.address, remind=one.remind))
        turn.events.append(SlotSet("commune", point.unit.code))

    def _own_buttons(self, one: Appointment) -> list[Button]:
        return [self._button(name, f"{step}.{one.number}", number=one.number)
                for name, step in (("move", "m"), ("cancel", "x"))]

    def _matter(self, turn: Turn) -> Matter:
        """The dossier that was spoken of and may be acted on, else the procedure under discussion, else nothing."""
        code = turn.slot("dossier_code")
        if code and code in self.dossiers.access.held(turn.conversation_id):
            return Matter(dossier_code=code)
        published = self.services.kb.get(turn.slot("procedure")) if turn.slot("procedure") else None
        if published is None:
            return Matter()
        with speaking("vi"):  # staff read it, too
            return Matter("", published.guide.code, short_name(published.guide))

    def _refused(self, turn: Turn) -> str:
        """Where the procedure under discussion is handed in instead, when no centre takes it."""
        published = self.services.kb.get(turn.slot("procedure")) if turn.slot("procedure") else None
        if published is None:
            return ""
        found = accepts(published.guide)
        return "" if found.at_centre else self.dossiers.centres.wording.acceptance(found)

    def _places(self, text: str) -> bool:
        centres = self.dossiers.centres
        return bool(centres.names.mentioned(text) or centres.aliases.mentioned(text))

    def _point(self, point_id: str) -> Point:
        return self.dossiers.centres.directory.point(point_id)

    @property
    def _room(self) -> AppointmentRoom:
        return self.dossiers.appointments

    def _when(self, one: Appointment) -> str:
        return self._room.wording.when(one.starts_at)

    def _reply(self, key: str, buttons: list[Button] | None = None, **values: object) -> Reply:
        return Reply(text=self._room.texts.render(key, **values), status=Status.ANSWERED, buttons=buttons or [])

    def _button(self, name: str, word: str, **values: object) -> Button:
        return Button(title=self._room.texts.render(f"button.{name}", **values)[:80], payload=payload(word))

    def _centre_button(self, point: Point, moving: str) -> Button:
        title = self._room.texts.render("centre_button", name=point.unit.name if point.kind == "centre" else point.name)
        return Button(title=title[:80], payload=payload(joined("c", point.id, moving)))

    def _more(self, word: str) -> Button:
        return self._button("more", word)

    def _new(self) -> Button:
        return self._button("new", "n")

    def _person(self) -> Button:
        return Button(title=self._room.texts.render("button.person"), payload="/talk_to_person")


ACTIONS = (BookAppointment,)
