"""`isee setup`: everything that is built rather than installed. Quick when nothing changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from bot import rasa_model
from bot.workbench import console, open_workbench
from common.settings import get_settings
from indexer.encoder import ensure_encoder

__all__ = ["setup"]


def setup() -> None:
    """Chuẩn bị bộ mã hóa, cơ sở dữ liệu, chỉ mục và mô hình hội thoại."""
    settings = get_settings()
    with console.status("Chuẩn bị bộ mã hóa câu (lần đầu khoảng một phút)"):
        ensure_encoder(settings)
    with ThreadPoolExecutor(1) as worker:
        # A process of its own that needs the encoder alone: it trains while the index is built.
        training = None if rasa_model.trained(settings) else worker.submit(rasa_model.train, settings)
        bench = open_workbench()
        console.print(f"Chỉ mục: {len(bench.search.snapshot.codes)} thủ tục.")
        bench.database.dispose()
        if training:
            with console.status("Huấn luyện mô hình hội thoại (một vài phút)"):
                training.result()
    console.print("Mô hình hội thoại: đã mới nhất.")
