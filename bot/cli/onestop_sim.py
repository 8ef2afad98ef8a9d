"""`isee onestop-sim`: a one-stop system to try the adapter with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from bot.simulator.app import BASE, create_simulator
from common.errors import SetupProblem
from common.settings import get_settings

__all__ = ["onestop_sim"]


def onestop_sim(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Cổng trên máy này.")] = 8090,
    database: Annotated[Path | None, typer.Option(help="Tệp dữ liệu; mặc định trong thư mục của iSee.")] = None,
    isee: Annotated[str, typer.Option(help="Địa chỉ iSee nhận thông báo; mặc định theo cài đặt.")] = "",
) -> None:
    """Chạy hệ thống một cửa mô phỏng để thử kết nối (cho người phát triển)."""
    settings = get_settings()
    secret = settings.onestop_secret.get_secret_value()
    if len(secret) < 32:
        raise SetupProblem("Đặt ISEE_ONESTOP_SECRET (ít nhất 32 ký tự) giống nhau cho iSee và hệ thống mô phỏng.")
    typer.echo(f"Hệ thống một cửa mô phỏng: http://127.0.0.1:{port}/")
    typer.echo(f"Nối iSee vào: ISEE_ONESTOP_URL=http://127.0.0.1:{port}{BASE}")
    simulator = create_simulator(
        database or settings.home / "onestop-sim.db", secret, isee or settings.base_url, settings.onestop_key)
    uvicorn.run(simulator, host="127.0.0.1", port=port, log_level="warning", server_header=False)
