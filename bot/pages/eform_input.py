"""What the one-page form sends: answers by field, confirmed names, files, and the button pressed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from anyio.from_thread import run as run_async
from fastapi import Request
from starlette.datastructures import UploadFile

from actions.dossiers.attachments.uploads import Upload
from actions.dossiers.eforms.draft import Draft
from actions.dossiers.eforms.moves import Moves
from bot.context import Context
from common.errors import InvalidInput, TooLarge

__all__ = ["Sent", "checked_files", "moved", "sent", "take_files"]

_MOST_FIELDS = 1500
_MOST_CHARS = 4000
ANSWER, SURE, PICK, FILE = "a:", "sure:", "pick:", "file:"


@dataclass(frozen=True)
class Sent:
    """`typed`: answers by path; `sure`: names confirmed as typed; `do`: the button."""

    typed: Mapping[str, str]
    sure: frozenset[str]
    files: Mapping[str, UploadFile]
    do: str
    state: str = ""


async def sent(request: Request) -> Sent:
    """Reads the form of a request. A reading picked for an ambiguous answer takes the place of the answer."""
    form = await request.form(max_fields=_MOST_FIELDS, max_files=100)
    typed: dict[str, str] = {}
    files: dict[str, UploadFile] = {}
    sure: set[str] = set()
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if name.startswith(FILE) and value.filename:
                files[name.removeprefix(FILE)] = value
        elif name.startswith(ANSWER):
            typed[name.removeprefix(ANSWER)] = value[:_MOST_CHARS]
        elif name.startswith(SURE):
            sure.add(name.removeprefix(SURE))
    for name, value in form.multi_items():
        if name.startswith(PICK) and isinstance(value, str) and value:
            typed[name.removeprefix(PICK)] = value[:_MOST_CHARS]
    do, state = form.get("do"), form.get("state")
    return Sent(
        typed, frozenset(sure), files, do if isinstance(do, str) else "update", state if isinstance(state, str) else "")


def moved(moves: Moves, do: str) -> Callable[[Draft], Draft]:
    """What the button does to the draft: `add:members`, `remove:members.2`, `drop:housing_file`."""
    kind, _, path = do.partition(":")
    match kind:
        case "add":
            return lambda draft: moves.add_item(draft, path)
        case "remove":
            return lambda draft: moves.remove_item(draft, path)
        case "drop":
            return lambda draft: moves.take_out(draft, path)
        case _:
            return lambda draft: draft


def checked_files(
    context: Context, draft: Draft, given: Sent
) -> tuple[dict[str, Upload], dict[str, InvalidInput]]:
    """The files sent that answer a question of the draft, and what is wrong with those refused, by field. In a worker
    thread.
    """
    good: dict[str, Upload] = {}
    problems: dict[str, InvalidInput] = {}
    asked = {field.name: field for field in draft.visible if field.type == "file"}
    for name, file in given.files.items():
        if name not in asked:
            continue
        try:
            good[name] = context.dossiers.uploads.check(file.filename or "", run_async(file.read), asked[name].accept)
        except (InvalidInput, TooLarge) as problem:
            problems[name] = InvalidInput(problem.detail, field=name)
    return good, problems


def take_files(context: Context, draft: Draft, given: Sent) -> dict[str, InvalidInput]:
    """Checks and stores each file sent; what is wrong with one, by field. In a worker thread."""
    good, problems = checked_files(context, draft, given)
    for name, upload in good.items():
        file_id = context.dossiers.uploads.store(draft.conversation_id, upload)
        context.dossiers.drafts.attach(draft.conversation_id, file_id, name)
    return problems
