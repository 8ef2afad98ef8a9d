"""`isee doctor`: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from bot.rasa_model import RASA_PYTHON, model_path, trained
from bot.workbench import console
from common.database import why_away
from common.errors import ISeeError
from common.settings import PROJECT_ROOT, Settings, get_settings

__all__ = ["Finding", "doctor", "findings"]

_FREE_GB = 1.0


@dataclass(frozen=True)
class Finding:
    """One point that was looked at. `remedy` is empty when all is well."""

    what: str
    ok: bool
    seen: str
    remedy: str = ""


def doctor(as_json: Annotated[bool, typer.Option("--json", help="In kết quả dạng JSON.")] = False) -> None:
    """Kiểm tra cài đặt: điều gì chưa ổn và cách khắc phục."""
    results = list(findings(get_settings()))
    if as_json:
        typer.echo(json.dumps([asdict(result) for result in results], ensure_ascii=False))
    else:
        for result in results:
            mark = "[green]tốt[/green] " if result.ok else "[red]hỏng[/red]"
            console.print(f"{mark} {result.what}: {result.seen}")
            if not result.ok:
                console.print(f"       → {result.remedy}")
    bad = sum(not result.ok for result in results)
    if not as_json:
        console.print("Mọi thứ đều ổn." if not bad else f"Có {bad} điểm cần khắc phục.")
    raise typer.Exit(1 if bad else 0)


def findings(settings: Settings) -> Iterator[Finding]:
    """Looks at every part in turn; a part that raises becomes a finding, never a traceback."""
    for what, look in _CHECKS.items():
        try:
            yield look(what, settings)
        except ISeeError as error:
            yield Finding(what, False, error.detail, "Làm theo gợi ý trong thông báo, hoặc chạy `make setup`.")
        except OperationalError as error:
            yield Finding(
                what,
                False,
                why_away(error) or f"{type(error.orig).__name__}: {error.orig}",
                "Xem máy chủ cơ sở dữ liệu có đang chạy không và ISEE_DATABASE_URL có đúng không.",
            )
        except Exception as error:
            yield Finding(
                what,
                False,
                f"{type(error).__name__}: {error}",
                "Chạy `make setup`; nếu vẫn hỏng, gửi dòng này cho người quản trị.",
            )


def _python(what: str, _settings: Settings) -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding(what, sys.version_info >= (3, 11), version, "Cài Python 3.11 trở lên rồi chạy `make setup`.")


def _locks(what: str, _settings: Settings) -> Finding:
    stale = [name for name in (".venv", ".venv-rasa") if not (PROJECT_ROOT / name / ".isee-lock").exists()]
    return Finding(
        what,
        not stale,
        "đã cài từ tệp khóa" if not stale else f"{', '.join(stale)} chưa cài xong",
        "Chạy `make setup`.",
    )


def _rasa_python(what: str, _settings: Settings) -> Finding:
    if not RASA_PYTHON.exists():
        return Finding(what, False, "chưa có .venv-rasa", "Cài Python 3.10 rồi chạy `make setup`.")
    seen = subprocess.run([str(RASA_PYTHON), "--version"], capture_output=True, text=True, check=False)
    return Finding(
        what,
        "3.10" in seen.stdout,
        seen.stdout.strip() or "không chạy được",
        "Xóa .venv-rasa rồi chạy `make setup`.",
    )


def _disk(what: str, settings: Settings) -> Finding:
    settings.home.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.home).free / 1e9
    return Finding(
        what,
        free > _FREE_GB,
        f"còn {free:.1f} GB ở {settings.home}",
        "Dọn bớt đĩa, hoặc đặt ISEE_HOME sang ổ khác.",
    )


def _keys(what: str, settings: Settings) -> Finding:
    if settings.secret_key.get_secret_value():
        return Finding(what, True, "lấy từ ISEE_SECRET_KEY")
    path = settings.home / "secrets" / "master.key"
    if not path.exists():
        return Finding(what, True, "sẽ được tạo ở lần chạy đầu")
    open_to_others = path.stat().st_mode & 0o077
    return Finding(what, not open_to_others, str(path), f"Chỉ chủ sở hữu được đọc khóa: chạy `chmod 600 {path}`.")


def _database(what: str, settings: Settings) -> Finding:
    from bot.migrations import pending
    from common.database import Database

    waiting = pending(Database.from_settings(settings))
    return Finding(
        what,
        not waiting,
        "lược đồ mới nhất" if not waiting else "lược đồ chưa cập nhật",
        "Chạy `make setup`.",
    )


def _guides(what: str, settings: Settings) -> Finding:
    from bot.migrations import pending
    from common.database import Database
    from knowledge_base.store import KnowledgeBase

    database = Database.from_settings(settings)
    if pending(database):
        return Finding(what, False, "chưa đọc được khi lược đồ chưa cập nhật", "Chạy `make setup`.")
    count = len(KnowledgeBase(database).all())
    return Finding(what, count > 0, f"{count} thủ tục", "Chạy `make setup` để nạp kho hướng dẫn.")


def _encoder(what: str, settings: Settings) -> Finding:
    from indexer.encoder import load_encoder

    encoder = load_encoder(settings)
    width = encoder.encode_queries(["đăng ký khai sinh"]).shape[1]
    return Finding(what, width == encoder.dim, f"{encoder.fingerprint[:12]}, {encoder.dim} chiều", "Chạy `make setup`.")


def _index(what: str, settings: Settings) -> Finding:
    from indexer.encoder import load_encoder
    from indexer.search.storage import load_index

    stored = load_index(settings.index_dir)
    if stored is None:
        return Finding(what, False, "chưa có", "Chạy `isee index build`.")
    current = stored.manifest.encoder == load_encoder(settings).fingerprint
    return Finding(
        what,
        current,
        f"{len(stored.manifest.digests)} thủ tục, {stored.manifest.entries} mục",
        "Chỉ mục được dựng bằng bộ mã hóa khác. Chạy `isee index build`.",
    )


def _rasa_model(what: str, settings: Settings) -> Finding:
    if not model_path(settings).exists():
        return Finding(what, False, "chưa có", "Chạy `isee train`.")
    return Finding(
        what,
        trained(settings),
        "mới nhất" if trained(settings) else "cũ hơn dữ liệu hội thoại",
        "Chạy `isee train`.",
    )


def _port(what: str, settings: Settings) -> Finding:
    with socket.socket() as probe:
        busy = probe.connect_ex((settings.host, settings.port)) == 0
    return Finding(
        what,
        True,
        f"{settings.port} đang được dùng (có thể iSee đang chạy)" if busy else f"{settings.port} còn trống",
    )


def _redis(what: str, settings: Settings) -> Finding:
    if not settings.redis_url:
        return Finding(what, True, "không dùng (một bản sao duy nhất)")
    import redis

    redis.Redis.from_url(settings.redis_url, socket_timeout=3).ping()
    return Finding(what, True, "kết nối được")


def _zalo(what: str, settings: Settings) -> Finding:
    from pydantic import ValidationError

    from bot.zalo.alarms import Alarms
    from bot.zalo.errors import alarm_says
    from bot.zalo.keeper_store import TokenStore
    from bot.zalo.settings import ZaloSettings
    from common.clock import utc_now
    from common.database import Database
    from common.keyring import Keyring

    try:
        zalo = ZaloSettings()
    except ValidationError as error:
        problems = [("_".join(("ZALO", *map(str, one["loc"]))).upper(), one["msg"]) for one in error.errors()]
        said = "; ".join(f"{name}: {message}" for name, message in problems)
        return Finding(what, False, said, "Sửa các biến ZALO_… trong môi trường hoặc tệp .env.")
    if not zalo.enabled:
        return Finding(what, True, "không bật")
    if zalo.waiting_for_secret:
        return Finding(what, False, "chờ OA Secret Key", "Lưu địa chỉ webhook rồi đặt ZALO_OA_SECRET_KEY.")
    database = Database.from_settings(settings)
    standing = TokenStore(database, Keyring.from_settings(settings), zalo.oa_id).standing()
    if standing is None or standing.stopped or standing.expires_at < utc_now():
        return Finding(
            what, False, "chưa có quyền truy cập" if standing is None else "quyền truy cập đã ngừng",
            "Vào /console/zalo, bấm “Kết nối OA” hoặc “Cấp quyền lại”.")
    if alarms := Alarms(database).open():
        return Finding(what, False, alarm_says(alarms[0].kind), "Xem mục “Việc cần xử lý” ở /console/zalo.")
    return Finding(what, True, "đã kết nối" + ("" if zalo.signature_mode == "strict" else ", chưa chặn chữ ký sai"))


_CHECKS: dict[str, Callable[[str, Settings], Finding]] = {
    "Python của dịch vụ": _python,
    "Python của Rasa": _rasa_python,
    "Thư viện": _locks,
    "Dung lượng đĩa": _disk,
    "Khóa bí mật": _keys,
    "Cơ sở dữ liệu": _database,
    "Kho hướng dẫn": _guides,
    "Bộ mã hóa câu": _encoder,
    "Chỉ mục": _index,
    "Mô hình hội thoại": _rasa_model,
    "Cổng": _port,
    "Redis": _redis,
    "Zalo": _zalo,
}
