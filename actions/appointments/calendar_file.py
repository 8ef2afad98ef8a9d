"""Appointments as iCalendar files (RFC 5545): stable UID, SEQUENCE that grows with changes, METHOD and STATUS of a
cancellation (RFC 5546), Vietnam's time zone written out."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from icalendar import Alarm, Calendar, Event, vCalAddress, vText

from actions.appointments.booking import Appointment
from actions.centres.directory import Point
from actions.messages import Messages

__all__ = ["calendar_file"]

_ALARM_BEFORE = timedelta(hours=1)


def calendar_file(appointment: Appointment, point: Point, texts: Messages, base_url: str) -> bytes:
    """The file of one appointment; a cancelled one takes the entry out of the calendar again."""
    cancelled = appointment.state == "cancelled"
    calendar = Calendar()
    calendar.add("prodid", "-//iSee//Appointments//VI")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "CANCEL" if cancelled else "PUBLISH")
    event = Event()
    event.add("uid", f"{appointment.id}@{urlsplit(base_url).hostname or 'isee'}")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.updated_at)
    event.add("last-modified", appointment.updated_at)
    event.add("dtstart", appointment.starts_at)
    event.add("dtend", appointment.ends_at)
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("summary", texts.render("ics.summary", name=point.name))
    event.add("description", texts.render(
        "ics.description", number=appointment.number, title=appointment.matter.title))
    organizer = vCalAddress(base_url)
    organizer.params["cn"] = vText(point.name)
    event.add("organizer", organizer)
    if point.address:
        event.add("location", point.address)
    if point.lat is not None and point.lon is not None:
        event.add("geo", (point.lat, point.lon))
    if not cancelled:
        event.add_component(_alarm(texts.render("ics.alarm", name=point.name)))
    calendar.add_component(event)
    calendar.add_missing_timezones()
    content: bytes = calendar.to_ical()
    return content


def _alarm(text: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", -_ALARM_BEFORE)
    return alarm
