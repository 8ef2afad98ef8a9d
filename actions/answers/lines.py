"""One-line forms of a guide's values: fee, time, channels, documents. No value is computed or reworded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from actions.messages import Messages, duration, sentences, vnd
from common.language import in_english
from knowledge_base.model import Case, Document, Fee, Guide, Time

__all__ = [
    "by_case",
    "catalogue_lines",
    "channel_line",
    "clipped",
    "document",
    "fee_item",
    "fee_items",
    "fee_line",
    "names_by_case",
    "needed",
    "time_item",
    "time_items",
    "time_line",
]

# Notes of papers are cut between sentences beyond this; those of a case's papers are shown only where they fit.
_LONG_NOTE = 200
_SHORT_NOTE = 120
_FEE_NOTE = 200

_Bound = TypeVar("_Bound", Document, Fee, Time)


def needed(items: Sequence[_Bound], case: Case | None) -> list[_Bound]:
    """What always applies, and what applies to `case` when one is chosen."""
    return [item for item in items if item.when is None or (case is not None and item.when == case.id)]


def document(messages: Messages, item: Document) -> dict[str, Any]:
    """A document with its copies in words and its note, long ones cut between sentences."""
    return {
        "name": item.name,
        "note": sentences(item.note, _LONG_NOTE) if item.note else "",
        "copies_text": messages.render(f"copies.{item.kind}", count=item.copies) if item.copies else "",
    }


def by_case(messages: Messages, guide: Guide) -> list[dict[str, Any]]:
    """The case-bound documents, case by case; their notes only where they are short."""
    groups = ((case.label, [item for item in guide.documents if item.when == case.id]) for case in guide.cases)
    return [
        {"label": label, "documents": [_briefly(document(messages, item)) for item in items]}
        for label, items in groups
        if items
    ]


def names_by_case(guide: Guide) -> list[dict[str, Any]]:
    """What each case adds, by name only, for the overview; cases that add no paper are left out."""
    groups = ((case.label, [item.name for item in guide.documents if item.when == case.id]) for case in guide.cases)
    return [{"label": label, "names": names} for label, names in groups if names]


def fee_line(messages: Messages, guide: Guide, case: Case | None) -> str:
    """The fee in one line, for the overview: what is settled, else the guide's own words on who confirms it."""
    fees = (needed(guide.fee, case) if case else None) or guide.fee
    if not fees:
        return messages.render("line.fee_unsettled")
    general = next((fee for fee in fees if fee.when is None), fees[0])
    amounts = sorted({fee.amount for fee in fees if fee.amount is not None})
    if len(amounts) > 1:
        low = vnd(amounts[0]) if amounts[0] else messages.render("line.fee_free").lower()
        return messages.render("line.fee_range", low=low, high=vnd(amounts[-1]))
    value = sentences(_fee_value(messages, general), _FEE_NOTE)
    if amounts and general.amount is not None and any(fee.amount is None for fee in fees):
        return messages.render("line.fee_mostly", value=value)
    return value


def fee_items(messages: Messages, guide: Guide, case: Case | None) -> list[str]:
    """Each fee with the case it belongs to and its note; the sentence for "not settled" where there is none."""
    fees = needed(guide.fee, case) if case else guide.fee
    items = [fee_item(messages, fee, _label(guide, fee.when, case)) for fee in fees]
    return items or [messages.render("line.fee_unsettled")]


def fee_item(messages: Messages, fee: Fee, label: str = "") -> str:
    """One fee with its note; `label` names the case that it is for."""
    return messages.render("line.fee_item", label=label, value=_fee_value(messages, fee), note=_note(fee))


def time_line(messages: Messages, guide: Guide, case: Case | None) -> str:
    """The time limit in one line, for the overview."""
    times = needed(guide.time, case) or guide.time
    settled = [time for time in times if time.amount is not None and time.unit]
    if len(settled) == 1 or (settled and settled[0].when is None):
        return duration(settled[0])
    if settled:
        return messages.render("line.case_dependent")
    first = next((time.verbatim or time.note for time in times if time.verbatim or time.note), None)
    return clipped(first, 160) if first else messages.render("line.time_unset")


def time_items(messages: Messages, guide: Guide, case: Case | None) -> list[str]:
    """Each time limit with its case and note."""
    times = needed(guide.time, case) if case else guide.time
    return [time_item(messages, time, _label(guide, time.when, case)) for time in times or guide.time]


def time_item(messages: Messages, time: Time, label: str = "") -> str:
    """One time limit with its note; `label` names the case that it is for."""
    value = duration(time) if time.amount is not None and time.unit else time.verbatim or ""
    return messages.render("line.time_item", label=label, value=value, note=_note(time))


def channel_line(messages: Messages, guide: Guide) -> str:
    """How a dossier can be handed in."""
    if not guide.channels:
        return messages.render("line.channels_unset")
    return ", ".join(messages.render(f"channel.{channel}") for channel in guide.channels)


def catalogue_lines(messages: Messages, guide: Guide) -> dict[str, str]:
    """The facts that a catalogue entry has, a line each; what is unknown is left out."""
    values = {
        "field": guide.field,
        "agency": guide.agency,
        "fee": fee_line(messages, guide, None)
        if any(fee.amount is not None or fee.verbatim for fee in guide.fee)
        else None,
        "time": time_line(messages, guide, None) if guide.time else None,
        "channel": channel_line(messages, guide) if guide.channels else None,
        "decision": guide.decision_no,
    }
    return {name: messages.render(f"catalogue.{name}", value=value) for name, value in values.items() if value}


def clipped(text: str, limit: int) -> str:
    """`text`, cut at a blank before `limit` characters where it is longer."""
    text = text.strip()
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def _fee_value(messages: Messages, fee: Fee) -> str:
    if fee.amount is None and in_english() and (fee.verbatim or fee.note):
        return messages.render("line.fee_quoted", words=clipped(fee.verbatim or fee.note or "", 300))
    if fee.amount is None:
        return clipped(fee.verbatim, 300) if fee.verbatim else (fee.note or messages.render("line.fee_unsettled"))
    return vnd(fee.amount) if fee.amount else messages.render("line.fee_free")


def _note(item: Fee | Time) -> str:
    if isinstance(item, Fee) and item.amount is None and not item.verbatim:
        return ""
    return (item.note or "").rstrip(". ")


def _briefly(shown: dict[str, Any]) -> dict[str, Any]:
    note = sentences(shown["note"], _SHORT_NOTE)
    return {**shown, "note": note if len(note) <= _SHORT_NOTE else ""}


def _label(guide: Guide, when: str | None, case: Case | None) -> str:
    if when is None or case is not None:
        return ""
    return next((known.label for known in guide.cases if known.id == when), "")
