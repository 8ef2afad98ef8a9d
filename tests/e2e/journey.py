"""One citizen's way, written once for every channel: a question, a clarification, the list of papers, a dossier, a
supplement, a person, the result in hand.

A channel gives a `Citizen` (a driver): the chat page without JavaScript, the widget, Zalo. The officer works at the
console in a browser, the same for all of them.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from PIL import Image
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from actions.dossiers.eforms.formlib import FormLibrary
from common.clock import local_date
from tests.e2e.citizen import DOSSIER_CODE
from tests.e2e.officer import Officer, examples

__all__ = ["Citizen", "Desk", "Journey", "picture"]

FORM = "ho_kinh_doanh"
TICKET = re.compile(r"số phiếu (\S+?)[.\s]")
_NUMBER = "27/KQ-UBND"


class Citizen(Protocol):
    """What a citizen does on any channel."""

    @property
    def browser(self) -> Page:
        """A page of the browser on the citizen's own device, where links of the conversation open."""
        ...

    def says(self, text: str) -> str:
        """Sends words; returns all that was said in answer."""
        ...

    def presses(self, title: str) -> str:
        """Takes the choice called `title` of the latest answer; returns all that was said in answer."""
        ...

    def offers(self, title: str) -> bool:
        """Whether the latest answer has the choice `title`."""
        ...

    def link(self, title: str) -> str:
        """The address behind the newest link whose name matches `title` (a pattern, whatever the case)."""
        ...

    def hears(self, words: str) -> str:
        """Waits for a message that nobody asked for and that matches `words` (a pattern, whatever the case), from the
        system or from a person; returns it."""
        ...


@dataclass
class Desk:
    """An officer at the desk: takes a waiting conversation, answers, gives it back."""

    officer: Officer

    def takes(self, ticket: str) -> None:
        page = self.officer.page
        page.goto(f"{self.officer.service.url}/console/conversations")
        row = page.locator("#queue tr", has_text=ticket)
        row.locator(".need a").click()
        page.get_by_role("button", name="Nhận trả lời").click()
        expect(page.locator("#owner")).to_contain_text("Anh/chị đang trả lời")

    def answers(self, text: str) -> None:
        page = self.officer.page
        page.locator(".reply textarea").fill(text)
        page.locator(".reply").get_by_role("button", name="Gửi").click()
        expect(page.locator("#talk .agent").last).to_contain_text(text)

    def reads(self, text: str) -> None:
        """The citizen's words arrive at the desk by themselves."""
        expect(self.officer.page.locator("#talk .citizen").last).to_contain_text(text)

    def gives_back(self, note: str) -> None:
        page = self.officer.page
        page.locator("#close summary").click()
        page.select_option("#outcome", "resolved")
        page.fill("#closing", note)
        page.get_by_role("button", name="Trả lại cho trợ lý").click()
        expect(page.locator("#owner")).to_contain_text("Trợ lý đang trả lời")


