"""Uploads by content: what is taken, what is refused and why."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject
from sqlalchemy import update

from actions.companion.bundle import Dossiers
from actions.dossiers.attachments.uploads import Upload
from actions.dossiers.tables import DossierFileRow
from common.clock import utc_now
from common.database import Database
from common.errors import Conflict, InvalidInput, NotFound, TooLarge
from common.settings import Settings
from tests.actions.dossiers.citizen import KHAI_SINH, Citizen


def picture(kind: str = "JPEG", size: tuple[int, int] = (60, 40), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


def pdf(pages: int = 1, script: str = "", attachment: bool = False, password: str = "") -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(100, 100)
    if script:
        action = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject(script)}
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(action)
    if attachment:
        writer.add_attachment("a.txt", b"x")
    if password:
        writer.encrypt(password)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def check(room: Dossiers, name: str, content: bytes) -> Upload:
    return room.uploads.check(name, content, ["jpg", "png", "pdf"])


def test_pictures_lose_their_metadata(room: Dossiers) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SecretPhone"
    content = picture(exif=exif.tobytes()) + b"<script>trailing</script>"
    assert b"SecretPhone" in content
    upload = check(room, "../../etc/Giấy chứng sinh.JPEG", content)
    assert b"SecretPhone" not in upload.content and b"script" not in upload.content
    assert (upload.name, upload.type) == ("Giấy chứng sinh.jpg", "image/jpeg")
    assert check(room, "a.png", picture("PNG")).type == "image/png"
    assert check(room, "a.pdf", pdf()).type == "application/pdf"


@pytest.mark.parametrize(("name", "content", "words"), [
    ("a.jpg", b"", "0 byte"),
    ("a.jpg", b"MZ\x90\x00 program", "loại khác"),
    ("a.svg", b"<svg onload=alert(1)>", "loại khác"),
    ("a.pdf", picture(), "nội dung là jpg"),
    ("a.jpg", picture()[:40], "bị hỏng"),
    ("a.png", b"\x89PNG\r\n\x1a\nrubbish", "bị hỏng"),
    ("a.pdf", b"%PDF-1.7 rubbish", "bị hỏng"),
    ("a.pdf", pdf(script="app.alert(1)"), "mã lệnh"),
    ("a.pdf", pdf(attachment=True), "mã lệnh"),
    ("a.pdf", pdf(password="x"), "mật khẩu"),
    ("a.pdf", pdf(pages=51), "51 trang"),
])
def test_unusable_files_are_refused_in_words(room: Dossiers, name: str, content: bytes, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        check(room, name, content)


def test_an_action_on_opening_is_found(room: Dossiers) -> None:
    content = pdf().replace(b"/Type /Catalog", b"/Type /Catalog /OpenAction << /S /Launch /F (x) >>")
    with pytest.raises(InvalidInput):
        check(room, "a.pdf", content)


def test_limits_of_size(room: Dossiers, home: Settings) -> None:
    with pytest.raises(TooLarge, match="10 MB"):
        check(room, "a.jpg", picture() + b"0" * (10 * 1024 * 1024))
    with pytest.raises(InvalidInput, match="triệu điểm ảnh"):
        check(room, "a.png", picture("PNG", (9000, 5000)))


def test_files_are_encrypted_and_read_back(room: Dossiers, home: Settings) -> None:
    upload = check(room, "a.pdf", pdf())
    file_id = room.uploads.store("c1", upload)
    (stored,) = [path for path in home.uploads_dir.rglob("*") if path.is_file()]
    assert b"%PDF" not in stored.read_bytes() and "a" not in stored.stem.replace(file_id, "")
    assert room.uploads.read(file_id) == upload
    with pytest.raises(NotFound):
        room.uploads.read("../../../etc/passwd")


def test_a_file_answers_the_file_question_and_moves_into_the_dossier(citizen: Citizen) -> None:
    citizen.fills_in(KHAI_SINH[:10])
    assert citizen.heard[0]["form"]["field"]["accept"] == ["jpg", "png", "pdf"]
    assert "Dân tộc" in citizen.sends_file("chứng sinh.jpg", picture())
    assert citizen.transcripts[-1] == "[Ảnh chụp giấy tờ về việc sinh: đã gửi 1 tệp jpg]"
    for answer in KHAI_SINH[11:]:
        citizen.types(answer)
    citizen.taps("Nộp hồ sơ")
    detail = citizen.room.registry.show(citizen.heard[0]["dossier"]["code"])
    (file,) = detail.files
    assert citizen.room.uploads.read(str(file["id"])).type == "image/jpeg"


def test_a_file_that_nobody_asked_for_is_not_kept(citizen: Citizen, home: Settings) -> None:
    citizen.fills_in(KHAI_SINH[:2])
    with pytest.raises(Conflict, match="chưa cần tệp"):
        citizen.room.intake.capture_upload("c1", "a.jpg", picture())
    assert not home.uploads_dir.exists()


def test_orphans_are_removed(room: Dossiers, database: Database, home: Settings) -> None:
    room.uploads.store("c1", check(room, "a.jpg", picture()))
    with database.session() as session:
        session.execute(update(DossierFileRow).values(created_at=utc_now() - timedelta(hours=2)))
    assert room.uploads.purge() == 1
    assert [path for path in home.uploads_dir.rglob("*") if path.is_file()] == []
