"""Turn results as the HTTP API gives them (DESIGN 4.2), and talks that return them in order."""

from __future__ import annotations

from typing import Any

from bot.evaluation.running import Heard, Talk, hear


def answered(code: str, aspect: str = "fee", status: str = "answered") -> dict[str, Any]:
    answer = {"procedure": {"code": code, "name": f"Thủ tục {code}"}, "aspect": aspect, "confidence": 0.9}
    return {"status": status, "took_ms": 5.0, "messages": [{"text": "Lệ phí 8.000 đồng.", "answer": answer}]}


def offered(*codes: str, status: str = "clarified") -> dict[str, Any]:
    buttons = [{"title": code, "payload": f'/choose_procedure{{"procedure_code": "{code}"}}'} for code in codes]
    buttons.append({"title": "Cổng dịch vụ công", "url": "https://dichvucong.gov.vn"})
    return {"status": status, "took_ms": 5.0, "messages": [{"text": "Anh/chị chọn việc đúng:", "buttons": buttons}]}


class Script(Talk):
    """A talk whose replies are given; keeps what was said."""

    def __init__(self, *bodies: dict[str, Any]) -> None:
        self.id = "talk"
        self._bodies = list(bodies)
        self.said: list[str] = []

    def say(self, text: str) -> Heard:
        self.said.append(text)
        return hear(self._bodies.pop(0))
