"""`isee zalo-sim`: a Zalo to try the channel with, offline."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import httpx
import typer
import uvicorn

from bot.zalo_sim.app import create_zalo, environment
from common.settings import Settings, get_settings

__all__ = ["zalo_sim"]

_READY_WITHIN_S = 300.0


def zalo_sim(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Cổng trên máy này.")] = 8095,
    isee: Annotated[str, typer.Option(help="Địa chỉ iSee nhận sự kiện; mặc định theo cài đặt.")] = "",
    folder: Annotated[Path | None, typer.Option(help="Nơi giữ dữ liệu; mặc định trong thư mục của iSee.")] = None,
    speed: Annotated[float, typer.Option(min=0.01, help="Các lần gửi lại nhanh hơn Zalo thật bao nhiêu lần.")] = 60,
    serve: Annotated[bool, typer.Option("--serve", help="Chạy cả iSee, đã kết nối sẵn với Zalo mô phỏng.")] = False,
) -> None:
    """Chạy Zalo mô phỏng: điện thoại trong trình duyệt, sự kiện có chữ ký, OA API (cho người phát triển)."""
    settings = get_settings()
    url = f"http://127.0.0.1:{port}"
    app = create_zalo(isee or settings.base_url, url, folder or settings.home / "zalo-sim", speed=speed)
    variables = environment(url)
    typer.echo(f"Điện thoại mô phỏng: {url}/")
    with _isee(settings, url, variables, wanted=serve):
        if not serve:
            typer.echo("Chạy iSee với các biến sau (môi trường hoặc .env), rồi bấm “Kết nối OA” ở /console/zalo:")
            for name, value in variables.items():
                typer.echo(f"{name}={value}")
        uvicorn.run(
            app, host="127.0.0.1", port=port, log_level="warning", server_header=False, timeout_graceful_shutdown=2)


@contextmanager
def _isee(settings: Settings, url: str, variables: Mapping[str, str], *, wanted: bool) -> Iterator[None]:
    """iSee as a child process with these settings, connected as soon as it answers."""
    if not wanted:
        yield
        return
    command = [sys.executable, "-m", "bot.cli", "serve"]
    child = subprocess.Popen(command, env={**os.environ, **variables})
    os.environ.update(variables)
    # uvicorn passes the signal on once it has stopped; by default that would end us before the child is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    threading.Thread(target=_connect, args=(settings, url, child), daemon=True).start()
    try:
        yield
    finally:
        child.terminate()
        child.wait(30)


def _connect(settings: Settings, url: str, child: subprocess.Popen[bytes]) -> None:
    """Consents in the place of the OA's administrator, over the same addresses, unless that was done before."""
    from bot.zalo.alarms import Alarms
    from bot.zalo.consent import Consent
    from bot.zalo.keeper_oauth import OAuth
    from bot.zalo.keeper_store import TokenStore
    from bot.zalo.settings import ZaloSettings
    from common.database import Database
    from common.keyring import Keyring

    with httpx.Client(trust_env=False, timeout=30) as http:
        if not _ready(http, settings, child):
            return
        zalo, database, keyring = ZaloSettings(), Database.from_settings(settings), Keyring.from_settings(settings)
        store = TokenStore(database, keyring, zalo.oa_id)
        if store.standing() is None:
            consent = Consent(zalo, settings.base_url, database, keyring, OAuth(zalo), store, Alarms(database))
            asked = httpx.URL(consent.begin("zalo-sim"))
            agreed = http.post(f"{url}/v4/oa/permission", data=dict(asked.params))
            http.get(agreed.headers["location"]).raise_for_status()
        database.dispose()
    typer.echo(f"iSee đã kết nối với Zalo mô phỏng. Mở {url}/ và nhắn thử.")


def _ready(http: httpx.Client, settings: Settings, child: subprocess.Popen[bytes]) -> bool:
    until = time.monotonic() + _READY_WITHIN_S
    while child.poll() is None and time.monotonic() < until:
        with suppress(httpx.HTTPError):  # not up yet
            if http.get(f"{settings.base_url}/healthz/ready").status_code == 200:
                return True
        time.sleep(0.5)
    return False
