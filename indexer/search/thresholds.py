"""The thresholds that staff set in the place of the shipped ones: validated, versioned, the same in every replica."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from common.audit import record
from common.clock import utc_now
from common.database import Database
from common.errors import InvalidInput
from indexer.search.tables import ThresholdsRow

__all__ = ["ANSWER_RANGE", "DOMAIN_RANGE", "ThresholdStore", "Thresholds", "ThresholdsVersion"]

# Below, every second answer would be wrong; above, hardly anything would be answered.
ANSWER_RANGE = (0.3, 0.98)
# Below, small talk would be searched for; above, half of what is asked would be sent away.
DOMAIN_RANGE = (0.1, 0.9)
_LONGEST_REASON = 500


@dataclass(frozen=True)
class Thresholds:
    """Least probabilities: of being right, for an answer; of being about a procedure, for anything but abstaining."""

    answer_at: float
    domain_at: float

    def checked(self) -> Thresholds:
        """These, to three digits. Raises InvalidInput where one is out of its range."""
        for value, (low, high), name, field in (
            (self.answer_at, ANSWER_RANGE, "Ngưỡng trả lời", "answer_at"),
            (self.domain_at, DOMAIN_RANGE, "Ngưỡng nhận là thủ tục", "domain_at"),
        ):
            if not low <= value <= high:
                span = f"từ {low:.2f} đến {high:.2f}".replace(".", ",")
                raise InvalidInput(f"{name} phải {span}.", field=field)
        return Thresholds(round(self.answer_at, 3), round(self.domain_at, 3))


@dataclass(frozen=True)
class ThresholdsVersion:
    """One setting in the history; `values` None: back to the shipped ones."""

    id: int
    values: Thresholds | None
    author: str
    reason: str
    created_at: datetime


class ThresholdStore:
    """Reads and sets them. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self) -> Thresholds | None:
        """What counts now; None: what is shipped. Costs one small query."""
        newest = self.history(limit=1)
        return newest[0].values if newest else None

    def history(self, limit: int = 50, before_id: int = 0) -> list[ThresholdsVersion]:
        """Settings, the latest first; those older than `before_id` where it is given."""
        query = select(ThresholdsRow).order_by(ThresholdsRow.id.desc()).limit(limit)
        if before_id:
            query = query.where(ThresholdsRow.id < before_id)
        with self._database.session(write=False) as session:
            return [_version(row) for row in session.scalars(query)]

    def set(self, values: Thresholds | None, *, actor: str, reason: str) -> None:
        """Sets thresholds, or goes back to the shipped ones (None). Raises InvalidInput for a value out of range or a
        missing reason."""
        if not reason.strip() or len(reason) > _LONGEST_REASON:
            raise InvalidInput(f"Cần ghi lý do, tối đa {_LONGEST_REASON} ký tự.", field="reason")
        checked = values.checked() if values else None
        with self._database.session() as session:
            last = session.scalar(select(ThresholdsRow).order_by(ThresholdsRow.id.desc()).limit(1))
            row = ThresholdsRow(
                answer_at=checked.answer_at if checked else None,
                domain_at=checked.domain_at if checked else None,
                author=actor,
                reason=reason.strip(),
                created_at=utc_now(),
            )
            session.add(row)
            record(session, actor, "search.thresholds", "search:thresholds", before=_facts(last), after=_facts(row),
                   reason=row.reason)

    def restore(self, version: int, *, actor: str, reason: str) -> None:
        """Sets what `version` said once more, as a new version. Raises InvalidInput where there is none."""
        with self._database.session(write=False) as session:
            row = session.get(ThresholdsRow, version)
        if row is None:
            raise InvalidInput("Không có lần đặt ngưỡng này.", field="version")
        self.set(_version(row).values, actor=actor, reason=reason)


def _version(row: ThresholdsRow) -> ThresholdsVersion:
    set_ = row.answer_at is not None and row.domain_at is not None
    values = Thresholds(row.answer_at or 0.0, row.domain_at or 0.0) if set_ else None
    return ThresholdsVersion(row.id, values, row.author, row.reason, row.created_at)


def _facts(row: ThresholdsRow | None) -> dict[str, float | None]:
    return {"answer_at": row.answer_at if row else None, "domain_at": row.domain_at if row else None}
