"""The officers' list: narrowed down, taken, handed over; the workload; documents looked at page by page."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from fpdf import FPDF
from PIL import Image
from sqlalchemy import select, update

from actions.dossiers.registry.desk import DossierFilter
from actions.dossiers.tables import DossierEventRow, DossierFileRow, DossierRow
from bot.access.model import Role
from common.clock import local_date
from common.errors import Conflict
from tests.actions.dossiers.registry.support import ready_drafts
from tests.bot.serving import Running, serving

PASSWORD = "mot-mat-khau-dai"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home"), engine=False) as service:
        for name in ("hoa", "bich"):
            service.context.accounts.add(name, Role.OFFICER, PASSWORD)
        yield service


@pytest.fixture(scope="module")
def codes(running: Running) -> list[str]:
    room = running.context.dossiers
    return [room.submissions.submit(draft).code for draft in ready_drafts(room, running.context.database, 4)]


@pytest.fixture(scope="module")
def officer(running: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=running.url, trust_env=False, follow_redirects=True, timeout=30) as client:
        client.post("/console/login", data={"name": "hoa", "password": PASSWORD})
        yield client


def csrf(page: httpx.Response) -> str:
    return re.findall(r'name="csrf" value="([^"]+)"', page.text)[-1]


def shown(page: httpx.Response, codes: list[str]) -> list[str]:
    return [code for code in codes if f"/console/dossiers/{code}" in page.text]


def test_narrowed_taken_and_handed_over(running: Running, officer: httpx.Client, codes: list[str]) -> None:
    desk = running.context.dossiers.desk
    centre = desk.listed(DossierFilter())[0].centre
    assert centre, "the form's commune is where the dossier goes"
    with running.context.database.session() as session:
        late = update(DossierRow).where(DossierRow.code == codes[0])
        session.execute(late.values(due_on=local_date() - timedelta(days=10)))
        session.execute(update(DossierRow).where(DossierRow.code == codes[3]).values(centre="06652"))
    running.context.dossiers.registry.advance(codes[1], "rejected", actor="bich", note="Sai mẫu", seen="submitted")

    page = officer.get("/console/dossiers")
    assert shown(page, codes) == [codes[0], codes[2], codes[3]], "what is done isn't in the way"
    assert page.text.index(codes[0]) < page.text.index(codes[2]) and "Quá hẹn (1)" in page.text
    for query, expected in (
        ("all=true", codes), ("due=late", codes[:1]), (f"centre={centre}", [codes[0], codes[2]]),
        ("state=rejected", [codes[1]]), (f"q={codes[2][-4:]}", [codes[2]]), ("procedure=9.999", []),
    ):
        assert shown(officer.get(f"/console/dossiers?{query}"), codes) == expected, query

    post = {"csrf": csrf(page), "code": codes[:2], "to": "hoa", "back": "officer=hoa&all=true"}
    assert shown(officer.post("/console/dossiers/assign", data=post), codes) == codes[:2]
    assert shown(officer.get("/console/dossiers?officer=-&all=true"), codes) == codes[2:]
    refused = officer.post("/console/dossiers/assign", data={**post, "to": "ke la"})
    assert refused.status_code == 422 and "Không có cán bộ này" in refused.text
    assert officer.post("/console/dossiers/assign", data={"csrf": csrf(page), "to": "hoa"}).status_code == 422
    with pytest.raises(Conflict, match="hoa"):
        desk.assign([codes[2], codes[0]], "bich", by="bich", seen="")
    assert desk.listed(DossierFilter(search=codes[2]))[0].officer == "", "all or nothing"
    page = officer.post(f"/console/dossiers/{codes[0]}/take", data={"csrf": csrf(page), "seen": "hoa", "to": "bich"})
    assert "Giao cho bich (trước đó: hoa)." in page.text

    load = officer.get("/console/dossiers/workload").text
    assert "1 quá hẹn" in load and "bich" in load and "Chưa ai nhận" in load
    logged = running.context.audit.page(action="dossier.assign")
    assert (logged[0].actor, logged[0].before, logged[0].after) == ("hoa", {"officer": "hoa"}, {"officer": "bich"})


def attach(running: Running, code: str, name: str, content: bytes) -> str:
    uploads = running.context.dossiers.uploads
    file_id = uploads.store("c", uploads.check(name, content, ("jpg", "png", "pdf")))
    with running.context.database.session() as session:
        dossier = session.scalars(select(DossierRow.id).where(DossierRow.code == code)).one()
        session.execute(update(DossierFileRow).where(DossierFileRow.id == file_id).values(dossier_id=dossier))
    return file_id


def test_documents_are_looked_at_as_pictures(running: Running, officer: httpx.Client, codes: list[str]) -> None:
    code = codes[2]
    pdf = FPDF()
    for number in range(2):
        pdf.add_page()
        pdf.set_font("helvetica", size=40)
        pdf.text(20, 40, f"Page {number + 1}")
    picture = io.BytesIO()
    Image.new("RGB", (600, 300), "teal").save(picture, "PNG")
    paper = attach(running, code, "giay.pdf", bytes(pdf.output()))
    photo = attach(running, code, "anh.png", picture.getvalue())
    page = officer.get(f"/console/dossiers/{code}/files/{paper}/view")
    assert "Trang 2 của 2" in page.text and f"/files/{photo}/view" in page.text
    sizes = []
    for address in (f"{paper}/pages/1", f"{paper}/pages/2", f"{photo}/pages/1"):
        answer = officer.get(f"/console/dossiers/{code}/files/{address}")
        assert answer.headers["content-type"] == "image/jpeg"
        with Image.open(io.BytesIO(answer.content)) as drawn:
            sizes.append(drawn.size)
    assert sizes[0] == sizes[1] and sizes[0][1] > sizes[0][0] > 1000 and sizes[2] == (600, 300)
    assert officer.get(f"/console/dossiers/{code}/files/{paper}/pages/3").status_code == 422
    assert officer.get(f"/console/dossiers/{codes[0]}/files/{paper}/view").status_code == 404
    with running.context.database.session(write=False) as session:
        looks = session.scalars(select(DossierEventRow).where(
            DossierEventRow.kind == "access", DossierEventRow.actor == "hoa")).all()
    assert len(looks) == 2, "one line a file, however many pages are turned"
    asked = officer.post(f"/console/dossiers/{code}/supplement", data={
        "csrf": csrf(page), "form": "supplement", "other": "Trang 2 bị mờ"})
    assert "Trang 2 bị mờ" in asked.text
