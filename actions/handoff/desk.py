"""What the citizen is told about reaching a person: the ticket, and when somebody answers."""

from __future__ import annotations

from datetime import datetime

from actions.answers.buttons import payload
from actions.answers.compose import short_name
from actions.answers.turn import Turn
from actions.handoff.hours import DAYS, OfficeHours
from actions.handoff.opening import opening
from actions.handoff.tickets import Ticket
from actions.messages import Messages
from actions.services import Services
from common.clock import utc_now
from common.language import speaking
from common.messages import Button, Reply, Status

__all__ = ["Desk", "hours_text"]

_NEED = 200


class Desk:
    """Opens tickets and words the answer."""

    def __init__(self, services: Services) -> None:
        self._tickets = services.tickets
        self._kb = services.kb
        self._messages = services.messages
        self._hotline = services.settings.hotline
        self._hours = OfficeHours.parse(services.settings.office_hours)
        self._days = services.dossiers.calendar.today

    def request(self, conversation_id: str, turn: Turn, reason: str, last_question: str = "") -> tuple[Ticket, Reply]:
        """A ticket for the conversation (the waiting one if there is one) and what to say about it."""
        ticket = self._tickets.open(
            conversation_id,
            reason,
            self._need(turn, last_question),
            turn.procedure,
            {"case": turn.case} if turn.case else {},
        )
        return ticket, self.reply(ticket)

    def hand_over(self, conversation_id: str, reason: str, words: str) -> tuple[bool, Reply]:
        """Passes words on that nobody but a person may answer; whether that opened a ticket, and what to say of it."""
        ticket, reply = self.request(conversation_id, Turn(text=words), reason)
        return ticket.new, reply

    def reply(self, ticket: Ticket, now: datetime | None = None) -> Reply:
        """The ticket's number, and when a person answers."""
        key = "handoff.opened" if ticket.new else "handoff.already"
        buttons = self.buttons() if ticket.new else self._while_waiting()
        return Reply(text=self.said(key, ticket.number, now), status=Status.HANDED_OFF, buttons=buttons)

    def said(self, key: str, number: str, now: datetime | None = None) -> str:
        state = opening(now or utc_now(), self._hours, self._days())
        return self._messages.render(
            key,
            number=number,
            open=state.is_open,
            opens_time=f"{state.opens:%H:%M}" if state.opens else "",
            opens_at=state.opens.date() if state.opens else None,
            hours=hours_text(self._messages, self._hours),
        )

    def buttons(self) -> list[Button]:
        """A telephone button only where a hotline is configured."""
        buttons = [Button(title=self._messages.render("button.start_over"), payload=payload("start_over"))]
        if self._hotline:
            buttons.insert(
                0, Button(title=self._messages.render("button.call", phone=self._hotline), phone=self._hotline)
            )
        return buttons

    def _while_waiting(self) -> list[Button]:
        """Asked again, a citizen who waits needs another way: to be called, or to go on without a person. The payloads
        are those of the desk (`bot.desk.talk`).
        """
        call = Button(title=self._messages.render("handoff.call_back"), payload=payload("desk_callback"))
        leave = Button(title=self._messages.render("handoff.leave"), payload=payload("desk_bot"))
        return [*(button for button in self.buttons() if button.phone), call, leave]

    def _need(self, turn: Turn, last_question: str) -> str:
        """The need in one line: the procedure, and the citizen's (masked) words."""
        published = self._kb.get(turn.procedure or "")
        with speaking("vi"):  # staff read it
            subject = (
                self._messages.render("handoff.need_procedure", name=short_name(published.guide), code=published.code)
                if published
                else self._messages.render("handoff.need_unknown")
            )
        words = " ".join((last_question or turn.text).split())[:_NEED]
        return f"{subject}: {words}" if words else subject


def hours_text(messages: Messages, hours: OfficeHours) -> str:
    """The hours in words: "thứ Hai đến thứ Sáu, 07:30–11:30 và 13:30–17:00"."""
    parts = []
    for rule in hours.rules:
        first, last = (messages.render(f"hours.{DAYS[number]}") for number in (rule.first, rule.last))
        days = first if rule.first == rule.last else messages.render("hours.range", first=first, last=last)
        times = f" {messages.render('hours.and')} ".join(
            f"{opens:%H:%M}–{closes:%H:%M}" for opens, closes in rule.spans
        )
        parts.append(messages.render("hours.text", days=days, times=times))
    return "; ".join(parts)
