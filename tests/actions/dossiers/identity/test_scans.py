"""A photo of the card in the chat: read, shown, agreed to, filled in; and gone."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from actions.companion.bundle import Dossiers
from actions.dossiers.attachments import codes, images
from actions.dossiers.identity.tables import CardScanRow, IdentityConsentRow
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound
from common.settings import Settings
from tests.actions.dossiers.citizen import Citizen
from tests.actions.dossiers.identity.cards_drawn import PAYLOAD, card, jpeg, photo

TAM_TRU = '/submit_dossier{"procedure_code":"1.004194"}'
SCAN, FILL = "Chụp mã QR trên thẻ căn cước", "Đồng ý điền"


def begins(citizen: Citizen) -> None:
    citizen.sends(TAM_TRU)
    citizen.taps("Đồng ý")


def titles(citizen: Citizen) -> list[str]:
    return [button["title"] for reply in citizen.heard for button in reply.get("buttons", [])]


def test_the_card_fills_the_applicants_fields(citizen: Citizen, database: Database, home: Settings) -> None:
    begins(citizen)
    assert "chụp mã QR" in citizen.said and SCAN in titles(citizen)
    assert "góc trên bên phải" in citizen.taps(SCAN)
    assert citizen.heard[0]["form"]["field"]["type"] == "file"
    citizen.sends_file("IMG.jpg", jpeg(card()))
    # What was read is nowhere in what the engine and the stored conversation see.
    heard = str(citizen.heard) + str(citizen.transcripts) + str(citizen.seen_by_engine)
    assert not any(secret in heard for secret in ("022190001234", "Nguyễn Thị Lan", "Bãi Cháy"))
    shown = citizen.sees(citizen.heard[0])
    assert "022190001234" in shown and "05/03/1990" in shown and "không lưu" in shown
    said = citizen.taps(FILL)
    assert "đã điền từ thẻ 4 mục" in said and "điện thoại" in said
    draft = citizen.room.drafts.active("c1")
    assert draft
    sources = {name: value.source for name, value in draft.values.items()}
    assert sources == dict.fromkeys(
        ("applicant_name", "applicant_id", "applicant_birth_date", "permanent_address"), "card")
    with database.session() as session:
        assert session.scalars(select(CardScanRow)).first() is None
        consent = session.scalars(select(IdentityConsentRow)).one()
    assert (consent.purpose, consent.version) == ("card", "2026-11")
    assert not home.uploads_dir.exists() or not [path for path in home.uploads_dir.rglob("*") if path.is_file()]


def test_what_a_card_filled_can_be_corrected_and_then_counts_as_typed(citizen: Citizen) -> None:
    begins(citizen)
    citizen.taps(SCAN)
    citizen.sends_file("a.jpg", jpeg(card()))
    citizen.taps(FILL)
    drafts = citizen.room.drafts
    drafts.edit("c1", "applicant_name")
    assert drafts.apply("c1", "Nguyễn Thị Lan").values["applicant_name"].source == "card"
    drafts.edit("c1", "applicant_name")
    assert drafts.apply("c1", "Nguyễn Thị Liên").values["applicant_name"].source == "typed"


def test_a_photo_without_code_is_answered_with_advice(citizen: Citizen) -> None:
    begins(citizen)
    citizen.taps(SCAN)
    for image, words in ((card().crop((0, 0, 600, 638)), "ảnh mờ"), (card("https://example.vn"), "không phải của thẻ"),
                         (card(PAYLOAD.replace("|Nữ|", "|Nam|")), "không khớp nhau")):
        with pytest.raises(InvalidInput, match=words) as problem:
            citizen.room.intake.capture_upload("c1", "a.jpg", jpeg(image))
        assert "022190001234" not in str(problem.value) and problem.value.__cause__ is None
    assert citizen.room.aids.scans.person("c1", citizen.room.drafts.active("c1").id) is None  # type: ignore[union-attr]
    citizen.sends_file("a.jpg", jpeg(card()))  # once more, better
    assert FILL in titles(citizen)


def test_typing_instead_forgets_what_was_read(citizen: Citizen, database: Database) -> None:
    begins(citizen)
    citizen.taps(SCAN)
    citizen.sends_file("a.jpg", jpeg(card()))
    old = citizen.heard
    assert "Họ" in citizen.taps("Nhập tay") or "họ" in citizen.said
    with database.session() as session:
        assert session.scalars(select(CardScanRow)).first() is None
    citizen.heard = old
    assert "quá hạn" in citizen.taps(FILL)
    with pytest.raises(Conflict):  # and a photo is an attachment again, which nobody asked for
        citizen.room.intake.capture_upload("c1", "a.jpg", jpeg(card()))


def test_words_ask_for_the_scan_too(citizen: Citizen) -> None:
    begins(citizen)
    for words in ("quét mã qr", "chụp thẻ căn cước", "cho em chụp mã qr trên thẻ căn cước"):
        captured = citizen.room.intake.capture("c1", text=words)
        if words.startswith("cho em"):
            continue
        assert captured and "góc trên bên phải" in citizen.sends(captured.intent_message)


def test_another_conversation_neither_reads_nor_fills(citizen: Citizen, room: Dossiers) -> None:
    begins(citizen)
    citizen.taps(SCAN)
    citizen.sends_file("a.jpg", jpeg(card()))
    draft = room.drafts.active("c1")
    assert draft and room.reviews.reveal("c2", {"card": draft.id}) is None
    with pytest.raises(NotFound):
        room.aids.scans.fill("c2", draft.id, draft.form)


def test_nothing_is_read_before_the_forms_own_consent(room: Dossiers) -> None:
    draft = room.drafts.start("c1", "tam_tru")
    room.aids.scans.expect("c1", draft.id)
    room.aids.scans.read("c1", draft.id, jpeg(card()))
    with pytest.raises(Conflict, match="đồng ý"):
        room.aids.scans.fill("c1", draft.id, draft.form)


def test_photos_by_hand_are_read() -> None:
    """Good light and bad: `docs/dossiers/identity.md` has the rates over many more."""
    for hardness, least in ((0.0, 5), (0.5, 5), (0.75, 4)):
        read = 0
        for seed in range(5):
            found = codes.read(images.opened(jpeg(photo(seed, hardness), 60), "jpg"))
            read += bool(found) and bytes.fromhex(found[0]).decode() == PAYLOAD
        assert read >= least, f"hardness {hardness}: {read} of 5"
