"""A small HTTP server in its own process that stands where Rasa would: well, slow, garbled or broken, by the text.

python engine_double.py PORT SECRET
"""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PORT, SECRET = int(sys.argv[1]), sys.argv[2]
BUTTON = {"title": "Xem lệ phí", "payload": '/ask_fee{"procedure":"1.001193"}'}


def answer(message: str) -> Any:
    if "rác" in message:
        return ["not", "an", "answer"]
    if "im lặng" in message:
        return {"replies": [], "intent": None}
    if "tạm biệt" in message:
        said = {"text": "Dạ, em chào anh/chị.", "status": "smalltalk"}
        return {"replies": [{"custom": said}], "intent": {"name": "bye", "confidence": 0.9}}
    status = "handed_off" if "cán bộ" in message else "clarified" if "mơ hồ" in message else "answered"
    reply: dict[str, Any] = {"text": f"nghe: {message}", "status": status, "buttons": [BUTTON]}
    if "xem lại" in message:
        reply |= {"text": "bản kín", "form": {"title": "Tờ khai", "step": 1, "total": 1, "sealed": {"draft": "d1"}}}
    return {
        "replies": [{"custom": reply}],
        "intent": {"name": "ask", "confidence": 0.9},
        "active_loop": None,
        "slots": {},
    }


class Engine(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: Nagle and delayed ACK would add 40 ms to each answer

    def do_GET(self) -> None:
        self.give(200, {"status": "ok"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.headers.get("X-ISee-Secret") != SECRET:
            return self.give(401, {})
        message = body["message"]
        if "chậm" in message:
            time.sleep(3)
        if "hỏng" in message:
            return self.give(500, {})
        time.sleep(0.005)
        self.give(200, answer(message))

    def give(self, status: int, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        pass


ThreadingHTTPServer(("127.0.0.1", PORT), Engine).serve_forever()
