"""Active content of PDFs, hidden in every way we know; what is ordinary passes byte for byte."""

from __future__ import annotations

import pytest

from actions.dossiers.attachments import pdfs
from actions.dossiers.attachments.kinds import Unusable
from tests.actions.dossiers.attachments.pdf_files import many_pages, packed_objects, plain, raw, stream

LINK = b"/Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI (%s) >> >>]"


def reason(content: bytes) -> str:
    with pytest.raises(Unusable) as problem:
        pdfs.check(content)
    return problem.value.key


@pytest.mark.parametrize("content", [
    raw(catalog=b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"),
    raw(catalog=b"/OpenAction << /S /#4a#61vaScript /#4aS (app.alert(1)) >>"),
    raw(catalog=b"/#4fpenAction 4 0 R", objects=(b"<< /S /Launch /F (cmd.exe) >>",)),
    raw(catalog=b"/OpenAction << /S /GoTo /D [3 0 R /Fit] /Next << /S /URI /URI (http://a.vn) >> >>"),
    raw(catalog=b"/AA << /WC << /S /URI /URI (http://a.vn) >> >>"),
    raw(catalog=b"/Names << /EmbeddedFiles << /Names [(a) 4 0 R] >> >>", objects=(b"<< /EF << /F 5 0 R >> >>",)),
    raw(catalog=b"/AF [4 0 R]", objects=(b"<< /Type /Filespec /EF << /F 5 0 R >> >>", stream(b"MZ"))),
    raw(catalog=b"/AcroForm << /XFA [(a) 4 0 R] >>"),
    raw(catalog=b"/Collection << >>"),
    raw(page=b"/Annots [<< /Subtype /Widget /A << /S /SubmitForm /F (http://a.vn) >> >>]"),
    raw(page=b"/Annots [<< /Subtype /Link /A << /S /GoToR /F (\\\\\\\\evil\\\\share) >> >>]"),
    raw(page=b"/Annots [<< /Subtype /Link /A << /S /GoToE >> >>]"),
    raw(page=b"/Annots [<< /Subtype /Link /A << /S /ImportData >> >>]"),
    raw(page=b"/Annots [<< /Subtype /RichMedia >>]"),
    raw(page=b"/Annots [<< /Subtype /FileAttachment >>]"),
    raw(page=b"/Annots [<< /Subtype /Screen /A << /S /Rendition >> >>]"),
    raw(page=LINK % b"file:///etc/passwd"),
    raw(page=LINK % b"javascript:alert(1)"),
    raw(page=LINK % b"\\\\\\\\evil\\\\share"),
    raw(objects=(b"<< /S /JavaScript /JS (unreferenced) >>",)),
    raw(objects=(stream(b"", b"/F (\\\\\\\\evil\\\\x)"),)),
    packed_objects(b"<< /S /JavaScript /JS (in an object stream) >>"),
    packed_objects(b"<< /S /#4c#61unch /F (x) >>"),
    plain() + b"\n9 0 obj\n<< /S /Launch /F (after the end) >>\nendobj\n",
], ids=range(24))
def test_active_content_is_found(content: bytes) -> None:
    assert reason(content) == "pdf_active"


@pytest.mark.parametrize("content", [
    plain(),
    plain(50),
    raw(catalog=b"/OpenAction [3 0 R /FitH 100]"),
    raw(catalog=b"/OpenAction << /S /GoTo /D [3 0 R /Fit] >>"),
    raw(page=LINK % b"https://dichvucong.gov.vn"),
    raw(page=LINK % b"mailto:a@example.vn"),
    raw(catalog=b"/AcroForm << /Fields [] /SigFlags 3 >>"),
    raw(page=b"/Contents 4 0 R", objects=(stream(b"BT (a /JS in a text) Tj ET"),)),
])
def test_ordinary_files_pass(content: bytes) -> None:
    pdfs.check(content)


def test_locked_damaged_long_and_packed_files_are_told_apart() -> None:
    assert reason(raw(trailer=b"/Encrypt << /Filter /Standard /V 1 /R 2 /O (x) /U (y) /P -1 >>")) == "pdf_locked"
    assert reason(plain()[:200]) == "broken_pdf"
    assert reason(raw().replace(b"/Kids [3 0 R] /Count 1", b"/Kids [] /Count 0")) == "broken_pdf"
    assert reason(raw().replace(b"/Kids [3 0 R] /Count 1", b"/Kids [2 0 R] /Count 1")) == "broken_pdf"
    assert reason(plain(51)) == "pdf_pages"
    assert reason(many_pages(10_000)) == "pdf_pages"
    assert reason(raw(page=b"/Contents 4 0 R", objects=(stream(b"\0" * 130_000_000),))) == "pdf_packed"
