"""The audit log for people: filtered, with what changed side by side, and as a table to download."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Any
from urllib.parse import urlencode

import yaml
from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from bot.api.deps import ContextDep
from bot.console.rendering import CONSOLE, console_page
from bot.console.session import ManagerDep
from bot.context import Context
from common.audit import AuditEntry
from common.clock import LOCAL, to_local

__all__ = ["Change", "action_names", "changes", "router", "subject_name"]

_SIZE = 50
# A download is for a spreadsheet; more is a matter for a database's own tools.
_MOST_ROWS = 10_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
router = APIRouter(prefix="/console/audit", include_in_schema=False)
Word = Annotated[str, Query(max_length=160)]


@dataclass(frozen=True)
class Change:
    """One field before and after; "" where there was nothing."""

    field: str
    before: str
    after: str


@router.get("")
async def audit(
    request: Request,
    context: ContextDep,
    staff: ManagerDep,
    actor: Word = "",
    action: Word = "",
    subject: Word = "",
    since: Word = "",
    until: Word = "",
    before: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """Fifty acts, the newest first, older than the act `before`."""
    asked = {"actor": actor, "action": action, "subject": subject, "since": since, "until": until}
    found = await run_sync(lambda: _read(context, asked, before, _SIZE + 1))
    shown = found[:_SIZE]
    return console_page(
        request, "access/audit.html", staff=staff, entries=[(entry, changes(entry)) for entry in shown], asked=asked,
        names=action_names(), named=subject_name, parts=_parts(), part_names=_words()["parts"],
        fields=_words()["fields"],
        query=urlencode(_given(asked)), first=not before, older=shown[-1].id if len(found) > _SIZE else 0)


@router.get("/export.csv")
async def export(
    context: ContextDep,
    staff: ManagerDep,
    actor: Word = "",
    action: Word = "",
    subject: Word = "",
    since: Word = "",
    until: Word = "",
) -> Response:
    """The same acts as CSV with a byte order mark, as office programs want it. Itself an act in the log."""
    asked = {"actor": actor, "action": action, "subject": subject, "since": since, "until": until}

    def made() -> str:
        found = _read(context, asked, 0, _MOST_ROWS)
        context.audit.note(staff.name, "access.export", "audit", after={"rows": len(found), **_given(asked)})
        return _table(found)

    return Response(
        "\ufeff" + await run_sync(made), media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="nhat-ky.csv"'})


def changes(entry: AuditEntry) -> Sequence[Change]:
    """What an act changed, field by field; fields that stayed as they were are left out."""
    before, after = entry.before or {}, entry.after or {}
    fields = [*before, *(field for field in after if field not in before)]
    return [
        Change(field, was, now)
        for field in fields
        if (was := _shown(before.get(field))) != (now := _shown(after.get(field)))
    ]


@cache
def action_names() -> Mapping[str, str]:
    """Act → its Vietnamese name."""
    named: dict[str, str] = yaml.safe_load((CONSOLE / "audit.yml").read_text("utf-8"))
    return named


def subject_name(subject: str) -> str:
    """What an act was done to, in words: "guide:1.001193" as "Hướng dẫn 1.001193"; without a kind, as it stands."""
    kind, _, rest = subject.partition(":")
    word = _words()["subjects"].get(kind) if rest else None
    return f"{word} {rest}" if word else subject


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    words: dict[str, dict[str, str]] = yaml.safe_load((CONSOLE / "audit_words.yml").read_text("utf-8"))
    return words


def _parts() -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
    """Acts by part, for the filter."""
    grouped: dict[str, list[tuple[str, str]]] = {}
    for action, title in action_names().items():
        grouped.setdefault(action.partition(".")[0], []).append((action, title))
    return list(grouped.items())


def _read(context: Context, asked: Mapping[str, str], before: int, limit: int) -> Sequence[AuditEntry]:
    until = _midnight(asked["until"])
    return context.audit.page(
        actor=asked["actor"].strip(), action=asked["action"], subject=asked["subject"].strip(),
        since=_midnight(asked["since"]), until=until + timedelta(days=1) if until else None, before_id=before,
        limit=limit)


def _midnight(day: str) -> datetime | None:
    """The beginning of a day in Vietnam; None for none, or for what is no date."""
    try:
        return datetime.combine(date.fromisoformat(day), time(), LOCAL) if day else None
    except ValueError:
        return None


def _table(entries: Sequence[AuditEntry]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["Số", "Lúc", "Ai", "Việc", "Đối tượng", "Trước", "Sau", "Lý do"])
    for entry in entries:
        changed = changes(entry)
        writer.writerow(_cell(value) for value in (
            str(entry.id), f"{to_local(entry.at):%d/%m/%Y %H:%M:%S}", entry.actor,
            action_names().get(entry.action, entry.action), subject_name(entry.subject),
            "; ".join(f"{item.field}: {item.before}" for item in changed if item.before),
            "; ".join(f"{item.field}: {item.after}" for item in changed if item.after), entry.reason))
    return text.getvalue()


def _cell(text: str) -> str:
    """Text that a spreadsheet would run as a formula is kept from it (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _given(asked: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in asked.items() if value}


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "có" if value else "không"
    if isinstance(value, list):
        return ", ".join(_shown(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_shown(item)}" for key, item in value.items())
    return _words()["values"].get(str(value), str(value))
