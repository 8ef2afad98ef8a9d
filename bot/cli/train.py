"""`isee train`: train the dialogue model when it is stale."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from bot import rasa_model
from bot.workbench import console
from common.settings import get_settings
from indexer.encoder import ensure_encoder

__all__ = ["train"]


def train(
    force: Annotated[bool, typer.Option("--force", help="Huấn luyện lại kể cả khi chưa có gì thay đổi.")] = False,
    validate_only: Annotated[bool, typer.Option("--validate-only", help="Chỉ kiểm tra dữ liệu hội thoại.")] = False,
) -> None:
    """Huấn luyện mô hình hội thoại Rasa khi dữ liệu đã thay đổi."""
    settings = get_settings()
    if validate_only:
        with console.status("Kiểm tra dữ liệu hội thoại"):
            rasa_model.validate(settings)
        console.print("Dữ liệu hội thoại hợp lệ.")
        return
    if rasa_model.trained(settings) and not force:
        console.print("Mô hình hội thoại đã mới nhất.")
        return
    started = time.perf_counter()
    ensure_encoder(settings)
    with console.status("Huấn luyện mô hình hội thoại (một vài phút)"):
        rasa_model.train(settings)
    console.print(f"Đã huấn luyện mô hình hội thoại trong {time.perf_counter() - started:.0f} giây.")
