import httpx
import pytest

from bot.bench.processes import engine_ready


@pytest.mark.parametrize(
    ("status", "said", "ready"),
    [(200, "ready", True), (200, "degraded", False), (503, "starting", False)],
)
def test_a_service_without_its_engine_is_not_measured(status: int, said: str, ready: bool) -> None:
    assert engine_ready(httpx.Response(status, json={"status": said})) is ready
