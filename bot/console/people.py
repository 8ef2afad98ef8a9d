"""Accounts of staff, kept by an administrator."""

from __future__ import annotations

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from bot.access.model import Person, Role, Staff
from bot.api.deps import ContextDep
from bot.console.rendering import console_page, see_other
from bot.console.session import AdminDep, FormOf
from bot.context import Context
from common.errors import Conflict, Forbidden, InvalidInput, ISeeError, NotFound

__all__ = ["ROLE_NAMES", "router"]

_PEOPLE = "/console/people"
_SIZE = 50
router = APIRouter(prefix=_PEOPLE, include_in_schema=False)
Short = Annotated[str, Form(max_length=200)]
Reason = Annotated[str, Form(max_length=500)]
ROLE_NAMES = {
    Role.ADMIN: "Quản trị", Role.MANAGER: "Quản lý", Role.CURATOR: "Biên tập", Role.AGENT: "Trực tư vấn",
    Role.OFFICER: "Xử lý hồ sơ", Role.ASSISTANT: "Hỗ trợ tại quầy",
}


@router.get("")
async def people(
    request: Request,
    context: ContextDep,
    staff: AdminDep,
    q: Annotated[str, Query(max_length=100)] = "",
    role: Annotated[str, Query(max_length=16)] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    wanted = Role(role) if role in set(Role) else None
    found = await run_sync(context.accounts.people.page, q.strip(), wanted, page)
    return console_page(
        request, "access/people.html", staff=staff, people=found[:_SIZE], more=len(found) > _SIZE, page=page, q=q,
        role=wanted, roles=ROLE_NAMES)


@router.get("/new")
async def new_person(request: Request, context: ContextDep, staff: AdminDep) -> Response:
    return await _new(request, context, staff)


@router.post("/new")
async def add_person(
    request: Request,
    context: ContextDep,
    staff: AdminDep,
    _: FormOf,
    name: Short = "",
    role: Short = "",
    display_name: Short = "",
    unit: Short = "",
    email: Short = "",
) -> Response:
    """Adds a person; the generated password is shown once."""
    given = {"name": name.strip(), "role": role, "display_name": display_name, "unit": unit, "email": email}
    try:
        chosen = _role(role)
        if not display_name.strip():
            raise InvalidInput("Vui lòng nhập họ tên hoặc chức danh mà người dân sẽ thấy.", field="display_name")
        password = await run_sync(lambda: context.accounts.people.add(
            given["name"], chosen, display_name=display_name, unit=unit, email=email, actor=staff.name))
    except (InvalidInput, Conflict) as error:
        return await _new(request, context, staff, error, given)
    return console_page(
        request, "access/password.html", staff=staff, account=given["name"], password=password, new=True)


@router.get("/{name}")
async def person(request: Request, context: ContextDep, staff: AdminDep, name: str) -> Response:
    return await _person(request, context, staff, name)


@router.post("/{name}")
async def change_person(
    request: Request,
    context: ContextDep,
    staff: AdminDep,
    _: FormOf,
    name: str,
    role: Short = "",
    display_name: Short = "",
    unit: Short = "",
    email: Short = "",
    reason: Reason = "",
) -> Response:
    try:
        chosen = _role(role)
        await run_sync(lambda: context.accounts.people.change(
            name, role=chosen, display_name=display_name, unit=unit, email=email, actor=staff.name, reason=reason))
    except (InvalidInput, Conflict, Forbidden) as error:
        given = {"role": role, "display_name": display_name, "unit": unit, "email": email, "reason": reason}
        return await _person(request, context, staff, name, error, given)
    return see_other(f"{_PEOPLE}/{name}")


@router.post("/{name}/{act}")
async def act_on_person(
    request: Request, context: ContextDep, staff: AdminDep, _: FormOf, name: str, act: str, reason: Reason = ""
) -> Response:
    """Locks, unlocks, resets, ends sessions, removes."""
    try:
        password = await run_sync(_act, context, staff, name, act, reason.strip())
    except (InvalidInput, Forbidden) as error:
        return await _person(request, context, staff, name, error, {"reason": reason})
    if password:
        return console_page(request, "access/password.html", staff=staff, account=name, password=password, new=False)
    return see_other(_PEOPLE if act == "remove" else f"{_PEOPLE}/{name}")


def _act(context: Context, staff: Staff, name: str, act: str, reason: str) -> str:
    """Does it; returns a new password where there is one. Raises NotFound, Forbidden, InvalidInput."""
    known = context.accounts.people
    if act in ("lock", "remove") and not reason:
        raise InvalidInput("Vui lòng ghi lý do.", field="reason")
    if act == "lock":
        known.lock(name, staff.name, reason)
    elif act == "unlock":
        known.unlock(name, staff.name)
    elif act == "password":
        return known.reset_password(name, staff.name)
    elif act == "factor":
        known.reset_factor(name, staff.name)
    elif act == "sessions":
        known.get(name)
        context.accounts.sessions.revoke_all(name, staff.name, staff.session)
    elif act != "remove" or not known.remove(name, staff.name, reason):
        raise NotFound("Không có tài khoản hoặc thao tác này.")
    return ""


def _role(given: str) -> Role:
    if given not in set(Role):
        raise InvalidInput("Vui lòng chọn vai trò.", field="role")
    return Role(given)


async def _new(
    request: Request, context: Context, staff: Staff, error: ISeeError | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    return console_page(
        request, "access/person_new.html", status=error.status if error else 200,
        problem=error.detail if error else "", staff=staff, given=given or {}, roles=ROLE_NAMES,
        units=await run_sync(_units, context))


async def _person(
    request: Request, context: Context, staff: Staff, name: str, error: ISeeError | None = None,
    given: dict[str, str] | None = None,
) -> Response:
    found: Person = await run_sync(context.accounts.people.get, name)
    return console_page(
        request, "access/person.html", status=error.status if error else 200, problem=error.detail if error else "",
        staff=staff, person=found, given=given or {}, roles=ROLE_NAMES, units=await run_sync(_units, context),
        sessions=await run_sync(context.accounts.sessions.of, name))


def _units(context: Context) -> list[str]:
    """Service centres, and what others have been entered with."""
    centres = [point.name for point in context.dossiers.centres.directory.points()]
    return sorted({*centres, *context.accounts.people.units()})
