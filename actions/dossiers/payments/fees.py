"""What a dossier costs: exactly as its guide says, or "to be confirmed". Nothing is added up, averaged or guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from actions.checklists.decide import Answers, Line, decide
from knowledge_base.model import Fee, Origin, Published

__all__ = ["Owed", "owed"]

_WORDS = yaml.safe_load((Path(__file__).parent / "fee_words.yml").read_text("utf-8"))
_UNCERTAIN, _PER_UNIT, _COUNTER, _ONLINE = (
    re.compile("|".join(_WORDS[name]), re.IGNORECASE) for name in ("uncertain", "per_unit", "counter", "online"))
_UNTIL = re.compile(_WORDS["until"], re.IGNORECASE)


@dataclass(frozen=True)
class Owed:
    """`amount` in đồng, 0 for free, None to be confirmed; `lines` are the guide's own notes that stand behind it."""

    amount: int | None
    lines: tuple[str, ...] = ()
    legal: str = ""
    guide_version: int = 0


def owed(published: Published | None, answers: Answers, today: date) -> Owed:
    """The fee of a dossier filed online by someone who gave `answers` (case id → yes, no, unsure).

    An amount is exact only when a curated guide has exactly one line for this case and way of filing, and that line
    holds today, for one dossier, without a reservation. All lines free means free.
    """
    if published is None:
        return Owed(None)
    lines = [line for line in decide(published.guide, answers).fee if not _at_the_counter(line.item)]
    notes = tuple(dict.fromkeys(line.item.note for line in lines if line.item.note))
    legal = "; ".join(dict.fromkeys(line.item.legal for line in lines if line.item.legal))
    amounts = {_amount(line, today) for line in lines}
    settled = published.origin is Origin.CURATED and len(amounts) == 1 and (len(lines) == 1 or amounts == {0})
    return Owed(amounts.pop() if settled else None, notes, legal, published.version)


def _at_the_counter(fee: Fee) -> bool:
    note = fee.note or ""
    return bool(_COUNTER.search(note)) and not _ONLINE.search(note)


def _amount(line: Line[Fee], today: date) -> int | None:
    """The amount of a line that leaves nothing open; None otherwise."""
    fee, note = line.item, line.item.note or ""
    if line.when is not None or fee.amount is None or fee.verbatim or _UNCERTAIN.search(note):
        return None
    if fee.amount and _PER_UNIT.search(note):
        return None
    for day, month, year in _UNTIL.findall(note):
        if today > date(int(year), int(month), int(day)):
            return None
    return fee.amount


