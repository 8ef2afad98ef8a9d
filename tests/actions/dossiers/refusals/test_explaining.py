"""The conversation about a refusal: pasted, asked for, written by an officer; and what nobody may see."""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace

import pytest

from actions.companion.bundle import Dossiers
from actions.companion.dialogue import build_actions
from actions.dossiers.registry.requests import Wanted
from common.settings import Settings
from tests.actions.dossiers.citizen import KHAI_SINH, Citizen
from tests.actions.support import NameSearch, shelf_of, shipped_guides

SHELF = shelf_of(*shipped_guides())
NOTICE = """THÔNG BÁO YÊU CẦU BỔ SUNG HỒ SƠ
Kính gửi: Bà Nguyễn Thị Lan, số định danh 022190001234
Hồ sơ đăng ký khai sinh của bà còn thiếu, đề nghị bổ sung:
1. Giấy chứng sinh bị mờ, không đọc được.
2. Văn bản ủy quyền chưa được chứng thực.
3. Phiếu tiêm chủng của trẻ."""


class Pasting(Citizen):
    def pastes(self, text: str) -> str:
        captured = self.room.pastes.capture(self.id, text)
        assert captured is not None
        self.transcripts.append(captured.transcript)
        return self.sends(captured.intent_message)

    def says(self, text: str, intent: str = "explain_refusal") -> str:
        """Words that the dialogue engine understood as `intent`."""
        self.heard = []
        self._run("action_explain_refusal", {"intent": {"name": intent}, "entities": [], "text": text})
        return self.said

    @property
    def titles(self) -> list[str]:
        return [button["title"] for reply in self.heard for button in reply.get("buttons", [])]


@pytest.fixture
def people(home: Settings, room: Dossiers) -> SimpleNamespace:
    services = SimpleNamespace(settings=home, kb=SHELF, search=_search(), dossiers=room)
    actions = build_actions(services)
    return SimpleNamespace(one=Pasting(room, actions), other=Pasting(room, actions, "c2"))


@lru_cache(maxsize=1)
def _search() -> NameSearch:
    return NameSearch(SHELF)


def test_a_pasted_notice_is_explained_point_by_point(people: SimpleNamespace) -> None:
    said = people.one.pastes(NOTICE)
    assert "3 điểm" in said and 'hướng dẫn "Đăng ký khai sinh"' in said
    assert "→ Giấy chứng sinh (bản chính)" in said and "chụp hoặc quét lại" in said
    assert "→ Văn bản ủy quyền có chứng thực (bản chính), dùng cho trường hợp" in said
    assert "Hướng dẫn không nêu điểm này" in said and "Còn 1 điểm" in said
    assert "Gặp cán bộ" in people.one.titles
    reply = people.one.heard[0]
    assert reply["answer"]["procedure"]["code"] == "1.001193" and reply["status"] == "answered"
    assert reply["answer"]["fields"]["documents"][0]["name"] == "Giấy chứng sinh"
    assert people.one.slots["procedure"] == "1.001193"


def test_neither_engine_nor_transcript_see_whom_it_is_about(people: SimpleNamespace) -> None:
    people.one.pastes(NOTICE)
    kept = "\n".join([*people.one.seen_by_engine, *people.one.transcripts, people.one.said])
    assert "Nguyễn" not in kept and "Lan" not in kept and "022190001234" not in kept
    assert "chứng sinh" not in people.one.seen_by_engine[-1]


def test_the_wish_alone_is_answered_by_asking_for_the_text(people: SimpleNamespace) -> None:
    assert people.one.room.pastes.capture("c1", "thiếu giấy chứng sinh của bé") is None
    assert "dán nguyên văn thông báo" in people.one.says("sao hồ sơ của tôi bị từ chối")
    assert people.one.room.pastes.capture("c1", "thiếu giấy tờ gì vậy?") is None
    said = people.one.pastes("hồ sơ đăng ký khai sinh bị trả lại do thiếu giấy chứng sinh của bé")
    assert "→ Giấy chứng sinh" in said
    assert people.one.room.pastes.capture("c1", "thiếu giấy chứng sinh của bé") is None, "asked once, taken once"


def test_a_reason_said_with_the_wish_is_explained_at_once(people: SimpleNamespace) -> None:
    people.one.slots["procedure"] = "1.001193"
    assert "→ Giấy chứng sinh" in people.one.says("hồ sơ bị trả lại ghi là thiếu giấy chứng sinh")


def test_a_notice_that_names_no_procedure_is_asked_about(people: SimpleNamespace) -> None:
    said = people.one.pastes(
        "Hồ sơ không được tiếp nhận vì các lý do sau:\n"
        "- Văn bản ủy quyền chưa chứng thực\n- Giấy tờ tùy thân đã hết hạn")
    assert said.startswith("Thông báo này về thủ tục nào")
    choice = people.one.titles[0]
    assert "→ " in people.one.taps(choice) and "2 điểm" in people.one.said


def test_a_notice_of_nothing_we_know_is_handed_over(people: SimpleNamespace) -> None:
    people.one.slots["procedure"] = "1.001193"
    said = people.one.pastes(
        "Hồ sơ đăng ký khai sinh bị trả lại, đề nghị bổ sung:\n"
        "- Phiếu tiêm chủng của trẻ em\n- Ảnh chân dung của ông nội\n")
    assert "em không đoán" in said and people.one.heard[0]["status"] == "abstained"
    assert "Gặp cán bộ" in people.one.titles


def test_an_officers_request_is_explained_without_pasting(people: SimpleNamespace) -> None:
    people.one.fills_in(KHAI_SINH)
    people.one.taps("Nộp hồ sơ")
    code = people.one.room.access.held("c1")[0]
    people.one.room.supplements.request(
        code, [Wanted("document", "Giấy chứng sinh", "Ảnh chụp bị mờ")], actor="Lê C")
    said = people.one.says("sao hồ sơ của tôi bị trả")
    assert code in said and "→ Giấy chứng sinh" in said and "chụp hoặc quét lại" in said
    assert "Gửi giấy tờ bổ sung" in people.one.titles
    assert people.one.heard[0]["dossier"] == {"code": code, "status": "supplement_requested"}


def test_a_rejection_is_explained_from_its_note(people: SimpleNamespace) -> None:
    people.one.fills_in(KHAI_SINH)
    people.one.taps("Nộp hồ sơ")
    code = people.one.room.access.held("c1")[0]
    people.one.room.registry.advance(code, "rejected", actor="Lê C", note="Không có giấy chứng sinh của bệnh viện.")
    assert "→ Giấy chứng sinh" in people.one.says("vì sao không được giải quyết")


def test_a_code_alone_opens_nothing(people: SimpleNamespace) -> None:
    people.one.fills_in(KHAI_SINH)
    people.one.taps("Nộp hồ sơ")
    code = people.one.room.access.held("c1")[0]
    people.one.room.registry.advance(code, "rejected", actor="Lê C", note="Thiếu giấy chứng sinh.")
    said = people.other.says(f"hồ sơ {code} bị từ chối vì sao")
    assert "chứng sinh" not in said and said == people.other.says("hồ sơ H49-260101-0999 bị từ chối vì sao").replace(
        "H49-260101-0999", code)


def test_a_reference_is_used_once_and_by_its_own_conversation(people: SimpleNamespace) -> None:
    captured = people.one.room.pastes.capture("c1", NOTICE)
    assert captured is not None
    assert "không còn giữ" in people.other.sends(captured.intent_message)
    assert "3 điểm" in people.one.sends(captured.intent_message)
    assert "không còn giữ" in people.one.sends(captured.intent_message)
