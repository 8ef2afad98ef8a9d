"""Buttons that are refused, texts that are too long, pictures and files."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.bot.zalo.fake_platform import Platform
from tests.bot.zalo.out.sending import BUTTONS, CS, echo, short_timeout, take, texts
from tests.bot.zalo.out_parts import Desk
from tests.bot.zalo.spec import SENDS

# Buttons, pictures, files


@pytest.mark.parametrize("code", [-201, -233])
async def test_refused_buttons_become_a_menu(platform: Platform, desk: Desk, code: int) -> None:
    platform.then(CS, {"error": code})
    desk.say("", **BUTTONS)
    await desk.out.sender.work()
    assert texts(platform) == ["Chọn", "Chọn\n\n1. Một"] and desk.states == ["sent"]
    assert "attachment" not in platform.sent()[1]
    platform.then(CS, {"error": code})
    desk.say("không có nút")
    await desk.out.sender.work()
    assert desk.states[-1] == "failed"


async def test_a_text_that_is_too_long_goes_in_halves(platform: Platform, desk: Desk) -> None:
    sentences = [f"Câu thứ {number} của một câu trả lời dài." for number in range(40)]
    platform.then(CS, {"error": -210}, {"error": -210})
    desk.say(" ".join(sentences), "sau")
    await desk.out.sender.work()
    whole, _half, *sent, last = texts(platform)
    assert len(sent) > 1 and " ".join(" ".join(sent).split()) == whole and last == "sau"
    assert all(set(message) == {"text"} for message in platform.sent())
    assert desk.states == ["sent", "sent"] and desk.parts[0].body["text"] == sent[-1]
    platform.then(CS, {"error": -210})
    desk.say("ngắn")
    await desk.out.sender.work()
    assert desk.states[-1] == "failed"


async def test_the_rest_of_a_cut_text_follows_its_echo_too(platform: Platform, desk: Desk) -> None:
    short_timeout(desk)
    desk.say("một", body={"text": "một", "rest": "hai"})
    platform.then(CS, 1.0)
    await desk.out.sender.work()
    assert desk.states == ["unknown"] and take(desk, echo("một"))
    await desk.out.sender.work()
    assert texts(platform) == ["một", "hai"] and desk.states == ["sent"]


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (30, 30), "red").save(made, "PNG")
    return made.getvalue()


IMAGE = {"kind": "image", "body": {
    "text": "Mã QR", "media": {"kind": "payment_qr"}, "name": "qr.png", "otherwise": {"text": "Mở hồ sơ để nộp"}}}


FILE = {"kind": "file", "body": {"media": {"url": "x"}, "name": "don.pdf", "otherwise": {"text": "Tệp ở đây"}}}


async def test_pictures_and_files(platform: Platform, desk: Desk) -> None:
    desk.media.content = picture()
    desk.say("", **IMAGE)
    await desk.out.sender.work()
    desk.media.content = b"%PDF-1.7"
    desk.say("", **FILE)
    await desk.out.sender.work()
    assert platform.sent() == [SENDS["image"], SENDS["file"]]


async def test_an_expired_upload_is_made_anew_once(platform: Platform, desk: Desk) -> None:
    desk.media.content = picture()
    platform.then(CS, {"error": -100})
    desk.say("", **IMAGE)
    await desk.out.sender.work()
    assert len(platform.to("/v2.0/oa/upload/image")) == 2 and desk.states == ["sent"]
    platform.then(CS, {"error": -100}, {"error": -100})
    desk.say("", **IMAGE)
    await desk.out.sender.work()
    assert desk.states == ["sent", "failed"]


async def test_what_cannot_be_uploaded_is_said_in_words(platform: Platform, desk: Desk) -> None:
    desk.say("", **IMAGE)  # gone
    desk.say("", **FILE)
    await desk.out.sender.work()
    desk.media.content = b"MZ no picture"
    desk.say("", **IMAGE)
    await desk.out.sender.work()
    assert texts(platform) == ["Mở hồ sơ để nộp", "Tệp ở đây", "Mở hồ sơ để nộp"]
