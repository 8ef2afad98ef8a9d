"""Hand-off to a person: tickets and office hours."""

from actions.handoff.hours import OfficeHours
from actions.handoff.tickets import HandoffTicket, Ticket, Tickets

__all__ = ["HandoffTicket", "OfficeHours", "Ticket", "Tickets"]
