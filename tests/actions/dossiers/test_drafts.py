"""Drafts under any order of answers, corrections and interruptions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from actions.companion.bundle import Dossiers
from actions.dossiers.eforms.draft_store import Draft
from actions.dossiers.eforms.eform import EField
from actions.dossiers.tables import DraftRow, DraftValueRow
from common.clock import utc_now
from common.database import Database
from common.errors import NotFound

SLUGS = ["khai_sinh", "tam_tru", "xac_nhan_hon_nhan", "trich_luc_ho_tich", "ket_hon", "ho_kinh_doanh", "huu_tri_xa_hoi"]
MOVES = ["answer", "wrong", "back", "edit", "skip", "pause"]
GOOD = {
    "name": "Nguyễn Thị Lan", "personal_id": "022190001234", "phone": "0912345678", "email": "a@example.com",
    "date": "05/03/1945", "commune": "Bãi Cháy", "number": "12", "address": "số 1, tổ 2", "text": "Nội dung cần ghi",
}


def good(field: EField, pick: int) -> str:
    if field.type == "choice":
        return field.choices[pick % len(field.choices)].value
    if field.type == "boolean":
        return ["có", "không"][pick % 2]
    if field.type == "number" and field.min is not None:
        return str(field.min)
    return GOOD[field.type]


def step(room: Dossiers, draft: Draft, pick: int) -> Draft:
    """One right answer to whatever is asked."""
    assert draft.field is not None
    if (not draft.field.required and pick % 3 == 0) or draft.field.type == "file":
        return room.drafts.skip(draft.conversation_id)
    return room.drafts.apply(draft.conversation_id, good(draft.field, pick))


@pytest.mark.parametrize("slug", SLUGS)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(picks=st.lists(st.integers(0, 11), min_size=1, max_size=8))
def test_every_path_through_every_form_ends_in_a_dossier(room: Dossiers, slug: str, picks: list[int]) -> None:
    room.drafts.start("c1", slug)
    draft = room.drafts.consent("c1", True)
    assert draft is not None
    turns = 0
    while draft.stage == "field":
        draft = step(room, draft, picks[turns % len(picks)])
        assert not draft.notice, (draft.field and draft.field.name, draft.notice)
        turns += 1
        assert turns < 60
    assert room.submissions.submit(draft.id).new


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.sampled_from(MOVES), st.integers(0, 30)), max_size=30))
def test_whatever_the_order_values_and_position_agree(
    room: Dossiers, database: Database, moves: list[tuple[str, int]]
) -> None:
    room.drafts.erase("c1")
    draft = room.drafts.start("c1", "khai_sinh")
    room.drafts.consent("c1", True)
    for move, pick in moves:
        draft = room.drafts.prompt("c1")
        if move == "answer" and draft.field:
            step(room, draft, pick)
        elif move == "wrong":
            room.drafts.apply("c1", "?")
        elif move == "back":
            room.drafts.back("c1")
        elif move == "skip":
            room.drafts.skip("c1")
        elif move == "edit":
            room.drafts.edit("c1", draft.form.fields[pick % len(draft.form.fields)].name)
        elif move == "pause":
            room.drafts.pause("c1")
            room.drafts.resume("c1")
        draft = room.drafts.prompt("c1")
        shown = {field.name for field in draft.visible}
        with database.session(write=False) as session:
            stored = set(session.scalars(select(DraftValueRow.field).where(DraftValueRow.draft_id == draft.id)))
        assert stored == set(draft.values) <= shown
        assert (draft.stage == "review") <= (stored == shown)
        assert draft.field is None or draft.field.name in shown


def test_one_open_draft_a_conversation_and_form(room: Dossiers, database: Database) -> None:
    with ThreadPoolExecutor(6) as pool:
        drafts = list(pool.map(lambda _: room.drafts.start("c1", "khai_sinh"), range(6)))
    assert len({draft.id for draft in drafts}) == 1
    room.drafts.start("c1", "tam_tru")
    active = room.drafts.active("c1")
    assert active is not None and active.form.slug == "tam_tru"
    assert {draft.form.slug for draft in room.drafts.resumable("c1")} == {"khai_sinh", "tam_tru"}
    resumed = room.drafts.resume("c1", "khai_sinh")
    assert resumed is not None and resumed.id == drafts[0].id


def test_old_drafts_expire(room: Dossiers, database: Database) -> None:
    room.drafts.start("c1", "khai_sinh")
    assert room.drafts.expire(utc_now() - timedelta(days=1)) == 0
    assert room.drafts.expire(utc_now() + timedelta(seconds=1)) == 1
    with database.session(write=False) as session:
        assert session.scalars(select(DraftRow.state)).all() == ["cancelled"]
    with pytest.raises(NotFound, match="không có hồ sơ nào"):
        room.drafts.apply("c1", "x")


def test_consent_is_recorded_with_its_version(room: Dossiers, database: Database) -> None:
    room.drafts.start("c1", "khai_sinh")
    room.drafts.consent("c1", True)
    with database.session(write=False) as session:
        row = session.scalars(select(DraftRow)).one()
    form = room.forms.get("khai_sinh")
    assert form is not None and row.consent_version == form.consent.version and row.consent_at is not None


def test_a_new_text_of_consent_is_agreed_to_again(room: Dossiers, monkeypatch: pytest.MonkeyPatch) -> None:
    room.drafts.start("c1", "khai_sinh")
    room.drafts.consent("c1", True)
    room.drafts.apply("c1", "Nguyễn Thị Lan")
    form = room.forms.get("khai_sinh")
    assert form is not None
    newer = form.model_copy(update={"consent": form.consent.model_copy(update={"version": "2027-01"})})
    monkeypatch.setitem(room.forms._by_slug, "khai_sinh", newer)
    draft = room.drafts.prompt("c1")
    assert draft.stage == "consent" and draft.values["applicant_name"].display == "Nguyễn Thị Lan"
    draft = room.drafts.consent("c1", True)
    assert draft is not None and draft.stage == "field" and draft.field and draft.field.name == "applicant_id"


def test_unknown_forms_are_refused(room: Dossiers) -> None:
    with pytest.raises(NotFound, match="chưa có tờ khai"):
        room.drafts.start("c1", "nothing")
