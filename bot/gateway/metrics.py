"""Prometheus metrics of the gateway; names carry their units."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

__all__ = ["ENGINE_SECONDS", "ENGINE_UP", "FALLBACKS", "STEP_SECONDS", "STREAMS", "TURN_SECONDS"]

_FINE = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

STEP_SECONDS = Histogram("isee_turn_step_seconds", "Time of one step of a turn.", ["step"], buckets=_FINE)
TURN_SECONDS = Histogram(
    "isee_turn_seconds", "Time of a turn in the gateway, by how it ended.", ["status"], buckets=_FINE
)
ENGINE_SECONDS = Histogram("isee_engine_seconds", "Time of one call to the Rasa engine.", ["outcome"], buckets=_FINE)
ENGINE_UP = Gauge("isee_engine_up", "1 while the Rasa engine is believed to answer.")
FALLBACKS = Counter("isee_fallbacks_total", "Turns answered without the Rasa engine.", ["reason"])
STREAMS = Gauge("isee_event_streams", "Open event streams.")
