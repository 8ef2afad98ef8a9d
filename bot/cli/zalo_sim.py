"""`isee zalo-sim`: a Zalo to try the channel with, offline."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from bot.zalo_sim.app import create_zalo, environment
from common.settings import get_settings

__all__ = ["zalo_sim"]


def zalo_sim(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Cổng trên máy này.")] = 8095,
    isee: Annotated[str, typer.Option(help="Địa chỉ iSee nhận sự kiện; mặc định theo cài đặt.")] = "",
    folder: Annotated[Path | None, typer.Option(help="Nơi giữ dữ liệu; mặc định trong thư mục của iSee.")] = None,
    speed: Annotated[float, typer.Option(min=0.01, help="Các lần gửi lại nhanh hơn Zalo thật bao nhiêu lần.")] = 60,
) -> None:
    """Chạy Zalo mô phỏng: điện thoại trong trình duyệt, sự kiện có chữ ký, OA API (cho người phát triển)."""
    settings = get_settings()
    url = f"http://127.0.0.1:{port}"
    app = create_zalo(isee or settings.base_url, url, folder or settings.home / "zalo-sim", speed=speed)
    typer.echo(f"Điện thoại mô phỏng: {url}/")
    typer.echo("Chạy iSee với các dòng sau (trong môi trường hoặc tệp .env):")
    for name, value in environment(url).items():
        typer.echo(f"{name}={value}")
    uvicorn.run(
        app, host="127.0.0.1", port=port, log_level="warning", server_header=False, timeout_graceful_shutdown=2)
