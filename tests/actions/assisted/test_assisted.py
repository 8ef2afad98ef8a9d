"""Help at a counter: who acted where for whom stands on the session, the timeline and the receipt."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from actions.assisted.tables import AssistedSessionRow
from actions.companion.bundle import Dossiers
from common.clock import utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound
from tests.actions.dossiers.citizen import KHAI_SINH, Citizen
from tests.actions.dossiers.conftest import citizen, home, keyring, room

__all__ = ["citizen", "home", "keyring", "room"]
CENTRE = "06673"


def begin(room: Dossiers, conversation: str = "c1", staff: str = "bich"):  # type: ignore[no-untyped-def]
    return room.assisted.open(conversation, staff, CENTRE, "khai_sinh", "Phạm Văn Lộc", True)


def test_what_is_missing_is_said(room: Dossiers) -> None:
    for form, name, consented, said in (
        ("khai_sinh", "Phạm Văn Lộc", False, "đánh dấu"), ("khai_sinh", " ", True, "Họ tên"),
        ("khong_co", "Phạm Văn Lộc", True, "chưa có tờ khai"),
    ):
        with pytest.raises(InvalidInput, match=said):
            room.assisted.open("c1", "bich", CENTRE, form, name, consented)
    with pytest.raises(NotFound):
        room.assisted.open("c1", "bich", "99999", "khai_sinh", "Phạm Văn Lộc", True)
    assert room.assisted.audit() == []


def test_the_dossier_says_who_helped_where(room: Dossiers, citizen: Citizen, database: Database) -> None:
    found = begin(room)
    assert "bich nhập cho Phạm Văn Lộc" in room.assisted.banner("c1")
    citizen.fills_in(KHAI_SINH)
    submitted = room.submissions.submit(found.draft_id)
    timeline = room.registry.show(submitted.code).timeline
    (entry,) = [entry for entry in timeline if entry.kind == "assisted"]
    assert entry.actor == "bich" and "phường Bãi Cháy" in entry.note and entry.label == "Được nộp giúp tại quầy"
    receipt = room.registry.receipt(submitted.code, "c1")
    assert "Nhân viên bich nhập và nộp giúp" in receipt.assisted
    (session,) = room.assisted.audit("bich")
    assert session.dossier_code == submitted.code and session.citizen == "" and session.ended_at
    assert session.consent_version == "ho-tro-1" and "Phạm Văn Lộc" not in room.assisted.banner("c1")
    with database.session(write=False) as opened:
        row = opened.scalars(select(AssistedSessionRow)).one()
        assert "Lộc".encode() not in row.sealed_citizen


def test_a_citizens_own_dossier_says_nothing_of_help(room: Dossiers, citizen: Citizen) -> None:
    citizen.fills_in(KHAI_SINH)
    active = room.drafts.active("c1")
    assert active
    submitted = room.submissions.submit(active.id)
    assert room.registry.receipt(submitted.code, "c1").assisted == "" and room.assisted.banner("c1") == ""


def test_an_ended_session_opens_nothing_and_its_draft_is_gone(room: Dossiers) -> None:
    found = begin(room)
    with pytest.raises(NotFound):
        room.assisted.end(found.id, "thu")
    room.assisted.end(found.id, "bich")
    with pytest.raises(Conflict, match="đã kết thúc"):
        room.assisted.banner("c1")
    assert room.drafts.active("c1") is None


def test_what_is_left_open_ends_by_itself(room: Dossiers, database: Database) -> None:
    found = begin(room)
    with database.session() as session:
        row = session.get(AssistedSessionRow, found.id)
        assert row
        row.opened_at = utc_now() - timedelta(hours=5)
    with pytest.raises(Conflict):
        room.assisted.banner("c1")
    room.assisted.expire()
    assert room.assisted.audit()[0].ended_at and room.drafts.active("c1") is None


def test_erasing_keeps_that_somebody_helped_and_forgets_whom(room: Dossiers) -> None:
    begin(room)
    room.assisted.erase("c1")
    (session,) = room.assisted.audit()
    assert session.staff == "bich" and not session.conversation_id.startswith("c1")
