"""`/notices/{token}`: what one is told and reminded of, each as easily ended as begun."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Any

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Request
from icalendar import Alarm, Calendar, Event
from starlette.responses import Response

from actions.notices.cards import KIND
from actions.notices.renewals import By, load_renewals
from actions.notices.renewing import KIND as RENEWAL
from bot.api.deps import ContextDep
from bot.context import Context
from bot.pages.rendering import PageRoute, SameSite, page, post_or_again
from common.clock import utc_now
from common.errors import InvalidInput, ISeeError, NotFound

__all__ = ["router"]

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/notices/{token}")
async def notices(request: Request, context: ContextDep, token: str) -> Response:
    conversation_id = context.dossiers.links.open(KIND, token)
    return await run_sync(lambda: _page(request, context, token, conversation_id))


@router.post("/notices/{token}/choices", dependencies=[SameSite])
async def choose(
    request: Request,
    context: ContextDep,
    token: str,
    purpose: Annotated[str, Form(max_length=16)],
    given: Annotated[str, Form(max_length=3)] = "no",
    address: Annotated[str, Form(max_length=254)] = "",
    phone: Annotated[str, Form(max_length=30)] = "",
) -> Response:
    """One purpose on or off; `all` off at once."""
    conversation_id = context.dossiers.links.open(KIND, token)
    service = context.dossiers.notices

    def act() -> None:
        if purpose == "all":
            service.stop(conversation_id)
        elif purpose == "mail":
            service.mail_to(conversation_id, address if given == "yes" else "")
        elif purpose == "zalo" and (given != "yes" or service.phones):
            service.phone_to(conversation_id, phone if given == "yes" else "")
        elif purpose in ("dossier", "reminder"):
            service.choose(conversation_id, "dossier" if purpose == "dossier" else "reminder", given == "yes")

    return await _done(request, context, token, conversation_id, act, "choices")


@router.post("/notices/{token}/reminders", dependencies=[SameSite])
async def remind(
    request: Request,
    context: ContextDep,
    token: str,
    item: Annotated[str, Form(max_length=32)],
    on: Annotated[str, Form(max_length=20)] = "",
    by: Annotated[str, Form(max_length=8)] = "expiry",
    issued: Annotated[str, Form(max_length=20)] = "",
    name: Annotated[str, Form(max_length=60)] = "",
    agree: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """A renewal reminder from a date, with consent to keep the date for it."""
    conversation_id = context.dossiers.links.open(KIND, token)
    service = context.dossiers.notices

    def act() -> None:
        texts = service.cards.texts
        if agree != "yes":
            raise InvalidInput(texts.render("page.agree"), field="agree")
        kind: By = "birth" if by == "birth" else "expiry"
        given = service.questions.read(on, kind)
        since = service.questions.read(issued, "birth") if issued.strip() else None
        if given is None or (issued.strip() and since is None):
            raise InvalidInput(texts.render("renewal.unread"), field="on")
        made = service.renewals.set(conversation_id, item, kind, given, since, " ".join(name.split()))
        if made.status != "set":
            paper = load_renewals()[item]
            raise InvalidInput(texts.render(f"renewal.{made.status}", name=paper.name, todo=paper.todo))

    return await _done(request, context, token, conversation_id, act, "reminders")


@router.post("/notices/{token}/reminders/{reminder_id}/cancel", dependencies=[SameSite])
async def cancel(request: Request, context: ContextDep, token: str, reminder_id: str) -> Response:
    conversation_id = context.dossiers.links.open(KIND, token)
    renewals = context.dossiers.notices.renewals
    return await _done(
        request, context, token, conversation_id, lambda: renewals.cancel(conversation_id, reminder_id), "reminders")


@router.get("/notices/{token}/reminders/{reminder_id}.ics")
async def calendar(context: ContextDep, token: str, reminder_id: str) -> Response:
    """The reminder for the calendar of one's own phone, which remembers longer than a conversation."""
    conversation_id = context.dossiers.links.open(KIND, token)
    service = context.dossiers.notices
    listed = await run_sync(service.reminders, conversation_id)
    found = next((item for item in listed if item.id == reminder_id), None)
    if found is None:
        raise NotFound(service.cards.texts.render("renewal.empty"))
    event = Event()
    event.add("uid", f"{found.id}@isee")
    event.add("dtstamp", utc_now())
    event.add("dtstart", found.at)
    event.add("dtend", found.at + timedelta(minutes=30))
    event.add("summary", service.cards.texts.render("page.ics", name=service.renewals.called(found)))
    event.add("description", str(found.values.get("todo", "")))
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", service.renewals.called(found))
    alarm.add("trigger", timedelta(0))
    event.add_component(alarm)
    made = Calendar()
    made.add("prodid", "-//iSee//vi")
    made.add("version", "2.0")
    made.add_component(event)
    return Response(made.to_ical(), media_type="text/calendar; charset=utf-8", headers={
        "Content-Disposition": 'attachment; filename="nhac-viec.ics"', "Referrer-Policy": "no-referrer"})


async def _done(
    request: Request, context: Context, token: str, conversation_id: str, act: Any, anchor: str
) -> Response:
    return await post_or_again(
        act, lambda _: f"/notices/{token}?done=1#{anchor}",
        lambda error: run_sync(_page, request, context, token, conversation_id, error))


def _page(
    request: Request, context: Context, token: str, conversation_id: str, error: ISeeError | None = None
) -> Response:
    service = context.dossiers.notices
    reminders = [
        {
            "id": item.id, "name": service.renewals.called(item), "at": item.at,
            "due": date.fromisoformat(item.values["due"]) if item.kind == RENEWAL else None,
        }
        for item in service.reminders(conversation_id)
    ]
    return page(
        request, "notices/notices.html", status=error.status if error else 200, token=token,
        problem=error.detail if error else "", choices=service.choices(conversation_id), reminders=reminders,
        papers=load_renewals(), mails=service.mails, phones=service.phones,
        quiet=context.settings.quiet_hours.replace("-", " đến "),
        done=not error and request.query_params.get("done") == "1")
