"""Texts that count from a later day, health marks, and drafts whose ground moved: over a real database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from common.audit import AuditLog
from common.clock import local_date
from common.errors import Conflict, Forbidden, InvalidInput, NotFound, NotReady
from knowledge_base.drafting.bundle import Drafting, build_drafting
from knowledge_base.drafting.health import MarkKind, marks_of
from knowledge_base.drafting.listing import Filter
from knowledge_base.drafting.states import State
from knowledge_base.model import Guide, Origin, Published
from knowledge_base.snapshot import Snapshot
from knowledge_base.store import KnowledgeBase
from knowledge_base.twins import Group, Kind, Twins
from tests.knowledge_base.conftest import guide_data
from tests.template import empty_database

CODE = "1.001193"
TODAY = local_date()


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Drafting]:
    database = empty_database(tmp_path)
    kb = KnowledgeBase(database)
    kb.publish(Guide.model_validate(guide_data()), Origin.CURATED, author="isee", reason="bản đầu")
    yield build_drafting(database, kb, tmp_path)
    database.dispose()


def _written(room: Drafting, **fields: Any) -> int:
    """A draft with `fields` changed, approved by another person; returns its revision."""
    draft = room.drafts.begin(CODE, "lan")
    payload = {key: value for key, value in {**draft.payload, **fields}.items() if value is not None}
    draft = room.drafts.save(CODE, payload, draft.revision, "lan").draft
    room.drafts.send(CODE, "", "lan", draft.revision)
    return room.drafts.approve(CODE, "minh", draft.revision).revision


def _fee(amount: int) -> list[dict[str, Any]]:
    return [{"amount": 0, "when": "on_time"}, {"amount": amount, "when": "late"}]


def test_a_text_waits_for_its_day_and_keeps_what_was_corrected_meanwhile(room: Drafting) -> None:
    day = TODAY + timedelta(days=40)
    _written(room, fee=_fee(9000), effective_from=day.isoformat())
    done = room.publication.publish(CODE, "mức thu mới", "minh", None)
    assert done.draft.state is State.SCHEDULED and done.draft.publish_on == day

    def said() -> tuple[int, int | None, str | None]:
        found = room.kb.get(CODE)
        assert found
        return found.version, found.guide.fee[1].amount, found.guide.summary

    assert said() == (1, 8000, "Ghi nhận việc thử.")
    _written(room, summary="Ghi nhận việc thử, đã sửa.")
    room.publication.publish(CODE, "sửa tóm tắt", "lan", None)
    assert said() == (2, 8000, "Ghi nhận việc thử, đã sửa.")
    assert room.publication.publish_due(day - timedelta(days=1)) == 0
    assert room.publication.publish_due(day) == 1 and room.publication.publish_due(day) == 0
    newest = room.kb.published(CODE, Origin.CURATED)
    assert newest and newest.guide.fee[1].amount == 9000 and newest.guide.summary == "Ghi nhận việc thử, đã sửa."
    assert [info.reviewer for info in room.kb.history(CODE)] == ["minh", "minh", ""]


@dataclass
class Report:
    ran: int = 5
    gains: tuple[str, ...] = ()
    losses: tuple[str, ...] = ("hỏi một đằng",)
    broken: tuple[str, ...] = ("1.000009",)
    allowed: bool = False


class LaterGate:
    """Finds nothing on the day of publishing, and a broken guide on the day from which the text counts."""

    def __init__(self) -> None:
        self.asked: list[Guide] = []
        self.kept: list[Any] = []
        self.ready = True

    def check(self, guide: Guide) -> Report:
        if not self.ready:
            raise NotReady("chưa có chỉ mục")
        self.asked.append(guide)
        return Report(losses=(), broken=(), allowed=True) if len(self.asked) == 1 else Report()

    def keep(self, verdict: Any) -> None:
        self.kept.append(verdict)


def test_the_gate_is_asked_again_on_the_day_and_what_is_lost_is_logged(room: Drafting) -> None:
    day, gate = TODAY + timedelta(days=40), LaterGate()
    _written(room, fee=_fee(9000), effective_from=day.isoformat())
    assert room.publication.publish(CODE, "mức thu mới", "minh", gate).draft.state is State.SCHEDULED
    assert gate.kept == [], "nothing that citizens read has changed yet"
    _written(room, summary="Ghi nhận việc thử, đã sửa.")
    room.publication.publish(CODE, "sửa tóm tắt", "lan", None)

    assert room.publication.publish_due(day, gate) == 1, "a law counts from its day, whatever a question does"
    assert (gate.asked[-1].fee[1].amount, gate.asked[-1].summary) == (9000, "Ghi nhận việc thử, đã sửa.")
    assert [verdict.losses for verdict in gate.kept] == [("hỏi một đằng",)]
    [logged] = AuditLog(room.publication._database).page(action="guide.gate")
    assert (logged.actor, logged.subject) == ("system", f"guide:{CODE}") and logged.after["broken"] == ["1.000009"]


def test_a_gate_that_cannot_say_holds_nothing_back(room: Drafting) -> None:
    gate = LaterGate()
    _written(room, effective_from=(TODAY + timedelta(days=3)).isoformat())
    room.publication.publish(CODE, "sớm", "minh", gate)
    gate.ready = False
    assert room.publication.publish_due(TODAY + timedelta(days=3), gate) == 1 and gate.kept == []


def test_a_scheduled_text_can_be_taken_back(room: Drafting) -> None:
    _written(room, effective_from=(TODAY + timedelta(days=3)).isoformat())
    draft_id = room.publication.publish(CODE, "sớm", "minh", None).draft.id
    with pytest.raises(InvalidInput):
        room.publication.unschedule(draft_id, " ", "lan")
    room.publication.unschedule(draft_id, "nhầm ngày", "lan")
    with pytest.raises(Conflict):
        room.publication.unschedule(draft_id, "lần nữa", "lan")
    assert room.publication.publish_due(TODAY + timedelta(days=9)) == 0


def test_nobody_approves_what_they_wrote_and_nothing_skips_a_step(room: Drafting) -> None:
    draft = room.drafts.begin(CODE, "lan")
    draft = room.drafts.save(CODE, {**draft.payload, "summary": "một"}, draft.revision, "lan").draft
    draft = room.drafts.save(CODE, {**draft.payload, "summary": "hai"}, draft.revision, "minh").draft
    with pytest.raises(Conflict):
        room.publication.publish(CODE, "lý do", "lan", None)
    room.drafts.send(CODE, "nhờ xem", "lan", draft.revision)
    for name in ("lan", "minh"):
        with pytest.raises(Forbidden):
            room.drafts.approve(CODE, name, draft.revision)
    with pytest.raises(InvalidInput):
        room.drafts.send_back(CODE, {"summary": " "}, "hoa")
    assert room.drafts.save(CODE, {**draft.payload, "summary": "ba"}, draft.revision, "lan").kept
    with pytest.raises(Conflict):
        room.drafts.approve(CODE, "hoa", draft.revision - 1)
    room.drafts.approve(CODE, "hoa", draft.revision)
    with pytest.raises(InvalidInput):
        room.publication.publish(CODE, "  ", "lan", None)
    room.publication.publish(CODE, "đã thống nhất", "lan", None)
    info = room.kb.history(CODE)[0]
    assert (info.author, info.reviewer, info.reason) == ("lan, minh", "hoa", "đã thống nhất")
    with pytest.raises(NotFound):
        room.drafts.get(CODE)


def test_a_draft_on_old_ground_is_merged_before_it_goes_on(room: Drafting) -> None:
    draft = room.drafts.begin(CODE, "lan")
    draft = room.drafts.save(CODE, {**draft.payload, "summary": "của nháp"}, draft.revision, "lan").draft
    other = Guide.model_validate(guide_data(agency="Ủy ban nhân dân phường"))
    room.kb.publish(other, Origin.CURATED, author="ai đó", reason="qua dòng lệnh")
    with pytest.raises(Conflict):
        room.drafts.send(CODE, "", "lan", draft.revision)
    chosen = {**draft.payload, "agency": "Ủy ban nhân dân phường"}
    draft = room.drafts.resolve(CODE, chosen, draft.revision, "lan")
    assert draft.base_version == 2 and room.drafts.moved(draft) is None
    room.drafts.send(CODE, "", "lan", draft.revision)
    actions = [entry.action for entry in AuditLog(room.drafts._database).page(subject=f"guide:{CODE}")]
    assert actions == ["guide.send", "guide.merge", "guide.begin"]


def test_what_is_typed_after_the_draft_is_gone_is_still_kept(room: Drafting) -> None:
    draft = room.drafts.begin(CODE, "lan")
    room.drafts.discard(CODE, "không cần nữa", "minh")
    saved = room.drafts.save(CODE, {**draft.payload, "summary": "gõ dở"}, draft.revision, "lan")
    aside = room.drafts.aside(saved.draft, "lan")
    assert saved.kept and aside and aside.payload["summary"] == "gõ dở"
    assert saved.draft.payload["summary"] == "Ghi nhận việc thử."


def test_old_versions_come_back_as_drafts(room: Drafting) -> None:
    _written(room, summary="bản hai")
    room.publication.publish(CODE, "sửa", "lan", None)
    draft = room.drafts.begin(CODE, "lan", version=1, reason="bản hai sai")
    assert draft.payload["summary"] == "Ghi nhận việc thử." and draft.base_version == 2
    for error, version in ((Conflict, 1), (NotFound, 9)):
        with pytest.raises(error):
            room.drafts.begin(CODE, "minh", version=version)


def _marks(*guides: dict[str, Any], groups: Twins | None = None, day: date = date(2026, 7, 2)) -> dict[str, set[str]]:
    kb = {}
    for data in guides:
        guide = Guide.model_validate(data)
        kb[(guide.code, Origin.CURATED)] = Published(guide=guide, origin=Origin.CURATED, version=1)
    found = marks_of(Snapshot(1, day, kb), groups or Twins())
    return {code: {str(mark.kind) for mark in marks} for code, marks in found.items()}


def test_health_marks() -> None:
    fee = [{"amount": 5000}]
    family = Twins((Group(Kind.LEVEL, "1.000001", ("1.000001", "1.000002")),))
    found = _marks(
        guide_data("1.000001", fee=fee, effective_to="2026-07-20"),
        guide_data("1.000002", fee=[{"amount": 7000}], effective_to="2026-07-01"),
        guide_data("1.000003", name="Đăng ký việc thử  1.000004", checked_on="2025-12-20"),
        guide_data("1.000004", questions=None),
        guide_data("1.000005", checked_on=None),
        guide_data("1.000006"),
        groups=family,
    )
    assert found == {
        "1.000001": {MarkKind.EXPIRING, MarkKind.CONTRADICTION},
        "1.000002": {MarkKind.EXPIRED, MarkKind.CONTRADICTION},
        "1.000003": {MarkKind.DUPLICATE, MarkKind.UNCHECKED},
        "1.000004": {MarkKind.DUPLICATE, MarkKind.UNPHRASED},
        "1.000005": {MarkKind.UNCHECKED},
    }


def test_the_list_finds_with_and_without_diacritics_and_knows_drafts(room: Drafting) -> None:
    room.drafts.begin("1.009999", "lan", name="Thủ tục mới tinh")
    room.drafts.begin(CODE, "lan")
    for typed in ("viec thu", "Việc thử ho tich", "1.001193", "ỦY BAN cap xa"):
        assert [row.code for row in room.listing.find(Filter(q=typed)).rows] == [CODE], typed
    found = room.listing.find(Filter(state="draft"))
    assert {row.code for row in found.rows} == {CODE, "1.009999"} and found.states == {"draft": 2}
    assert not room.listing.find(Filter(q="moi tinh", origin="curated")).rows
    failing = build_drafting(room.drafts._database, room.kb, Path(), failing=lambda: {CODE: 3}).listing
    assert [mark.count for mark in failing.find(Filter(mark="failing")).rows[0].marks] == [3]