@dataclass
class Journey:
    """The steps in their order; `run` walks them all. `code` is the dossier's, from `dossier` on."""

    citizen: Citizen
    officer: Officer
    code: str = ""

    def run(self) -> None:
        self.question()
        self.clarification()
        self.checklist()
        self.dossier()
        self.supplement()
        self.hand_off()
        self.result()

    def question(self) -> None:
        """Two words that may mean several things are asked back, not answered."""
        assert "có phải anh/chị cần làm việc này không" in self.citizen.says("kinh doanh")

    def clarification(self) -> None:
        said = self.citizen.presses("Đúng rồi")
        for part in ("hộ kinh doanh", "3 ngày làm việc", "1.001612"):
            assert part in said, said

    def checklist(self) -> None:
        """Two short questions, then the papers of this very case, with a page to tick them on."""
        assert "Ai đứng ra mở hộ kinh doanh" in self.citizen.says("in giúp em danh sách giấy tờ")
        assert "nhờ nơi khác nộp" in self.citizen.presses("Một người đứng ra mở")
        said = self.citizen.presses("Tự nộp")
        assert "Giấy đề nghị đăng ký hộ kinh doanh" in said, said
        page = self.citizen.browser
        page.goto(self.citizen.link("Mở danh sách"))
        expect(page.locator("main")).to_contain_text("Giấy đề nghị đăng ký hộ kinh doanh")

    def dossier(self) -> None:
        """The e-form, one question at a time, and the dossier's code."""
        form = FormLibrary.shipped().get(FORM)
        assert form is not None
        answers = examples(form)
        self.citizen.says("nộp hồ sơ luôn")
        said = self.citizen.presses("Đồng ý")
        for _ in range(30):
            if self.citizen.offers("Nộp hồ sơ"):
                break
            asked = next((one for one in form.fields if one.question in said), None)
            assert asked, f"Which question is this? {said}"
            if not asked.required:
                said = self.citizen.presses("Bỏ qua")
            elif asked.choices:
                said = self.citizen.presses(asked.choices[0].label)
            else:
                said = self.citizen.says(answers[asked.name])
        said = self.citizen.presses("Nộp hồ sơ")
        code = DOSSIER_CODE.search(said)
        assert code, said
        self.code = code[0]
        said = self.citizen.says("báo cho tôi khi hồ sơ có thay đổi")
        if self.citizen.offers("Đồng ý"):
            said = self.citizen.presses("Đồng ý")
        assert "em sẽ nhắn anh/chị" in said, said

    def supplement(self) -> None:
        """The officer asks for a paper once more; the citizen is told, and sends it."""
        for state in ("received", "processing"):
            self.officer.moves_on(self.code, state)
        wanted = self.officer.asks_for(self.code, "Ảnh mờ, không đọc được dòng cuối.")
        assert self.code in self.citizen.hears("bổ sung")
        page = self._dossier_page()
        page.get_by_role("link", name="Bổ sung ngay").click()
        section = page.locator("section.card").first
        expect(section.locator("h2")).to_have_text(wanted)
        chooser = section.locator("input[type=file]")
        if chooser.count():
            chooser.set_input_files({"name": "giay-to.png", "mimeType": "image/png", "buffer": picture()})
        else:
            section.locator("textarea").fill("Nội dung đúng như giấy tờ gốc.")
        section.get_by_role("button", name="Gửi mục này").click()
        expect(page.get_by_text("Em đã nhận đủ giấy tờ bổ sung")).to_be_visible()

    def hand_off(self) -> None:
        """A person takes the conversation; what each says reaches the other; the assistant has it again."""
        desk = Desk(self.officer)
        said = self.citizen.says("cho em gặp cán bộ")
        ticket = TICKET.search(said)
        assert ticket, said
        desk.takes(ticket[1])
        desk.answers("Chào anh/chị, tôi đã xem hồ sơ.")
        self.citizen.hears("tôi đã xem hồ sơ")
        self.citizen.says("dạ bao giờ xong ạ")
        desk.reads("bao giờ xong")
        desk.gives_back("đã hướng dẫn đủ")
        self.citizen.hears("mức độ hài lòng")
        assert "cảm ơn" in self.citizen.presses("5 – Rất hài lòng")

    def result(self) -> None:
        """Approved and signed; the citizen is told and has the paper in hand."""
        self.officer.moves_on(self.code, "processing")
        self.officer.moves_on(self.code, "approved")
        self.officer.issues(self.code, local_date().isoformat())
        assert self.code in self.citizen.hears("kết quả")
        page = self._dossier_page()
        page.get_by_role("link", name="Tải kết quả").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="Tải tệp PDF đã ký số").click()
        assert _NUMBER in PdfReader(Path(download.value.path())).pages[0].extract_text()

    def _dossier_page(self) -> Page:
        """The dossier's own page, by the link that the assistant gives."""
        self.citizen.says(f"hồ sơ {self.code} đến đâu rồi")
        page = self.citizen.browser
        page.goto(self.citizen.link("Xem hồ sơ|trang hồ sơ"))
        expect(page.locator("main")).to_contain_text(self.code)
        return page


def picture() -> bytes:
    """A photograph's worth of noise, as PNG."""
    out = io.BytesIO()
    Image.effect_noise((640, 480), 40).convert("RGB").save(out, "PNG")
    return out.getvalue()
