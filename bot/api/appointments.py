"""Appointments of a conversation: list, book, move, cancel, calendar file."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from actions.appointments.booking import Appointment, Matter
from actions.appointments.contact import read_contact
from bot.api.deps import ContextDep, ConversationId
from bot.api.schemas import problems
from bot.context import Context

__all__ = ["appointment_out", "router"]

router = APIRouter(prefix="/api/v1/conversations/{conversation_id}/appointments", tags=["appointments"])
Number = Annotated[str, Path(max_length=12)]


class ContactIn(BaseModel):
    """Given freely; `consent` must be true when a name or number is given."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=100)
    phone: str = Field("", max_length=20)
    consent: bool = False


class BookIn(BaseModel):
    """`request_id` makes a repeated request the same booking."""

    model_config = ConfigDict(extra="forbid")

    centre: str = Field(max_length=32)
    starts_at: AwareDatetime
    request_id: str = Field(min_length=8, max_length=64)
    dossier: str = Field("", max_length=48)
    procedure: str = Field("", max_length=48)
    remind: bool = False
    contact: ContactIn = ContactIn()


class MoveIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    centre: str = Field(max_length=32)
    starts_at: AwareDatetime


@router.get("", responses=problems(401))
async def upcoming(context: ContextDep, conversation: ConversationId) -> JSONResponse:
    """The appointments still to come, the soonest first."""
    found = await run_sync(context.dossiers.appointments.bookings.upcoming, conversation)
    return JSONResponse({"items": [appointment_out(context, one) for one in found]})


@router.post("", status_code=201, responses=problems(401, 404, 409, 422))
async def book(context: ContextDep, conversation: ConversationId, body: BookIn) -> JSONResponse:
    """Books a seat. 409 when the slot is full or no slot, when three are held, or when the dossier has one."""
    room = context.dossiers.appointments

    def work() -> Appointment:
        contact = read_contact(room.texts, body.contact.name, body.contact.phone, body.contact.consent)
        matter = Matter(body.dossier, body.procedure, _title(context, body.procedure))
        return room.bookings.book(
            conversation, body.centre, body.starts_at, body.request_id, matter, contact, remind=body.remind)

    return JSONResponse(appointment_out(context, await run_sync(work)), 201)


@router.put("/{number}", responses=problems(401, 404, 409, 422))
async def move(context: ContextDep, conversation: ConversationId, number: Number, body: MoveIn) -> JSONResponse:
    """The same appointment at another time or centre."""
    bookings = context.dossiers.appointments.bookings

    def work() -> Appointment:
        return bookings.move(bookings.numbered(conversation, number).id, body.centre, body.starts_at)

    return JSONResponse(appointment_out(context, await run_sync(work)))


@router.delete("/{number}", responses=problems(401, 404, 409))
async def cancel(context: ContextDep, conversation: ConversationId, number: Number) -> JSONResponse:
    """Gives the seat back. Cancelling again changes nothing."""
    bookings = context.dossiers.appointments.bookings
    done = await run_sync(lambda: bookings.cancel(bookings.numbered(conversation, number).id))
    return JSONResponse(appointment_out(context, done))


@router.get("/{number}/calendar.ics", responses=problems(401, 404))
async def calendar(context: ContextDep, conversation: ConversationId, number: Number) -> Response:
    """The appointment as an iCalendar file."""
    room = context.dossiers.appointments
    content = await run_sync(lambda: room.wording.file(room.bookings.numbered(conversation, number)))
    return Response(content, media_type="text/calendar; charset=utf-8")


def appointment_out(context: Context, appointment: Appointment) -> dict[str, Any]:
    """An appointment as JSON; `page` opens it without the conversation's token, so it is given to nobody else."""
    wording = context.dossiers.appointments.wording
    return {
        "number": appointment.number,
        "state": appointment.state,
        "centre": {"id": appointment.point_id, "name": wording.name(appointment)},
        "starts_at": _iso(appointment.starts_at),
        "ends_at": _iso(appointment.ends_at),
        "dossier": appointment.matter.dossier_code or None,
        "procedure": appointment.matter.procedure_code or None,
        "title": appointment.matter.title or None,
        "remind": appointment.remind,
        "page": wording.path(appointment),
    }


def _title(context: Context, code: str) -> str:
    """The procedure's name; "" for none or an unknown one."""
    published = context.knowledge_base.get(code) if code else None
    return published.guide.name if published else ""


def _iso(moment: datetime) -> str:
    return moment.isoformat()
