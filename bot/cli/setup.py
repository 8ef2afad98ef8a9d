"""`isee setup`: everything that is built rather than installed. Quick when nothing changed."""

from __future__ import annotations

from bot import rasa_model
from bot.cli.train import train
from bot.workbench import console, open_workbench
from common.settings import get_settings
from indexer.encoder import ensure_encoder

__all__ = ["setup"]


def setup() -> None:
    """Chuẩn bị bộ mã hóa, cơ sở dữ liệu, chỉ mục và mô hình hội thoại."""
    settings = get_settings()
    with console.status("Chuẩn bị bộ mã hóa câu (lần đầu khoảng một phút)"):
        ensure_encoder(settings)
    bench = open_workbench()
    console.print(f"Chỉ mục: {len(bench.search.snapshot.codes)} thủ tục.")
    bench.database.dispose()
    if rasa_model.trained(settings):
        console.print("Mô hình hội thoại: đã mới nhất.")
    else:
        train()
